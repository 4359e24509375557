"""The token that lets a person decide on the pages."""

from __future__ import annotations

import re
from datetime import timedelta

from aggregator.archive import Archive
from aggregator.web import door
from tests.conftest import NOON

from .conftest import Person


def an_archive(person: Person) -> Archive:
    return Archive.open(f"sqlite:///{person.folder / 'archive.db'}")


def test_a_token_is_shown_once_and_kept_as_a_digest_only(person: Person) -> None:
    token = person.do("token", "new").out.strip()
    assert re.fullmatch(r"[\w-]{43}", token)
    with an_archive(person) as archive:
        assert archive.setting(door.SETTING) == door.digest(token)
    assert token.encode() not in (person.folder / "archive.db").read_bytes()


def test_another_token_logs_everybody_out_and_a_revoked_one_lets_nobody_in(person: Person) -> None:
    first = person.do("token", "new").out.strip()
    with an_archive(person) as archive:
        archive.begin_session("key", "Ann", NOON, NOON + timedelta(days=1))
    second = person.do("token", "new").out.strip()
    with an_archive(person) as archive:
        assert archive.session("key", NOON) is None
        at = door.Door(archive, "", "http://localhost/", lambda: NOON)
        assert (at.admits(first), at.admits(second)) == (False, True)
    person.do("token", "revoke")
    with an_archive(person) as archive:
        at = door.Door(archive, "", "http://localhost/", lambda: NOON)
        assert not at.admits(second)
        assert not at.admits("")
        assert not at.has_lock()


def test_a_short_token_in_the_configuration_is_refused_and_a_good_one_never_shown(person: Person) -> None:
    person.environ["AGGREGATOR_SERVE_TOKEN"] = "swordfish"
    refused = person.type("config", "check")
    assert refused.code == 2
    assert "at least 16 characters" in refused.err
    person.environ["AGGREGATOR_SERVE_TOKEN"] = "swordfish-swordfish"
    shown = person.do("config", "check")
    assert "swordfish" not in shown.out + shown.err
