"""Fit the verdict's model and write a rules file with its training report.

    python bench/train_rules.py ../shared/corpora/copies --version 2026.12 --write

Needs scikit-learn, which the program itself does not. Two halves of dev.jsonl are parted by base text (copies that
share text fall into one half, whatever their label); each half is judged by a model that saw only the other, and
the model that ships is fitted on both. fnc1 is never fitted. To the pairs that placing dev.jsonl compares come pairs
made from its base texts that it lacks: block quotes, shared background, rewritings, forms with other names, pages
that quote a text whole, round-ups, own introductions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

sys.path.insert(0, str(Path(__file__).parents[1]))
from aggregator.canon import Rules, evaluate, facts, load_rules, trial
from aggregator.canon.compare import FEATURES, Features, compare, features
from aggregator.canon.reading import reading, scan
from aggregator.canon.verdict import Forest
from aggregator.canon.verdicts import Verdicts
from aggregator.canon.words import Words

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RISING = [
    "inner",
    "outer",
    "unquoted",
    "unquoted_outer",
    "lead",
    "lead_outer",
    "units",
    "units_outer",
    "numbers",
    "numbers_best",
    "names",
    "names_best",
    "run",
    "run_share",
    "pairs",
    "pairs_outer",
    "lead_pairs",
    "lead_pairs_outer",
    "title",
    "rare",
]
FALLING = ["own", "strange"]
THRESHOLDS = (0.45, 0.5, 0.55, 0.6)
Row = tuple[int, int, dict[str, float]]


# ------------------------------------------------------------ real pairs


def collected(rows: Sequence[dict[str, Any]], rules: Rules) -> list[Row]:
    """Every pair that placing the rows judges for good, with its features."""
    found: list[Row] = []
    judged = Verdicts.of

    def noted(self: Verdicts, meetings: Sequence[trial.Meeting]) -> list[trial.Pair]:
        pairs = judged(self, meetings)
        if any(rare < 1.0 for _, _, _, rare in meetings):  # not the first look, by the words alone
            met = zip(meetings, pairs, strict=True)
            found.extend(
                (one.id, pair.copy_id, pair.features._asdict()) for (one, *_), pair in met if pair.features
            )
        return pairs

    with mock.patch.object(Verdicts, "of", noted):
        placed(rows, rules)
    return found


def placed(rows: Sequence[dict[str, Any]], rules: Rules) -> dict[int, int]:
    return evaluate.place(rows, rules, NOW).story_of


def halves(rows: Sequence[dict[str, Any]], pairs: Sequence[Row]) -> list[int]:
    """0 or 1 for each row: rows that share text, or a label, have the same."""
    parent = list(range(len(rows)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[Any, int] = {}
    for at, row in enumerate(rows):
        parent[root(at)] = root(first.setdefault(row["_truth"], at))
    for one, other, found in pairs:
        kinds = {str(rows[one - 1]["_kind"]), str(rows[other - 1]["_kind"])}
        form = any(kind.startswith("tmpl") or kind == "roundup" for kind in kinds)
        if found["inner"] >= 0.4 and found["words"] > 3.5 and not form:
            parent[root(one - 1)] = root(other - 1)
    return [hashlib.md5(str(rows[root(at)]["_truth"]).encode()).digest()[0] % 2 for at in range(len(rows))]


# ------------------------------------------------------------ made pairs


@dataclass
class Maker:
    """Pairs of texts from base texts, each a list of paragraphs."""

    texts: list[list[str]]
    forms: list[list[str]]  # results, forecasts, closings: the same words every day, with other figures
    chance: random.Random

    def text(self, least: int = 5) -> list[str]:
        while True:
            found = self.chance.choice(self.texts)
            if len(found) >= least:
                return list(found)

    def part(self, low: float, high: float) -> list[str]:
        """A stretch out of the middle of some text."""
        found = self.text()
        size = max(1, round(len(found) * self.chance.uniform(low, high)))
        start = self.chance.randint(0, len(found) - size)
        return found[start : start + size]

    def mixed(self, text: list[str], share: float) -> list[str]:
        """The text with a share of its paragraphs said in other words (those of another text)."""
        other = self.text()
        return [self.chance.choice(other) if self.chance.random() < share else line for line in text]

    # copies
    def introduced(self) -> tuple[list[str], list[str]]:
        text = self.text()
        return text, [
            *self.part(0.05, 0.25)[:2],
            *text[: max(3, round(len(text) * self.chance.uniform(0.4, 1)))],
        ]

    def thinned(self) -> tuple[list[str], list[str]]:
        text = self.text(6)
        kept = [line for at, line in enumerate(text) if at < 1 or self.chance.random() > 0.35]
        return text, kept

    def reworded(self) -> tuple[list[str], list[str]]:
        text = self.text(6)
        return text, [text[0], *self.mixed(text[1:], self.chance.uniform(0.1, 0.3))]

    def headless(self) -> tuple[list[str], list[str]]:
        text = self.text(8)
        return text, text[self.chance.randint(1, 2) :]

    def extended(self) -> tuple[list[str], list[str]]:
        text = self.text(6)
        return text, [*text, *self.part(0.2, 0.6)]

    def form_again(self) -> tuple[list[str], list[str]]:
        text = self.chance.choice(self.forms)
        return text, self.edited(self.filled(text, 0.25, 0.0))

    # not copies
    def form_anew(self) -> tuple[list[str], list[str]]:
        text = self.chance.choice(self.forms)
        return self.edited(text), self.edited(self.filled(text, 1.0, self.chance.choice((0.0, 0.5, 1.0))))

    def edited(self, text: list[str]) -> list[str]:
        """Cut somewhere, and words changed here and there."""
        rate, kept = self.chance.uniform(0, 0.12), max(1, round(len(text) * self.chance.uniform(0.4, 1)))
        words = " ".join(self.text()).split()
        return [
            " ".join(
                self.chance.choice(words) if self.chance.random() < rate else word for word in line.split()
            )
            for line in text[:kept]
        ]

    def filled(self, text: list[str], figures: float, names: float) -> list[str]:
        """The text with shares of its figures and of its names changed."""
        others = re.findall(r"[A-Z][a-z]{2,}", " ".join(self.text(4))) or ["Delta"]
        new: dict[str, str] = {}

        def other(found: re.Match[str]) -> str:
            word = found.group()
            if word[0].isdigit():
                low = 10 ** (len(word) - 1)
                return str(self.chance.randint(low, low * 10 - 1)) if self.chance.random() < figures else word
            return new.setdefault(word, self.chance.choice(others) if self.chance.random() < names else word)

        return [re.sub(r"(?<=[a-z,] )[A-Z][a-z]{2,}|\d+", other, line) for line in text]

    def quoting(self) -> tuple[list[str], list[str]]:
        block = self.part(0.3, 1.0)
        if self.chance.random() < 0.4:
            block = [f'"{line}"' for line in block]
        return tuple([*self.part(0.1, 0.4), *block, *self.part(0.0, 0.4)] for _ in range(2))  # type: ignore[return-value]

    def background(self) -> tuple[list[str], list[str]]:
        shared = self.part(0.3, 0.6)
        return tuple([*self.text()[: self.chance.randint(2, 8)], *shared] for _ in range(2))  # type: ignore[return-value]

    def rewritten(self) -> tuple[list[str], list[str]]:
        text = self.text(6)
        return text, [*self.part(0.02, 0.1)[:1], *self.mixed(text[1:], self.chance.uniform(0.5, 0.75))]

    def form(self) -> tuple[list[str], list[str]]:
        text, changed = self.text(4), self.chance.uniform(0.2, 1)
        if sum(map(str.isdigit, " ".join(text))) < 12:
            changed = 1.0
        return text, self.filled(text, 1.0, changed)

    def roundup(self) -> tuple[list[str], list[str]]:
        text = self.text(3)
        head = [line for _ in range(self.chance.randint(1, 3)) for line in self.text()[:3]]
        return text[: self.chance.randint(1, 4)], [*head, *text[:3], *self.text()[:3]]


COPIES: tuple[tuple[Callable[[Maker], tuple[list[str], list[str]]], int], ...] = (
    (Maker.introduced, 500), (Maker.thinned, 300), (Maker.reworded, 500), (Maker.headless, 200), (Maker.extended, 300), (Maker.form_again, 400),
)  # fmt: skip
OTHERS: tuple[tuple[Callable[[Maker], tuple[list[str], list[str]]], int], ...] = (
    (Maker.quoting, 700), (Maker.background, 500), (Maker.rewritten, 400), (Maker.form, 500), (Maker.form_anew, 600), (Maker.roundup, 300),
)  # fmt: skip


def made(rows: Sequence[dict[str, Any]], seed: int) -> Iterator[tuple[str, bool, dict[str, float]]]:
    """(kind, copy?, features) of pairs made from one printing of each base text."""
    clean = {
        row["_truth"]: row
        for row in rows
        if row["_kind"] != "roundup" and not set(row["_noise"]) - {"retitle", "related", "also"}
    }
    parted: dict[bool, list[list[str]]] = {True: [], False: []}
    for row in clean.values():
        parted[str(row["_kind"]).startswith("tmpl")].append(bare(row))
    words = Words()
    maker = Maker(parted[False], parted[True], random.Random(seed))
    for kinds, copy in ((COPIES, True), (OTHERS, False)):
        for make, count in kinds:
            for _ in range(count):
                one, other = (
                    reading(np.empty(0, np.uint64), scan("\n\n".join(text), (), words))
                    for text in make(maker)
                )
                sides = compare(one, other)
                if sides is None:
                    continue
                [found] = features([(one, other)], [sides], [1.0])
                shown = maker.chance.random()  # titles of copies mostly agree, of others mostly do not
                title = (shown if copy else shown * 0.4) if maker.chance.random() < 0.6 else 0.25
                yield make.__name__, copy, found._replace(title=title)._asdict()


def bare(row: dict[str, Any]) -> list[str]:
    text = row["content_text"]
    for start, end, _ in reversed(facts.read(row["title"], text).furniture):
        text = text[:start] + text[end:]
    return [line for line in text.split("\n") if len(line.split()) > 3]


# ------------------------------------------------------------ fitting


def fit(found: Sequence[dict[str, float]], copies: Sequence[bool]) -> Forest:
    """A boosted forest whose score can only rise with agreement."""
    x = np.array([[row[name] for name in FEATURES] for row in found])
    signs = [(name in RISING) - (name in FALLING) for name in FEATURES]
    model = HistGradientBoostingClassifier(
        max_iter=80, max_depth=3, learning_rate=0.12, min_samples_leaf=25, l2_regularization=1.0,
        monotonic_cst=signs, early_stopping=False, random_state=1,
    ).fit(x, np.array(copies))  # fmt: skip
    trees = [_nested(steps[0].nodes, 0) for steps in model._predictors]
    return Forest(float(model._baseline_prediction.ravel()[0]), trees)


def _nested(nodes: Any, at: int) -> Any:
    node = nodes[at]
    if node["is_leaf"]:
        return round(float(node["value"]), 4)
    below, above = (_nested(nodes, int(node[side])) for side in ("left", "right"))
    return [FEATURES[node["feature_idx"]], round(float(node["num_threshold"]), 4), below, above]


def train() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--version", default="")
    parser.add_argument("--write", action="store_true", help="write the rules file")
    args = parser.parse_args()
    rules = load_rules()
    dev = [json.loads(line) for line in (args.corpora / "dev.jsonl").open()]
    pairs = collected(dev, rules)
    half = halves(dev, pairs)
    report: dict[str, Any] = {"dev": {"copies": len(dev), "halves": Counter(half)}, "held_out": []}
    for side in (0, 1):
        forest = fit(*training(dev, pairs, half, 1 - side, rules))
        report["held_out"].append(judged(dev, pairs, half, side, replace(rules, forest=forest), args.corpora))
        print(json.dumps(report["held_out"][-1]), flush=True)
    forest = fit(*training(dev, pairs, half, None, rules))
    final = replace(rules, forest=forest)
    report["all"] = {
        "dev (fitted on it)": grouped(dev, final),
        "fnc1 (never fitted)": real(args.corpora, final),
    }
    print(json.dumps(report["all"]))
    if args.write:
        write(replace(final, version=args.version or rules.version), report)


def training(
    dev: Sequence[dict[str, Any]], pairs: Sequence[Row], half: Sequence[int], side: int | None, rules: Rules
) -> tuple[list[dict[str, float]], list[bool]]:
    """Features and labels of one half (None: both); a third get titles as different as outlets make them."""
    chance = random.Random(5)
    found = [
        (row if chance.random() > 0.35 else row | {"title": chance.uniform(0, 0.35)}, copy)
        for one, other, row in pairs
        for copy in [dev[one - 1]["_truth"] == dev[other - 1]["_truth"]]
        if side is None or (half[one - 1] == side and half[other - 1] == side)
    ]
    rows = [row for at, row in enumerate(dev) if side is None or half[at] == side]
    found += [(row, copy) for _, copy, row in made(rows, 7 if side is None else side)]
    kept = [(row, copy) for row, copy in found if trial.passes_floors(row["inner"], row["unquoted"], rules)]
    return [row for row, _ in kept], [copy for _, copy in kept]


def judged(
    dev: Sequence[dict[str, Any]],
    pairs: Sequence[Row],
    half: Sequence[int],
    side: int,
    rules: Rules,
    corpora: Path,
) -> dict[str, Any]:
    rows = [row for at, row in enumerate(dev) if half[at] == side]
    kinds: dict[str, list[bool]] = defaultdict(list)
    for kind, copy, row in made(rows, 99 + side):
        passed = (
            trial.passes_floors(row["inner"], row["unquoted"], rules)
            and rules.forest.score(Features(**row)) >= rules.threshold
        )
        kinds[kind].append(passed == copy)
    right = {kind: round(sum(found) / len(found), 3) for kind, found in kinds.items()}
    at = {threshold: grouped(rows, replace(rules, threshold=threshold)) for threshold in THRESHOLDS}
    texts = {threshold: real(corpora, replace(rules, threshold=threshold)) for threshold in THRESHOLDS}
    return {"half": side, "dev by threshold": at, "made pairs right": right, "fnc1 by threshold": texts}


def grouped(rows: Sequence[dict[str, Any]], rules: Rules) -> dict[str, Any]:
    index = evaluate.place(rows, rules, NOW)
    return evaluate.score(
        [row["_truth"] for row in rows], [index.story_of[at + 1] for at in range(len(rows))]
    ).as_dict()


def real(corpora: Path, rules: Rules) -> dict[str, int]:
    rows = [json.loads(line) for line in (corpora / "fnc1.jsonl").open()]
    index = evaluate.place(rows, rules, NOW)
    story = {row["id"]: index.story_of[at + 1] for at, row in enumerate(rows)}
    found: Counter[str] = Counter()
    for pair in map(json.loads, (corpora / "fnc1_pairs.jsonl").open()):
        found[pair["label"]] += 1
        found[f"{pair['label']} merged"] += story[pair["a"]] == story[pair["b"]]
    return dict(found)


def write(rules: Rules, report: dict[str, Any]) -> None:
    """The rules file: every number, the report, the forest with a tree on each line."""
    folder = Path(__file__).parents[1] / "aggregator" / "canon" / "rules"
    numbers = {part.name: getattr(rules, part.name) for part in fields(rules)}
    said = {name: value for name, value in numbers.items() if name not in ("version", "forest")}
    trees = ",\n".join(f"  {json.dumps(tree, separators=(',', ':'))}" for tree in rules.forest.trees)
    body = json.dumps(said | {"report": report}, indent=1, ensure_ascii=False).removesuffix("\n}")
    forest = f'"forest": {{"bias": {round(rules.forest.bias, 4)}, "trees": [\n{trees}\n]}}'
    (folder / f"{rules.version}.json").write_text(f"{body},\n {forest}\n}}\n")


if __name__ == "__main__":
    train()
