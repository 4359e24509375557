"""status, verify, migrate, config check."""

from __future__ import annotations

import json
import logging

import pytest

from aggregator.cli.logs import JsonLines
from aggregator.daemon.telling import tell
from aggregator.model import Fetch, Ingested, Outcome
from tests.conftest import NOON

from .conftest import SEEDS, Person, an_item


def test_status_says_what_the_archive_holds(person: Person) -> None:
    person.do("once")
    held = person.do("status", "--json").json
    assert (held["copies"], held["stories"], held["waiting"]) == (2, 1, 0)
    assert held["failing"] == []
    out = person.do("status").out
    assert "archive.db" in out
    assert "seeds" in out


def test_status_names_what_fails(person: Person) -> None:
    person.write("config.toml", '[[source]]\nname = "lost"\nkind = "directory"\npath = "not-there"\n')
    person.type("collect")
    [failing] = person.do("status", "--json").json["failing"]
    assert failing["name"] == "lost"
    assert failing["error"]
    [wanting] = person.do("status", "--json").json["attention"]
    assert (wanting["about"], wanting["state"]) == ("lost", "failing")
    assert wanting["do"] in person.do("status").out
    assert "failed 1 ×" in person.do("status").out


def test_a_fresh_archive_is_sound(person: Person) -> None:
    person.do("once")
    assert person.do("verify").out == "the archive is sound\n"
    assert person.do("verify", "--json").json == []


def test_migrate_says_what_it_did(person: Person) -> None:
    (person.folder / "archive.db").unlink()
    first = person.do("migrate", "--json").json
    again = person.do("migrate", "--json").json
    assert (first["migrated"], again["migrated"]) == (True, False)
    assert first["schema"] == again["schema"]
    assert f"at the newest schema already, {first['schema']}" in person.do("migrate").out


class TestConfigCheck:
    def test_it_says_what_was_read_from_where_and_what_each_source_will_do(self, person: Person) -> None:
        out = person.do("config", "check").out
        assert f"{person.folder}/config.toml (found in the current folder)" in out
        assert f"sqlite:///{person.folder}/archive.db" in out
        assert f"seeds: reads the folder {SEEDS} every 1h" in out

    def test_it_never_shows_a_secret(self, person: Person) -> None:
        person.environ["PW"] = "hunter2"
        person.write(
            "config.toml",
            '[archive]\nurl = "postgresql://u:${PW}@h/d"\n[[source]]\nname = "a"\nurl = "https://x.example/${PW}"\n',
        )
        for ran in (person.do("config", "check"), person.do("config", "check", "--json")):
            assert "hunter2" not in ran.out + ran.err
            assert "${PW}" in ran.out

    def test_it_doubts_what_is_hardly_meant(self, person: Person) -> None:
        person.write(
            "config.toml",
            '[[source]]\nname = "lost"\nkind = "directory"\npath = "gone"\n[[source]]\nname = "a"\nurl = "https://x.example/"\n',
        )
        err = person.do("config", "check").err
        assert f"lost: there is no {person.folder}/gone" in err
        assert "`contact` is empty" in err

    def test_it_doubts_a_variable_that_means_nothing(self, person: Person) -> None:
        person.environ |= {"AGGREGATOR_SERVE_PROT": "1", "AGGREGATOR_LOG_LEVEL": "info", "AGGREGATOR_X": "1"}
        err = person.do("config", "check").err
        assert (
            "$AGGREGATOR_SERVE_PROT is none of ours and changes nothing; was $AGGREGATOR_SERVE_PORT meant?"
            in err
        )
        assert "$AGGREGATOR_X is none of ours" in err
        assert "LOG_LEVEL" not in err

    def test_two_sources_at_one_address_are_remarked_on(self, person: Person) -> None:
        tables = "".join(
            f'[[source]]\nname = "{name}"\nurl = "{url}"\n'
            for name, url in (
                ("a", "https://x.example/f"),
                ("b", "https://X.example/f"),
                ("c", "https://x.example/g"),
            )
        )
        person.write("config.toml", tables)
        for arguments in (["config", "check"], ["sources"]):
            err = person.do(*arguments).err
            assert "b: has the address of a; one of the two is enough" in err
            assert "c: has" not in err

    def test_a_broken_file_is_explained_with_exit_code_2(self, person: Person) -> None:
        person.write("config.toml", '[site]\ntitel = "x"\n')
        ran = person.run("config", "check")
        assert ran.code == 2
        assert ran.err == "error: config.toml, line 2: [site] has no key `titel`; did you mean `title`?\n"

    def test_a_cron_expression_that_cannot_be_is_said(self, person: Person) -> None:
        person.write(
            "config.toml", '[[source]]\nname = "a"\nurl = "https://x.example/"\nevery = "99 * * * *"\n'
        )
        ran = person.type("config", "check")
        assert ran.code == 2
        assert "99 * * * *" in ran.err

    def test_it_creates_no_archive(self, person: Person) -> None:
        (person.folder / "archive.db").unlink()
        person.do("config", "check")
        assert not (person.folder / "archive.db").exists()


