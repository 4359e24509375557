"""/metrics: who may read it, and that what is built on it exists."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as families
from starlette.testclient import TestClient

from aggregator import stages
from aggregator.archive import Archive
from aggregator.model import Collected, Fetch, Outcome
from aggregator.publish import load_publishers
from aggregator.web.application import create_app

from ..publish.stories import META, NOON
from . import test_over_the_archive

OPS = Path(__file__).parents[2] / "docs" / "ops"
archive = test_over_the_archive.archive
NEAR, FAR = ("127.0.0.1", 5000), ("192.0.2.7", 5000)


def client(archive: Archive, public: Path, who: tuple[str, int], everybody: bool = False) -> TestClient:
    app = create_app(
        archive,
        partial(stages.views, archive),
        META,
        public,
        measure=archive.measures.at,
        metrics_for_all=everybody,
    )
    return TestClient(app, client=who)


def test_prometheus_reads_it_in_both_formats(archive: Archive, tmp_path: Path) -> None:
    stages.publish(archive, META, load_publishers().values(), tmp_path, NOON)
    asked = client(archive, tmp_path, NEAR)
    plain = asked.get("/metrics")
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families(plain.text)
        for sample in family.samples
    }
    assert values["aggregator_stories_total",] == 2
    assert values["aggregator_copies_total",] == 3
    assert values["aggregator_fetches_total", "changed"] == 2
    assert values["aggregator_lag_seconds", "0.5"] >= 0
    newer = asked.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert {family.name for family in open_metrics(newer.text)} >= {
        "aggregator_stories",
        "aggregator_fetches",
    }


@pytest.mark.parametrize(
    ("who", "headers", "everybody", "status"),
    [
        (NEAR, {}, False, 200),
        (("::1", 1), {}, False, 200),
        (("::ffff:127.0.0.1", 1), {}, False, 200),
        (FAR, {}, False, 404),
        (NEAR, {"x-forwarded-for": "127.0.0.1"}, False, 404),
        (NEAR, {"forwarded": "for=192.0.2.7"}, False, 404),
        (FAR, {}, True, 200),
    ],
)
def test_only_this_machine_reads_it_unless_it_is_opened(
    archive: Archive,
    tmp_path: Path,
    who: tuple[str, int],
    headers: dict[str, str],
    everybody: bool,
    status: int,
) -> None:
    assert client(archive, tmp_path, who, everybody).get("/metrics", headers=headers).status_code == status


def test_without_measures_there_is_no_such_page(archive: Archive, tmp_path: Path) -> None:
    app = create_app(archive, partial(stages.views, archive), META, tmp_path)
    assert TestClient(app, client=NEAR).get("/metrics").status_code == 404


@pytest.mark.parametrize("name", ["alerts.yml", "dashboard.json"])
def test_what_is_built_on_it_names_only_what_there_is(archive: Archive, tmp_path: Path, name: str) -> None:
    failed = Fetch(archive.source("herald").id, NOON, Outcome.FAILED, 500, error_code="http-500")
    archive.record(Collected(archive.source("herald"), failed), [], NOON)
    stages.publish(archive, META, load_publishers().values(), tmp_path, NOON)
    text = (OPS / name).read_text("utf-8")
    named = set(re.findall(r"\baggregator_\w+", text))
    told = client(archive, tmp_path, NEAR).get("/metrics").text
    there = set(re.findall(r"^# TYPE (\w+)", told, re.MULTILINE))
    assert named and named <= there
    if name.endswith(".json"):
        panels = json.loads(text)["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        labels = set(re.findall(r"by \((\w+)\)|{{(\w+)}}", text))
        assert {one or other for one, other in labels} <= set(re.findall(r"[{,](\w+)=", told))
