"""The configuration: which file is read, what it may say, and what is said of a broken one."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canon import load_rules
from aggregator.config import Config, load, units
from aggregator.config import finding as finding_module
from aggregator.config.document import Document, keys
from aggregator.config.problems import TABLES
from aggregator.config.sections import SourceSection
from aggregator.errors import ConfigurationError

SHIPPED = Path(__file__).resolve().parent.parent / "config.toml"


@pytest.fixture(autouse=True)
def a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AGGREGATOR_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def read(text: str, **environ: str) -> Config:
    path = Path("config.toml")
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


def complaint(text: str, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(text, **environ)
    return str(caught.value)


class TestWhichFile:
    def test_the_one_on_the_command_line_comes_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("named.toml", "variable.toml", "config.toml"):
            Path(name).write_text(f'[site]\ntitle = "{name}"\n')
        monkeypatch.setenv("AGGREGATOR_CONFIG", "variable.toml")
        assert load(Path("named.toml")).site.title == "named.toml"
        assert load().site.title == "variable.toml"
        monkeypatch.delenv("AGGREGATOR_CONFIG")
        assert load().site.title == "config.toml"
        assert load().reason == "found in the current folder"

    def test_then_the_users_own(self, tmp_path: Path) -> None:
        own = tmp_path / "xdg" / "aggregator" / "config.toml"
        own.parent.mkdir(parents=True)
        own.write_text('[site]\ntitle = "mine"\n')
        assert load().site.title == "mine"
        assert load().publish.folder == tmp_path / "data" / "aggregator" / "public"
        assert load().root == own.parent
        (own.parent / "archive.db").touch()  # as it was kept once
        assert load().publish.folder == own.parent / "public"

    def test_a_service_manager_says_where_state_is_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/state:{tmp_path}/more")
        config = read("[archive]\nurl = 'sqlite:///kept.db'\n")
        assert config.archive.url == f"sqlite:///{tmp_path}/state/kept.db"
        assert config.publish.folder == tmp_path / "state" / "public"
        assert config.root == tmp_path

    def test_then_the_one_we_bring_along_which_writes_into_the_current_folder(self, tmp_path: Path) -> None:
        config = load()
        assert config.archive.url == f"sqlite:///{tmp_path}/archive.db"
        assert config.publish.folder == tmp_path / "public"
        [seeds] = config.sources
        assert (config.root / seeds.location).is_dir()

    def test_an_installed_program_finds_its_own_beside_its_modules(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path / "site-packages" / "aggregator"
        (package / "seeds").mkdir(parents=True)
        (package / "default_config.toml").write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
        monkeypatch.setattr(finding_module, "PACKAGE", package)
        config = load()
        assert (config.root / config.sources[0].location) == package / "seeds"
        assert config.publish.folder == tmp_path / "public"

    @pytest.mark.parametrize("name", ["missing.toml", "folder"])
    def test_a_named_file_that_cannot_be_read_is_said(self, name: str) -> None:
        Path("folder").mkdir()
        with pytest.raises(ConfigurationError, match=name):
            load(Path(name))

    def test_bytes_that_are_no_text_are_said(self) -> None:
        Path("config.toml").write_bytes(b"[site]\ntitle = '\xff'\n")
        with pytest.raises(ConfigurationError, match="not UTF-8 text"):
            load()

    def test_broken_toml_is_said_with_its_line(self) -> None:
        assert "line 2" in complaint('[site]\ntitle = "x\n')

    def test_a_byte_order_mark_does_no_harm(self) -> None:
        Path("config.toml").write_bytes(b'\xef\xbb\xbf[site]\ntitle = "x"\n')
        assert load().site.title == "x"


class TestWhatItSays:
    def test_an_empty_file_is_a_whole_configuration(self) -> None:
        config = read("")
        assert config.serve.port == 8765
        assert config.site.base_url == "http://127.0.0.1:8765/"
        assert config.sources == ()

    def test_relative_paths_count_from_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc" / "a.toml").write_text(
            '[archive]\nurl = "sqlite:///db/a.db"\n[publish]\nfolder = "out"\n'
        )
        config = load(Path("etc/a.toml"))
        assert config.archive.url == f"sqlite:///{tmp_path}/etc/db/a.db"
        assert config.publish.folder == tmp_path / "etc" / "out"
        assert config.root == tmp_path / "etc"

    @pytest.mark.parametrize("url", ["sqlite:////var/a.db", "sqlite:///:memory:", "postgresql://u@h/d"])
    def test_other_archive_urls_stay_as_they_are(self, url: str) -> None:
        assert read(f'[archive]\nurl = "{url}"\n').archive.url == url

    def test_a_source_becomes_what_the_archive_knows(self) -> None:
        [spec] = read("""
            [[source]]
            name = "bbc"
            url = "https://feeds.example.org/rss.xml"
            every = "1h30m"
            title = "BBC"
            tags = ["world", "uk"]
            allow_private = true
            prefer = 3
            paywalled = true
        """).sources
        assert (spec.name, spec.kind, spec.location) == ("bbc", "feed", "https://feeds.example.org/rss.xml")
        assert (spec.every, spec.tags, spec.prefer) == ("1h30m", ("world", "uk"), 3)
        assert spec.allow_private
        assert spec.paywalled

    def test_overrides_of_the_rules_go_by_the_names_of_the_rules_file(self) -> None:
        config = read('[rules]\nwindow = "36h"\nthreshold = 0.6\nshort_words = 30\n')
        assert config.rules.overrides() == {"window_days": 1.5, "threshold": 0.6, "short_words": 30}
        assert read("").rules.overrides() == {}

    def test_the_authority_is_the_domain_that_readers_see(self) -> None:
        assert read('[site]\nbase_url = "https://news.example.org/x"').site.authority == "news.example.org"
        assert read('[site]\nbase_url = "https://news.example.org/x"').site.base_url.endswith("/x/")
        assert read('[site]\nbase_url = "http://192.0.2.7/"').site.authority == "localhost"
        assert read('[site]\nauthority = "me@example.org"').site.authority == "me@example.org"

    def test_a_server_on_every_address_is_reached_over_the_loopback_one(self) -> None:
        assert read('[serve]\nhost = "0.0.0.0"\nport = 80').site.base_url == "http://127.0.0.1:80/"
        assert read('[serve]\nhost = "::1"\n').site.base_url == "http://[::1]:8765/"


class TestTheEnvironment:
    def test_secrets_come_from_it(self) -> None:
        config = read('[archive]\nurl = "postgresql://u:${PW}@h/d"\n', PW="s3cret")
        assert config.archive.url == "postgresql://u:s3cret@h/d"
        assert config.archive_shown == "postgresql://u:${PW}@h/d"
        assert "s3cret" not in repr(config).replace(config.archive.url, "")

    def test_a_password_that_stands_in_the_file_is_not_shown_either(self) -> None:
        config = read('[archive]\nurl = "postgresql://u:s3cret@h/d"\n')
        assert config.archive_shown == "postgresql://u:…@h/d"

    def test_in_lists_and_sources_too(self) -> None:
        text = '[[source]]\nname = "a"\nurl = "https://x.example/${KEY}"\ntags = ["${TAG}"]\n'
        [spec] = read(text, KEY="k", TAG="t").sources
        assert (spec.location, spec.tags) == ("https://x.example/k", ("t",))

    def test_a_doubled_dollar_keeps_the_braces(self) -> None:
        assert read('[site]\ntitle = "$${HOME} and $5"\n').site.title == "${HOME} and $5"

    def test_an_unset_variable_is_named_with_its_key_and_line(self) -> None:
        said = complaint('[archive]\nurl = "postgresql://u:${PW}@h/d"\n')
        assert (
            said == "config.toml, line 2: [archive] `url` needs the environment variable PW, which is not set"
        )

    def test_a_secret_never_comes_out_in_a_message(self) -> None:
        assert "hunter2" not in complaint('[archive]\nurl = "${PW}"\n', PW="hunter2")
        assert "hunter2" not in complaint("", AGGREGATOR_ARCHIVE_URL="hunter2")

    def test_a_variable_can_stand_in_for_a_key(self) -> None:
        config = read(
            "[serve]\nport = 1\n", AGGREGATOR_SERVE_PORT="2", AGGREGATOR_ARCHIVE_URL="sqlite:////x.db"
        )
        assert (config.serve.port, config.archive.url) == (2, "sqlite:////x.db")
        assert config.variables == ("AGGREGATOR_ARCHIVE_URL", "AGGREGATOR_SERVE_PORT")

    def test_a_wrong_variable_is_blamed_itself(self) -> None:
        assert complaint("", AGGREGATOR_SERVE_PORT="x").startswith(
            "$AGGREGATOR_SERVE_PORT: [serve] `port` must be"
        )


MISTAKES = {
    '[site]\ntitel = "x"': "config.toml, line 2: [site] has no key `titel`; did you mean `title`?",
    "[serve]\nfoo = 1": "config.toml, line 2: [serve] has no key `foo`; it knows host, port",
    "[site]\nport = 1": "config.toml, line 2: [site] has no key `port`; it belongs in [serve]",
    "[publsh]\nlimit = 1": "config.toml, line 1: there is no section [publsh]; did you mean [publish]?",
    "[[sources]]\nname = 'a'": "there is no section [sources]; did you mean [[source]]?",
    "port = 1": "config.toml, line 1: `port` stands outside of any section; it belongs in [serve]",
    "site = 1": "config.toml, line 1: `site` must be a section: write [site] and its keys below",
    "[source]\nname = 'a'": "config.toml, line 1: [source] needs two brackets: [[source]]",
    "[serve]\nport = 'x'": '[serve] `port` must be a whole number, not "x"',
    "[serve]\nport = 70000": "[serve] `port` must be at most 65535, not 70000",
    "[publish]\nlimit = 0": "[publish] `limit` must be at least 1, not 0",
    "[publish]\nlimit = true": "[publish] `limit` must be",
    "[site]\ntitle = 5": "[site] `title` must be text in quotes",
    "[site]\ntitle = ''": "[site] `title` must not be empty",
    "[site]\nbase_url = 'news'": "[site] `base_url` must be a web address",
    "[site]\nlanguage = 'English!'": "[site] `language` must be a language tag",
    "[site]\nauthority = 'http://x/'": "[site] `authority` must be a domain name",
    "[archive]\nurl = 'archive.db'": "[archive] `url` must be a database URL such as sqlite:///archive.db",
    "[schedule]\nlease = 'soon'": '[schedule] `lease` must be a duration with its unit, such as "90s"',
    "[schedule]\nlease = 90": "[schedule] `lease` must be a duration with its unit",
    "[schedule]\ncollect = '0s'": '[schedule] `collect` must be at least "100ms"',
    "[collect]\nmax_body = 'big'": '[collect] `max_body` must be a size with its unit, such as "500KB"',
    "[log]\nlevel = 'loud'": "[log] `level` must be one of 'debug', 'info', 'warning' or 'error'",
    "[[source]]\nurl = 'http://x.example/'": "config.toml, line 1: [[source]] number 1 needs `name`",
    "[[source]]\nname = 'a b'\nurl = 'http://x.example/'": "`name` may hold letters, digits",
    "[[source]]\nname = 'a'": "config.toml, line 1: [[source]] `a` needs either `url` or `path`",
    "[[source]]\nname = 'a'\nurl = 'http://x.example/'\npath = 'x'": "needs either `url` or `path`, not both",
    "[[source]]\nname = 'a'\npath = 'x'": "[[source]] `a` is a feed and needs `url`, not `path`",
    "[[source]]\nname = 'a'\nkind = 'directory'\nurl = 'http://x.example/'": "needs `path`, not `url`",
    "[[source]]\nname = 'a'\nurl = 'ftp://x.example/'": "[[source]] `a` `url` must start with http:// or https://",
    "[[source]]\nname = 'a'\nkind = 'fed'\nurl = 'http://x.example/'": (
        "[[source]] `a` `kind` is not a kind of collector; there is directory, feed, jsonl"
    ),
    "[[source]]\nname = 'a'\nurl = 'http://x.example/'\nevery = 'often'": "`every` must be a duration such",
    "[[source]]\nname = 'a'\nurl = 'http://x.example/'\ntags = 'x'": "`tags` must be a list",
    "[[source]]\nname = 'a'\nurl = 'http://x.example/'\nallow_private = 'perhaps'": "must be true or false",
    "[[source]]\nname = 'a'\nurl = 'http://x.example/'\nevry = '1h'": "`a` has no key `evry`; did you mean",
}


class TestMistakes:
    @pytest.mark.parametrize("text", MISTAKES, ids=lambda text: text.replace("\n", " "))
    def test_each_gets_one_clear_sentence(self, text: str) -> None:
        said = complaint(text)
        assert MISTAKES[text] in said
        assert "\n" not in said

    def test_two_sources_of_one_name_are_said(self) -> None:
        table = "[[source]]\nname = '{}'\nurl = 'http://x.example/'\n"
        assert complaint(table.format("a") + table.format("A")) == (
            "config.toml, line 5: two sources are called `A`; each needs a name of its own"
        )

    def test_all_problems_are_listed_in_the_order_of_the_file(self) -> None:
        said = complaint("[site]\ntitel = 1\n[serve]\nport = 'x'\n[publish]\nfolder = 3\n")
        assert said.splitlines()[0].endswith("config.toml has 3 problems:")
        assert re.findall(r"line (\d)", said) == ["2", "4", "6"]


class TestUnits:
    @pytest.mark.parametrize(
        ("said", "seconds"),
        [
            ("90s", 90),
            ("15m", 900),
            ("1h30m", 5400),
            ("2d", 172800),
            ("0", 0),
            ("1.5h", 5400),
            ("1w", 604800),
        ],
    )
    def test_durations(self, said: str, seconds: float) -> None:
        assert units.duration(said) == timedelta(seconds=seconds)

    @pytest.mark.parametrize("said", ["", "15", "m", "1h and a bit", "-5m", "5 minutes", "1e3s", True, None])
    def test_what_is_no_duration_is_refused(self, said: object) -> None:
        with pytest.raises(ValueError, match="duration"):
            units.duration(said)

    @pytest.mark.parametrize(
        ("said", "size"),
        [("20MB", 20_000_000), ("1 kb", 1000), ("1GiB", 2**30), (512, 512), ("0.5MiB", 2**19)],
    )
    def test_sizes(self, said: object, size: int) -> None:
        assert units.size(said) == size

    @pytest.mark.parametrize("said", ["", "MB", "20 megs", "-1MB", True])
    def test_what_is_no_size_is_refused(self, said: object) -> None:
        with pytest.raises(ValueError, match="size"):
            units.size(said)

    @given(st.integers(0, 10**6), st.integers(0, 23), st.integers(0, 59))
    def test_any_days_hours_and_minutes_add_up(self, days: int, hours: int, minutes: int) -> None:
        expected = timedelta(days=days, hours=hours, minutes=minutes)
        assert units.duration(f"{days}d{hours}h{minutes}m") == expected

    @pytest.mark.parametrize("said", ["15m", "0 6 * * mon-fri", "*/5 * * * *"])
    def test_schedules(self, said: str) -> None:
        assert units.every(said) == said

    @pytest.mark.parametrize("said", ["", "0", "* * * *", "hourly", "100ms"])
    def test_what_is_no_schedule_is_refused(self, said: str) -> None:
        with pytest.raises(ValueError, match="must be"):
            units.every(said)


class TestTheFileWeShip:
    def test_it_reads_and_has_the_seeds_as_its_one_source(self) -> None:
        [seeds] = load(SHIPPED, {}).sources
        assert (seeds.name, seeds.kind, seeds.location) == ("seeds", "directory", "seeds")

    def test_every_key_that_exists_is_documented_there_and_no_other(self) -> None:
        assert documented() == {name: set(names) for name, names in keys().items()}

    def test_every_commented_default_is_the_real_default(self) -> None:
        quoted: dict[str, dict[str, Any]] = tomllib.loads(uncommented(SHIPPED.read_text(encoding="utf-8")))
        for name, table in quoted.items():
            if name not in {"source", "feed", "archive", "rules"}:
                section = Document.model_fields[name].annotation
                assert section is not None
                assert section(**table) == section(), name

    def test_its_commented_examples_are_valid(self) -> None:
        text = re.sub(r"^# (?=\[\[|\w+ = )", "", SHIPPED.read_text(encoding="utf-8"), flags=re.MULTILINE)
        text = re.sub(r'^url = "sqlite.*\n', "", text, flags=re.MULTILINE)
        config = read(text, ARCHIVE_PASSWORD="x")
        assert config.archive.url.startswith("postgresql://")
        assert {"feed", "directory", "jsonl"} == {spec.kind for spec in config.sources}


def documented() -> dict[str, set[str]]:
    """Section -> keys, as set, commented out, or listed in the comment above the sources."""
    found: dict[str, set[str]] = {}
    section = ""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if header := re.match(r"\[+(\w+)\]+", line):
            section = header[1]
            found.setdefault(section, set())
        elif line.startswith("# ------"):
            found[section := line.split()[-1].removesuffix("s")] = set()
        elif key := re.match(r"(?:# )?(\w+) = ", line):
            found[section].add(key[1])
        elif section in TABLES and (names := re.match(r"#   ((?:\w+)(?: or \w+)?)  ", line)):
            found[section].update(names[1].split(" or "))
    return found


def uncommented(text: str) -> str:
    """The sections before the sources with their commented-out keys brought in."""
    head = text.split("# ------")[0]
    return re.sub(r"^# (?=\w+ = )(?!url)", "", head, flags=re.MULTILINE)


def test_a_source_section_has_a_word_for_all_that_a_source_can_be_declared_as() -> None:
    assert set(SourceSection.model_fields) - {"url", "path"} | {"location"} == set(
        SourceSection(name="a", url="http://x.example/").spec().__dataclass_fields__
    )


def test_the_commented_rules_are_those_that_hold_when_nothing_is_set() -> None:
    text = uncommented(SHIPPED.read_text(encoding="utf-8"))
    said = read(text[text.index("[rules]") : text.index("[log]")]).rules.overrides()
    rules = load_rules()
    assert said == {name: getattr(rules, name) for name in said}
