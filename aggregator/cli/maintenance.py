"""How the archive is: status, verify, migrate."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from . import output
from .failing import complain
from .given import Given, Json, command, now
from .judging import rules_of
from .sources import health

if TYPE_CHECKING:
    from ..app import App
    from ..archive import Archive, ArchiveStatus, Finding, SourceStats
    from ..canon import Rules
    from ..model import Source


def register(program: typer.Typer) -> None:
    for function in (status, verify, retention, migrate):
        command(program, function)


def status(given: Given, json: Json = False) -> None:
    """Show what the archive holds, and what wants attention.

    Example: aggregator status
    """
    with given.app() as app:
        held, sources, wanting = app.archive.status(), app.archive.sources(), app.wanting()
        stats, unpublished = app.archive.source_stats(), app.archive.feed.failed()
        shown = app.config.archive_shown
        websub = _websub(app)
    failing = [source for source in sources if source.failures or source.gone]
    if json:
        output.as_json(
            {
                "archive": shown,
                **output.plain(held),
                "websub": websub,
                "attention": wanting,
                "failing": [_trouble(s) for s in failing],
                "unpublished": unpublished,
            }
        )
        return
    output.facts([("archive", shown), *_counts(held), ("websub", websub)])
    output.line()
    output.table(("source", "copies", "last success", "health"), [_row(s, stats.get(s.id)) for s in sources])
    if wanting:
        output.line()
        rows = [(each.about, each.state, each.what, each.do) for each in wanting]
        output.table(("about", "state", "what", "what to do"), rows)
    for problem in unpublished:
        output.line(problem)


def verify(
    given: Given,
    repair: Annotated[
        bool, typer.Option("--repair", help="Compute again what can be, and look again.")
    ] = False,
    json: Json = False,
) -> int:
    """Check the archive against itself.

    Looks at decisions, stories, revisions, documents and indexes, and reads every text; the exit code is 1 if
    something is wrong. With --repair what follows from decisions, revisions and texts is computed again.

    Example: aggregator verify
    """
    from ..archive import Archive

    with Archive.open(given.config().archive.url) as archive:
        rules = rules_of(given)
        findings = _findings(archive, rules)
        mended = _repair(archive, rules, findings) if repair and findings else []
        left = _findings(archive, rules) if mended else findings
    if json:
        output.as_json({"found": findings, "repaired": mended, "left": left} if repair else findings)
        return int(bool(left))
    for finding in findings:
        output.line(str(finding))
    if mended:
        output.line(f"computed again: {', '.join(mended)}")
    output.line(output.number(len(left), "finding") if left else "the archive is sound")
    return int(bool(left))


def _findings(archive: Archive, rules: Rules) -> list[Finding]:
    from ..stages import unfound

    found = archive.verify()
    torn = any(finding.check == "sketches" for finding in found)  # then there is nothing to look into
    return found if torn else found + unfound(archive, rules, now())


def _repair(archive: Archive, rules: Rules, findings: list[Finding]) -> list[str]:
    """Compute again what the findings are about, as far as it can be; the checks that were worked on."""
    from ..stages import renew_sketches

    mended = archive.repair(findings, now())
    while mended and archive.index_text():
        pass
    if any(finding.check == "sketches" for finding in findings):
        with output.progress("making sketches", total=archive.status().copies) as progress:
            renew_sketches(archive, rules, now(), progress)
        mended.append("sketches")
    return mended


def retention(
    given: Given,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be dropped.")] = False,
    json: Json = False,
) -> None:
    """Drop old documents, web pages and texts, as [retention] says.

    Without a policy there everything is kept. Ids, decisions and hashes always stay; a text that was dropped
    cannot be shown, searched or compared any more.

    Example: aggregator retention --dry-run
    """
    with given.app() as app:
        dropped = app.retain(really=not dry_run)
        known = {source.name for source in app.archive.sources(active_only=False)}
        for name in sorted(app.config.retention.sources.keys() - known):
            complain(f"[retention] has a policy for {name}, but no source is called that")
    kinds = ("documents", "pages", "texts")
    all_told = {of: sum(getattr(each, of) for each in dropped.values()) for of in (*kinds, "bytes")}
    if json:
        output.as_json({**all_told, "sources": dropped, "dry_run": dry_run})
        return
    if dropped:
        rows = [
            (name, *(getattr(each, of) for of in kinds), output.size(each.bytes))
            for name, each in dropped.items()
        ]
        output.table(("source", *kinds, "size"), rows)
        output.line()
    done = "would be dropped" if dry_run else "dropped"
    documents, pages, texts = (output.number(all_told[of], of[:-1]) for of in kinds)
    output.line(f"{documents}, {pages} and {texts} {done}, {output.size(all_told['bytes'])}")


def migrate(given: Given, json: Json = False) -> None:
    """Bring the archive's schema to the newest revision.

    Every start does so as well; this says what it did.

    Example: aggregator migrate
    """
    from ..archive import Archive

    config = given.config()
    current = _is_current(config.archive.url)
    with Archive.open(config.archive.url) as archive:
        schema = archive.status().schema
    if json:
        output.as_json({"archive": config.archive_shown, "schema": schema, "migrated": not current})
    else:
        done = "is at the newest schema already" if current else "was brought to the newest schema"
        output.line(f"{config.archive_shown} {done}, {schema}")


def _is_current(url: str) -> bool:
    """Whether the archive can be used as it is. What else is wrong with it comes out when it is opened."""
    from ..archive import Archive
    from ..errors import ArchiveError, ArchiveTooNew

    try:
        Archive.open(url, migrate=False).close()
    except ArchiveTooNew:
        raise
    except ArchiveError:
        return False
    return True


def _websub(app: App) -> str:
    """What hubs tell us, and what they are still to be told, in one sentence each."""
    told, untold = app.archive.subscriptions.told(), app.archive.announcements.untold()
    said = (
        f"{told.active} of {told.wished} feeds with a hub are subscribed to, {told.working} deliver"
        if app.config.websub.callback
        else "off: no hub can reach us, feeds are polled only (`callback` in [websub])"
    )
    waiting = [f"{each.hub} is still to be told of {each.topic}: {each.error or 'now'}" for each in untold]
    return "; ".join([said, *waiting[:3]])


def _row(source: Source, stats: SourceStats | None) -> tuple[object, ...]:
    return source.name, stats.copies if stats else 0, source.last_success_at, health(source)


def _counts(held: ArchiveStatus) -> list[tuple[str, str]]:
    counts = [
        (key, value) for key, value in asdict(held).items() if isinstance(value, int) and key != "bytes"
    ]
    shown = [(key.replace("_", " "), f"{value:,}") for key, value in counts]
    return [("schema", held.schema), ("size", output.size(held.bytes)), *shown]


def _trouble(source: Source) -> dict[str, object]:
    return {
        "name": source.name,
        "gone": source.gone,
        "failures": source.failures,
        "error_code": source.error_code,
        "error": source.error,
        "last_success_at": output.plain(source.last_success_at),
        "next_fetch_at": output.plain(source.next_fetch_at),
    }