def test_each_attempt_is_one_line_for_people_or_for_machines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    failed = Fetch(1, NOON, Outcome.FAILED, 500, 30, 0.12345, "http-500", "It has an error.")
    tell("bbc", Fetch(1, NOON, Outcome.CHANGED, 200, 700, 0.5, url="https://x.example/"), Ingested(2, 1))
    tell("bbc", failed, Ingested())
    read, lost = caplog.records
    plain = logging.Formatter("%(levelname)s %(message)s")
    assert plain.format(read) == "INFO bbc: changed, 2 new, 1 revised"
    assert plain.format(lost) == "WARNING bbc: failed, It has an error."
    said = json.loads(JsonLines().format(lost))
    fields = {
        "source": "bbc",
        "url": "",
        "outcome": "failed",
        "status": 500,
        "bytes": 30,
        "elapsed": 0.123,
        "new": 0,
        "revised": 0,
        "error_code": "http-500",
    }
    assert {name: said[name] for name in fields} == fields
    assert set(json.loads(JsonLines().format(read))) == {*fields, "time", "level", "logger", "message"}


def test_log_lines_for_machines_are_json() -> None:
    record = logging.makeLogRecord(
        {"msg": "%s new", "args": (3,), "levelname": "INFO", "name": "x", "source": "bbc"}
    )
    said = json.loads(JsonLines().format(record))
    assert (said["message"], said["level"], said["source"]) == ("3 new", "info", "bbc")
    assert said["time"].endswith("+00:00")


def test_retention_says_of_each_source_what_goes_before_it_goes(person: Person) -> None:
    person.import_lines(an_item(), an_item("wire"), an_item("wire", "2"))
    config = person.folder / "config.toml"
    config.write_text(config.read_text() + '[retention]\nsources = { wire = { texts = "0s" }, wier = {} }\n')
    before = person.exported()
    said = person.do("retention", "--dry-run")
    assert [line.split()[:4] for line in said.out.splitlines()[:2]] == [
        ["SOURCE", "DOCUMENTS", "PAGES", "TEXTS"],
        ["wire", "0", "0", "2"],
    ]
    assert "0 documents, 0 pages and 2 texts would be dropped" in said.out
    assert said.err == "[retention] has a policy for wier, but no source is called that\n"
    assert person.exported() == before
    done = person.do("retention", "--json").json
    assert (done["texts"], list(done["sources"])) == (2, ["wire"])
    kept = ("id", "url", "title", "_source", "date_published")
    assert [[line[key] for key in kept] for line in person.exported()] == [
        [line[key] for key in kept] for line in before
    ]
    assert person.do("retention").out == "0 documents, 0 pages and 0 texts dropped, 0 B\n"
    assert person.do("verify").out == "the archive is sound\n"
