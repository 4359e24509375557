"""The API as programs use it, and as its own description says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from starlette.testclient import TestClient

from aggregator.model import Source, SourceSpec
from aggregator.web.api import OPERATIONS
from aggregator.web.rates import EACH

from ..publish.stories import a_view
from . import test_pages
from .fake import FakeArchive, an_app

archive = test_pages.archive
FORMATS = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_a_moment(said: object) -> bool:
    return not isinstance(said, str) or datetime.fromisoformat(said).tzinfo is not None


@pytest.fixture
def client(archive: FakeArchive, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(an_app(archive, tmp_path), raise_server_exceptions=False) as client:
        yield client


def checked(client: TestClient, address: str, status: int = 200, path: str = "") -> Any:
    """An answer that holds to what the description says of its path and status: no field more, none less."""
    description = client.get("/api/openapi.json").json()
    found = client.get(address)
    assert found.status_code == status, found.text
    responses = description["paths"][path or address.partition("?")[0]]["get"]["responses"]
    [(media_type, said)] = responses[str(status)]["content"].items()
    assert found.headers["content-type"] == media_type
    for each in description["components"]["schemas"].values():
        each["additionalProperties"] = False
    whole = {**said["schema"], "components": description["components"]}
    Draft202012Validator(whole, format_checker=FORMATS).validate(found.json())
    return found.json()


def examples(client: TestClient) -> Mapping[str, str]:
    """An address for each path that takes a parameter."""
    [first, *_] = client.get("/api/v1/stories").json()["items"]
    return {"/api/v1/stories/{id}": first["self"], "/api/v1/search": "/api/v1/search?q=the"}


@pytest.mark.parametrize("path", [each.path for each in OPERATIONS])
def test_every_path_answers_as_it_is_described(client: TestClient, path: str) -> None:
    assert checked(client, examples(client).get(path, path), path=path)


def test_every_route_under_api_is_described_and_nothing_else(client: TestClient) -> None:
    described = set(client.get("/api/openapi.json").json()["paths"])
    application = client.app.app  # type: ignore[attr-defined]
    assert described == {route.path for route in application.routes if route.path.startswith("/api")}


def test_the_description_refers_only_to_what_it_holds(client: TestClient) -> None:
    said = client.get("/api/openapi.json")
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', said.text))
    assert referred == set(said.json()["components"]["schemas"])
    for path, item in said.json()["paths"].items():
        inside = {p["name"] for p in item["get"]["parameters"] if p["in"] == "path"}
        assert inside == set(re.findall(r"{(\w+)}", path))
        for parameter in item["get"]["parameters"]:
            Draft202012Validator.check_schema(parameter["schema"])
    for each in said.json()["components"]["schemas"].values():
        Draft202012Validator.check_schema(each)


def test_following_next_gives_every_story_once(tmp_path: Path) -> None:
    old = [a_view(number, updated=datetime(1950, 1, number, tzinfo=UTC)) for number in range(24, 30)]
    archive = FakeArchive(held=[a_view(number) for number in range(1, 24)] + old)
    with TestClient(an_app(archive, tmp_path)) as client:
        address: str | None = "/api/v1/stories?limit=5&copies=1"
        seen = []
        while address:
            page = checked(client, address)
            seen += [item["ulid"] for item in page["items"]]
            address = page["next"]
    assert len(seen) == len(set(seen)) == 29


def test_a_story_that_changes_meanwhile_does_not_shift_the_next_page(tmp_path: Path) -> None:
    archive = FakeArchive(held=[a_view(number) for number in range(1, 8)])
    with TestClient(an_app(archive, tmp_path)) as client:
        first = client.get("/api/v1/stories?limit=3").json()
        last = first["items"][-1]["ulid"]
        rest = {item["ulid"] for item in client.get(first["next"]).json()["items"]}
        archive.held = [view for view in archive.held if view.story.ulid != last]  # it joined another
        assert {item["ulid"] for item in client.get(first["next"]).json()["items"]} == rest


def test_a_story_tells_copies_versions_and_why(client: TestClient) -> None:
    story = checked(
        client,
        "/api/v1/stories/" + client.get("/api/v1/stories?copies=3").json()["items"][0]["ulid"],
        path="/api/v1/stories/{id}",
    )
    assert [(each["outlet"], each["lag"], each["shown"]) for each in story["printings"]] == [
        ("Herald", 0.0, True),
        ("Post", 60.0, False),
        ("Times", 3840.0, False),
    ]  # fmt: skip
    assert [each["title"] for each in story["printings"][0]["versions"]] == ["Talks began", "Talks began"]
    assert [each["method"] for each in story["decisions"]] == ["found", "text", "split"]
    assert story["decisions"][1]["sentence"] == "Post prints the text of Herald."
    assert (story["decisions"][1]["score"], story["decisions"][1]["passages"]) == (0.97, ["Talks began"])


def test_another_name_of_a_story_leads_to_it(client: TestClient) -> None:
    found = client.get("/api/v1/stories/1", follow_redirects=False)
    assert found.status_code == 301
    assert client.get(found.headers["location"]).json()["ulid"] in found.headers["location"]


def test_a_search_marks_what_was_asked_for(client: TestClient) -> None:
    [hit] = checked(client, "/api/v1/search?q=cairo")["items"]
    [[start, end]] = hit["marks"]
    assert hit["snippet"][start:end] == "Talks"
    notes = checked(client, "/api/v1/stories?from=yesterday")["notes"]
    assert notes == ["“yesterday” cannot be understood for “from”; it was left out."]


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/search",
        "/api/v1/search?q=x&page=0",
        "/api/v1/search?q=x&limit=many",
        "/api/v1/stories?limit=101",
        "/api/v1/stories?before=yesterday",
        "/api/v1/stories?before=",
        "/api/v1/stories?before=--1-1",
        "/api/v1/stories?before=-99999999999999999-1",
        "/api/v1/stories?before=99999999999999999999-1",
        "/api/v1/report?days=8",
    ],
)
def test_what_cannot_be_understood_is_refused_in_a_sentence(client: TestClient, address: str) -> None:
    assert checked(client, address, 400)["detail"]


def test_what_is_absent_and_an_archive_out_of_order_are_said_as_json(
    client: TestClient,
    archive: FakeArchive,
) -> None:
    assert checked(client, "/api/v1/stories/nothing", 404, "/api/v1/stories/{id}")["status"] == 404
    assert client.get("/api/v2").json()["status"] == 404
    assert client.post("/api/v1/stories").json()["status"] == 405
    archive.broken = True
    assert "cannot be read" in checked(client, "/api/v1/stories", 503)["detail"]


def test_pages_of_others_may_read_it_and_a_second_look_costs_nothing(client: TestClient) -> None:
    found = client.get("/api/v1/sources")
    assert found.headers["access-control-allow-origin"] == "*"
    assert client.get("/api/v1/sources", headers={"if-none-match": found.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("address", ["/api/v1/search?agency=x", "/api/v1/stories?q=x", "/?q=x"])
def test_who_searches_without_end_is_told_to_wait(client: TestClient, address: str) -> None:
    assert {client.get(address).status_code for _ in range(EACH)} == {200}
    refused = client.get(address)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "try again in a minute" in refused.text
    assert client.get("/api/v1/stories").status_code == 200, "what costs little goes on"


def test_a_source_of_any_name_has_an_address(client: TestClient, archive: FakeArchive) -> None:
    archive.declared.append(Source(2, SourceSpec("a b")))
    [*_, item] = checked(client, "/api/v1/sources")["items"]
    assert client.get(item["page"]).status_code == 200
