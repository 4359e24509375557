"""Who may decide on the pages, and what they decide; and above all who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aggregator.web import door

from ..publish.stories import META, a_copy, a_story, a_view
from .fake import NOW, FakeArchive, an_app

TOKEN = "a long token that is hard to guess"
ORIGIN = {"origin": "http://testserver"}
ONE, TWO = (f"/stories/{a_story(number).ulid}" for number in (1, 2))
DEEDS = [f"{ONE}/merge", f"{ONE}/split", f"{ONE}/apart", "/logout"]


@pytest.fixture
def archive() -> FakeArchive:
    held = [a_view(1, a_copy(2), a_copy(3), lead=a_copy(1)), a_view(2, title="A second story")]
    return FakeArchive(held=held, related={1: [2]})


@pytest.fixture
def client(archive: FakeArchive, tmp_path: Path) -> Iterator[TestClient]:
    archive.settings[door.SETTING] = door.digest(TOKEN)
    # the cookie of an https site would not be sent to the plain "testserver"
    app = an_app(archive, tmp_path)
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        client.headers["origin"] = "https://testserver"
        yield client


def log_in(client: TestClient, token: str = TOKEN, **said: str) -> str:
    """The synchroniser token of the forms, "" where it did not let us in."""
    answer = client.post("/login", data={"token": token, **said})
    if answer.status_code != 303:
        return ""
    found = re.search(r'name="form" value="([0-9a-f]{64})"', client.get(ONE).text)
    return found[1] if found else ""


def test_without_a_token_there_is_no_door_and_there_are_no_buttons(tmp_path: Path) -> None:
    archive = FakeArchive(held=[a_view(1)])
    with TestClient(an_app(archive, tmp_path)) as client:
        assert client.get("/login").status_code == 404
        for path in ("/login", *DEEDS):
            assert client.post(path, data={"token": "", "form": ""}, headers=ORIGIN).status_code == 404
        page = client.get(ONE).text
        assert "<button" not in page.partition("<main")[2]
        assert "Log in" not in page
    assert archive.decided == []


def test_a_token_in_the_configuration_opens_the_door_too(tmp_path: Path) -> None:
    with TestClient(an_app(FakeArchive(), tmp_path, TOKEN), headers=ORIGIN) as client:
        assert client.post("/login", data={"token": "wrong"}, follow_redirects=False).status_code == 403
        assert client.post("/login", data={"token": TOKEN}, follow_redirects=False).status_code == 303


def test_nobody_who_did_not_log_in_sees_a_button_or_decides(client: TestClient, archive: FakeArchive) -> None:
    page = client.get(ONE).text
    assert "Split off" not in page
    assert "Log in" in page
    for path in DEEDS:
        answer = client.post(path, data={"other": a_story(2).ulid, "copy": "2", "form": ""})
        assert answer.status_code == 403
        assert "log in" in answer.text
    assert archive.decided == []


def test_the_wrong_token_does_not_let_anybody_in(client: TestClient, archive: FakeArchive) -> None:
    for wrong in ("", "x", TOKEN[:-1], door.digest(TOKEN)):
        answer = client.post("/login", data={"token": wrong})
        assert answer.status_code == 403
        assert "That is not the token" in answer.text
        assert "set-cookie" not in answer.headers
    assert archive.sessions == {}


def test_the_cookie_is_for_this_site_alone_and_the_archive_holds_only_its_digest(
    client: TestClient, archive: FakeArchive
) -> None:
    answer = client.post("/login", data={"token": f" {TOKEN} ", "name": " Ann \n Other "})
    cookie = answer.headers["set-cookie"]
    for said in ("HttpOnly", "SameSite=strict", "Secure", "Path=/", "Max-Age=43200"):
        assert said in cookie
    secret = cookie.partition("=")[2].partition(";")[0]
    assert archive.sessions == {door.digest(secret): ("Ann Other", NOW + timedelta(hours=12))}
    assert "Logged in as Ann Other." in client.get(ONE).text


def test_a_person_merges_splits_and_keeps_apart_under_their_name(
    client: TestClient, archive: FakeArchive
) -> None:
    form = log_in(client, name="Ann")
    other = a_story(2).ulid
    merged = client.post(f"{ONE}/merge", data={"form": form, "other": other})
    apart = client.post(f"{ONE}/apart", data={"form": form, "other": f"https://x.example{TWO}?done=split"})
    split = client.post(f"{ONE}/split", data={"form": form, "copy": ["2", "3"]})
    assert archive.decided == [
        ("merge", 1, 2, "Ann"),
        ("apart", 1, 2, "Ann"),
        ("split", 1, (2, 3), "Ann"),
    ]
    places = [(each.status_code, each.headers["location"]) for each in (merged, apart, split)]
    assert places == [(303, f"{ONE}?done=merged"), (303, f"{ONE}?done=apart"), (303, f"{TWO}?done=split")]
    assert "The two stories are one from now on." in client.get(places[0][1]).text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://testserver.evil.example"},
        {"origin": "https://testserver", "sec-fetch-site": "cross-site"},
        {"origin": "https://testserver", "sec-fetch-site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(
    client: TestClient, archive: FakeArchive, headers: dict[str, str]
) -> None:
    form = log_in(client)
    for path in ("/login", *DEEDS):
        data = {"form": form, "other": a_story(2).ulid, "copy": "2", "token": TOKEN}
        assert client.post(path, data=data, headers=headers).status_code == 403
    assert archive.decided == []


def test_a_form_without_the_synchroniser_token_of_this_session_is_refused(
    client: TestClient, archive: FakeArchive
) -> None:
    old = log_in(client)
    form = log_in(client)
    assert form != old
    for said in ("", old, form[:-1], "é"):
        answer = client.post(f"{ONE}/merge", data={"form": said, "other": a_story(2).ulid})
        assert answer.status_code == 403
    assert archive.decided == []


def test_nobody_decides_by_following_a_link(client: TestClient, archive: FakeArchive) -> None:
    log_in(client)
    for path in DEEDS:
        assert client.get(path).status_code in (404, 405)
    assert (archive.decided, len(archive.sessions)) == ([], 1)


def test_who_logs_out_is_out_for_good(client: TestClient, archive: FakeArchive) -> None:
    form = log_in(client)
    secret = dict(client.cookies)
    assert client.post("/logout", data={"form": form}).status_code == 303
    assert archive.sessions == {}
    client.cookies.update(secret)
    assert "Split off" not in client.get(ONE).text


def test_a_session_ends_with_its_time_and_with_the_token(client: TestClient, archive: FakeArchive) -> None:
    log_in(client)
    [key] = archive.sessions
    archive.sessions[key] = ("Ann", NOW - timedelta(seconds=1))
    assert "Split off" not in client.get(ONE).text
    archive.sessions[key] = ("Ann", NOW + timedelta(hours=1))
    assert "Split off" in client.get(ONE).text
    del archive.settings[door.SETTING]
    assert "Split off" not in client.get(ONE).text


def test_what_cannot_be_is_said_in_a_sentence(client: TestClient) -> None:
    form = log_in(client)
    for path, data, sentence in (
        (f"{ONE}/merge", {"other": "<b>"}, "There is no story “&lt;b&gt;”"),
        (f"{ONE}/split", {"copy": ["x", "-1"]}, "No copy was marked"),
        (f"{ONE}/apart", {"other": ONE}, "they are one story"),
    ):
        answer = client.post(path, data={"form": form, **data})
        assert answer.status_code == 409
        assert sentence in answer.text


def test_a_form_has_a_bound(client: TestClient) -> None:
    log_in(client)
    assert client.post(f"{ONE}/merge", content=b"x" * 100_000).status_code == 413
    assert client.post(f"{ONE}/merge", content=b"a=1&" * 10_000).status_code == 413


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", ""]
)
def test_the_way_back_never_leads_elsewhere(client: TestClient, back: str) -> None:
    answer = client.post("/login", data={"token": TOKEN, "back": back})
    assert answer.headers["location"] == "/"
    assert client.post("/login", data={"token": TOKEN, "back": ONE}).headers["location"] == ONE


def test_pages_of_a_person_are_kept_by_no_cache_in_between(client: TestClient) -> None:
    assert client.get(ONE).headers["vary"] == "Cookie"
    log_in(client)
    found = client.get(ONE).headers
    assert found["cache-control"] == "private, no-cache"
    assert found["referrer-policy"] == "same-origin"


def test_buttons_stand_where_something_can_be_decided(client: TestClient) -> None:
    log_in(client)
    page = client.get(ONE).text
    for said in ("does not belong here", "Split off the marked copies", "Keep apart from A second story"):
        assert said in page
    assert "Split off" not in client.get(TWO).text, "a story of one copy cannot be split"


def test_the_cookie_of_a_site_by_http_needs_no_https(tmp_path: Path) -> None:
    from aggregator.web.application import create_app

    meta = type(META)(id=META.id, title="News", base_url="http://127.0.0.1:8765/news/")
    archive = FakeArchive()
    app = create_app(archive, archive.views, meta, tmp_path, clock=lambda: NOW, token=TOKEN)
    with TestClient(app, headers=ORIGIN) as client:
        cookie = client.post("/login", data={"token": TOKEN}, follow_redirects=False).headers["set-cookie"]
        assert "Secure" not in cookie
        assert "Path=/news/" in cookie
