"""Whole archives go out and come back: same ids, same rows, same file, whichever database they lived in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.archive import Archive, check_whole, opening
from aggregator.errors import ArchiveError, ArchiveTooNew, InputError
from aggregator.model import Enclosure, Link, Person, Placing
from tests.conftest import NOON

from .making import a_spec, a_visit, an_entry, face, found, holders, ingest, joins


def filled(archive: Archive) -> None:
    """A bit of everything: strange texts, revisions, documents, a merge, a link, a ruling, features, a failure."""
    source = archive.add_source(a_spec(tags=("a", "ü")), NOON)
    odd = an_entry(
        1, title="Ü — 😀 “q”", raw="<item>\x00\ud800</item>", authors=(Person("A"),), html="", summary="s"
    )
    entries = [odd, an_entry(2, enclosures=(Enclosure("https://x.example/a.mp3", "a/b", 3),)), an_entry(3)]
    for hour in range(3):
        at = NOON + timedelta(hours=hour)
        archive.record(a_visit(source, entries, at, body=b"<rss>%d" % hour + b"word " * 99), entries, at)
    ingest(archive, [an_entry(2, title="Corrected"), an_entry(9)], "älter")
    archive.set_setting("Z", "1")
    archive.set_setting("a", "2")
    with archive.placing(NOON) as desk:
        one, two, *others = desk.waiting(99)
        first, second = desk.new_story(), desk.new_story()
        made = [
            found(one, first, keys=(2**63 - 1, -5), units=(1, 2)),
            found(two, second, links=(Link(second, first, 0.1 + 0.2),)),
            *(joins(copy, first) for copy in others),
        ]
        desk.record(Placing(tuple(made), (face(one, first), face(two, second))))
    new = archive.split(first, [others[0].copy_id], "person", NOON)
    archive.merge(second, new.id, "person", NOON)
    archive.index_text()


def test_it_goes_from_one_database_to_the_other_and_back_as_the_same_file(
    archive: Archive, postgres: Callable[[str], str], tmp_path: Path
) -> None:
    filled(archive)
    lines = list(archive.whole())
    for url in (f"sqlite:///{tmp_path / 'there.db'}", postgres("template0")):
        Archive.restore(url, lines)
        with Archive.open(url) as there:
            assert list(there.whole()) == lines
            assert there.verify() == []
            assert list(there.export()) == list(archive.export())
            assert [d.body for d in there.documents()] == [d.body for d in archive.documents()]
            there.index_text()
            assert [hit.copy_id for hit in there.search("corrected", 9)] == [
                hit.copy_id for hit in archive.search("corrected", 9)
            ]


def test_life_goes_on_where_it_was_restored(archive: Archive, empty_url: str) -> None:
    filled(archive)
    Archive.restore(empty_url, list(archive.whole()))
    with Archive.open(empty_url) as there:
        assert ingest(there, [an_entry(50)]).new == 1
        with there.placing(NOON) as desk:
            [copy] = desk.waiting(9)
            story = desk.new_story()
            desk.record(Placing((found(copy, story),), (face(copy, story),)))
            assert holders(desk, [-5], NOON - timedelta(9), NOON + timedelta(9)) == [(-5, 1, 1)]
        assert there.verify() == []


def test_it_goes_into_an_empty_place_only(archive: Archive, archive_url: str) -> None:
    lines = list(archive.whole())
    with pytest.raises(ArchiveError, match="empty place"):
        Archive.restore(archive_url, lines)


def spoilt(lines: list[bytes]) -> list[tuple[list[bytes], str]]:
    return [
        (lines[:-1], "cut short"),
        (lines[:-3] + lines[-1:], "damaged"),
        ([line.replace(b"guid-9", b"guid-8") for line in lines], "damaged"),
        ([lines[0], b'{"_":"copy", oops\n'], "line 2"),
        ([b'{"id": "1"}\n'], "no archive"),
        ([], "no archive"),
        ([b'{"aggregator_archive":2,"schema":"0001"}\n'], "format 2"),
    ]


def test_a_file_that_is_not_whole_leaves_nothing_behind(archive: Archive, empty_url: str) -> None:
    filled(archive)
    lines = list(archive.whole())
    assert sum(check_whole(lines).values()) == len(lines) - 2
    for bad, said in spoilt(lines):
        with pytest.raises(InputError, match=said):
            Archive.restore(empty_url, bad)
        with pytest.raises(InputError, match=said):
            check_whole(bad)
    Archive.restore(empty_url, lines)


def test_a_file_of_a_newer_program_is_refused(empty_url: str) -> None:
    with pytest.raises(ArchiveTooNew, match="newer aggregator"):
        Archive.restore(empty_url, [b'{"aggregator_archive":1,"schema":"9999"}\n'])


def test_a_file_of_an_older_schema_goes_in_and_is_migrated(archive: Archive, empty_url: str) -> None:
    ingest(archive, [an_entry(1)])
    rows = [line for line in archive.whole() if b'"_end"' not in line and b'"aggregator_archive"' not in line]
    import hashlib
    import json

    for newer in (b'"full_text":false,', b'"paywalled":false,'):  # columns that there were not
        rows = [line.replace(newer, b"") for line in rows]
    formerly = b'"url":"https://outlet.example/1","url_key":"https://outlet.example/1"'
    rows = [re.sub(rb'"url_hash":-?\d+', formerly, line) for line in rows]
    at, fingerprint = (
        re.findall(name, b"".join(rows))[0] for name in (rb'"at":"[^"]+"', rb'"fingerprint":"\w+"')
    )
    rows = [re.sub(rb',"sum":-?\d+', b"", line).replace(b'"at":null', at) for line in rows]
    rows = [line.replace(b'"furniture":""', fingerprint) for line in rows]
    lines = [b'{"aggregator_archive":1,"schema":"0001"}\n', *rows]
    counts = {
        name: sum(1 for row in rows if json.loads(row)["_"] == name)
        for name in ("setting", "source", "copy", "fetch", "revision")
    }
    lines.append(
        json.dumps({"_end": {"rows": counts, "sha256": hashlib.sha256(b"".join(lines)).hexdigest()}}).encode()
    )
    Archive.restore(empty_url, lines)
    with Archive.open(empty_url) as there:
        assert there.status().schema == opening.newest()
        assert [copy.guid for copy in there.export()] == ["guid-1"]
        assert there.verify() == []


def test_it_is_of_one_moment(archive: Archive, archive_url: str) -> None:
    ingest(archive, [an_entry(1)])
    lines = archive.whole()
    begun = [next(lines), next(lines)]
    with Archive.open(archive_url) as other:
        ingest(other, [an_entry(2)])
    assert sum(b'"_":"copy"' in line for line in [*begun, *lines]) == 1
