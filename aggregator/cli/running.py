"""The four verbs by hand, and the daemon that does them on schedule: run, once, collect, canonicalise …"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArchiveError
from . import output
from .failing import complain
from .given import Given, Json, command, completed, now

if TYPE_CHECKING:
    from ..app import App
    from ..collect import Context
    from ..config import Config
    from ..errand import Errand
    from ..model import Collected, Ingested, Source
    from ..stages import Published

    Home = list[tuple[Collected, Ingested]]


MOST_FLAWS = 5  # of one source, that are named
PATIENCE = 2  # rounds in which all hosts rest, or are being asked by others


def register(program: typer.Typer) -> None:
    for function in (run, once, collect, canonicalise, publish):
        command(program, function)


def run(
    given: Given,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="ROLES", help="Of collect, canonicalise, publish, serve; joined by commas."
        ),
    ] = None,
) -> int:
    """Run the daemon: do everything on schedule, and serve it.

    It collects, canonicalises and publishes, and serves the feeds and the pages. Prints where to subscribe.
    Ctrl-C or SIGTERM stops it when what is under way is done. A configuration that was changed is read again.

    Example: aggregator run
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until there is something to drain
    from .. import daemon

    def reread() -> Config:
        return given.config(talkative=True)

    roles = [role.strip() for roles in only or () for role in roles.split(",")] or daemon.ROLES
    return daemon.run(reread(), _announce, roles, reread)


def once(given: Given, json: Json = False) -> int:
    """Do one pass of everything, then exit: for cron.

    Collects what is due, canonicalises, publishes.

    Example: aggregator once
    """
    with given.app() as app:
        home = completed(_bring_home(app, None, force=False))
        placed = place_all(app)
        published = app.publish()
        untold = completed(_tell_hubs(app))
        notices = app.attend()
    for notice in notices:
        complain(f"{notice.about}: {notice.what}. {notice.do}")
    if json:
        output.as_json({**_totals(home), "placed": placed, **_said_of(published)})
    else:
        _say_totals(home)
        output.line(f"{output.number(placed, 'copy', 'copies')} placed")
        _say_published(published)
    return _complain_of(home) | _problems(published.problems) | _problems(untold)


def collect(
    given: Given,
    sources: Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help="Names; else all.")] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also what is not due. What a server said (Retry-After, 410) holds."),
    ] = False,
    json: Json = False,
) -> int:
    """Fetch the sources that are due, and ingest what is new.

    With names, only those. What fails is said; the others go on, and the exit code is 1.

    Example: aggregator collect bbc-world --force
    """
    with given.app() as app:
        names = [app.archive.source(name).name for name in sources or ()] or None
        home = completed(_bring_home(app, names, force))
        left = _left_out(app, names, force, home)
    if json:
        output.as_json([_as_json(collected, done) for collected, done in home])
    elif home:
        output.table(("source", "outcome", "new", "revised", "status", "what"), [_row(c, d) for c, d in home])
    elif not left:
        output.line("no source is due; --force asks all the same")
    for sentence in left:
        complain(sentence)
    return _complain_of(home) if json else int(any(collected.fetch.error for collected, _ in home))


def canonicalise(given: Given, json: Json = False) -> None:
    """Place the waiting copies: give each its story.

    Each decision is recorded with its evidence; `aggregator why` shows it.

    Example: aggregator canonicalise
    """
    with given.app() as app:
        placed = place_all(app)
    if json:
        output.as_json({"placed": placed})
    else:
        output.line(f"{output.number(placed, 'copy', 'copies')} placed")


def publish(
    given: Given,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Another folder than [publish] folder.")
    ] = None,
    json: Json = False,
) -> int:
    """Write the feeds.

    The same archive gives the same bytes; files that would not change are left alone.

    Example: aggregator publish --to /var/www/news
    """
    with given.app() as app:
        with output.progress("publishing") as progress:
            published = app.publish(to, done=progress)
        untold = [] if to else completed(_tell_hubs(app))
    if json:
        output.as_json(_said_of(published))
    else:
        _say_published(published)
    return _problems(published.problems) | _problems(untold)


# ------------------------------------------------------------ collecting


async def _bring_home(app: App, names: Sequence[str] | None, force: bool) -> Home:
    """Claim and ingest round after round (one source a host at a time) until nothing that is left is due.

    Then what the entries want fetched once: their pages, and older documents of their feeds.
    """
    import asyncio

    from .. import url
    from ..app import open_context

    home: Home = []
    hosts = {
        source.name: url.host(source.url) for source in app.archive.sources() if source.origin != "import"
    }
    left = set(names or hosts)
    resting: set[str] = set()  # hosts that were asked in the last round
    async with open_context(app.config, app.clock) as context:
        with output.progress("collecting", total=len(left)) as done:
            while left:
                claimed = app.claim(app.config.collect.concurrency, sorted(left), force)
                if not claimed and not resting & {hosts.get(name, "") for name in left}:
                    break
                if not claimed:
                    await asyncio.sleep(app.config.collect.gap.total_seconds())
                resting = {host for source in claimed if (host := url.host(source.url))}
                left -= {source.name for source in claimed}
                try:
                    async for come in app.bring_home(claimed, context):
                        home += await asyncio.to_thread(_ingest, app, come)
                        done(len(home))
                        del come
                finally:  # interrupted: what was not asked may be asked by the next one at once
                    app.archive.release(claimed)
        await _run_errands(app, names, context)
    return home


async def _run_errands(app: App, names: Sequence[str] | None, context: Context) -> None:
    """Round after round, one a host, until none is due; a host that was asked in a round rests before the next."""
    import asyncio

    async def run(errand: Errand) -> None:
        try:
            brought = await app.run_errand(errand, context)
        except BaseException:
            app.archive.errands.release([errand])
            raise
        try:
            await asyncio.to_thread(app.finish, brought)
        except ArchiveError as error:
            complain(f"{errand.url}: {error}")
            return
        if brought.fetch.error:
            complain(f"{errand.source.name}: {brought.fetch.error}")

    left, ran, idle = app.archive.errands.due(app.clock(), names), 0, 0
    with output.progress("reading pages", total=left) as done:
        while left and idle < PATIENCE:
            claimed = app.claim_errands(app.config.collect.concurrency, names)
            idle = 0 if claimed else idle + 1
            await asyncio.gather(*map(run, claimed))
            ran += len(claimed)
            done(ran)
            if left := app.archive.errands.due(app.clock(), names):
                await asyncio.sleep(app.config.collect.gap.total_seconds())


def _ingest(app: App, come: list[Collected]) -> Home:
    """Store it; what cannot be stored is a failure of its source, and the others go on. Without what is large."""
    return [_became(each, done) for each, done in zip(come, app.ingest_all(come), strict=True)]


def _became(collected: Collected, done: Ingested | ArchiveError) -> tuple[Collected, Ingested]:
    from ..model import Ingested, Outcome

    home = replace(collected, feed=None, body=b"")
    if isinstance(done, Ingested):
        return home, done
    fetch = replace(collected.fetch, outcome=Outcome.FAILED, error_code=done.code, error=str(done))
    return replace(home, fetch=fetch), Ingested()


def _left_out(app: App, names: Sequence[str] | None, force: bool, home: Home) -> list[str]:
    """Why sources that were named, or that --force is about, were not fetched."""
    fetched = {collected.source.name for collected, _ in home}
    wanted = names or ([source.name for source in app.archive.sources()] if force else [])
    left = [app.archive.source(name) for name in wanted if name not in fetched]
    return [_why_not(source) for source in left if names or source.origin != "import"]


def _why_not(source: Source) -> str:
    if source.gone:
        return f"{source.name}: its server said 410 Gone; it is not asked again"
    if source.origin == "import" or not source.active:
        return f"{source.name}: is not polled"
    if source.not_before and source.not_before > now():
        return f"{source.name}: its server asked for patience until {output.when(source.not_before)} UTC"
    return (
        f"{source.name}: is not due before {output.when(source.next_fetch_at)} UTC; --force asks all the same"
    )


def _complain_of(home: Home) -> int:
    """1 if a source failed; each failure named on stderr, and what was read in spite of its flaws."""
    failed = [collected for collected, _ in home if collected.fetch.error]
    for collected in failed:
        complain(f"{collected.source.name}: {collected.fetch.error}")
    for collected, _ in home:
        flaws = collected.fetch.flaws
        for flaw in flaws[:MOST_FLAWS]:
            complain(f"{collected.source.name}: {flaw.message}")
        if len(flaws) > MOST_FLAWS:
            complain(f"{collected.source.name}: and {len(flaws) - MOST_FLAWS} more flaws")
    return int(bool(failed))


def _row(collected: Collected, done: Ingested) -> tuple[object, ...]:
    fetch = collected.fetch
    what = fetch.error or "; ".join(flaw.message for flaw in fetch.flaws[:2]) or output.size(fetch.bytes)
    return collected.source.name, fetch.outcome.value, done.new, done.revised, fetch.status or "", what


def _as_json(collected: Collected, done: Ingested) -> dict[str, object]:
    counts = {"new": done.new, "revised": done.revised, "unchanged": done.unchanged}
    return {"source": collected.source.name, **output.plain(collected.fetch), **counts}


def _totals(home: Home) -> dict[str, int]:
    return {
        "sources": len(home),
        "failed": sum(bool(collected.fetch.error) for collected, _ in home),
        "new": sum(done.new for _, done in home),
        "revised": sum(done.revised for _, done in home),
    }


def _say_totals(home: Home) -> None:
    total = _totals(home)
    failed = f" ({total['failed']} failed)" if total["failed"] else ""
    asked = output.number(total["sources"], "source")
    output.line(f"{asked} asked{failed}: {total['new']} new, {total['revised']} revised")


# ------------------------------------------------------------ placing and publishing


def place_all(app: App) -> int:
    """Place batch after batch until nothing waits, look again at what is doubtful, and index the texts."""
    placed = 0
    with output.progress("placing copies", total=app.archive.waiting_count()) as done:
        while count := app.canonicalise():
            placed += count
            done(placed)
        while app.look_again():
            pass
        app.archive.index_text()
    return placed


def _said_of(published: Published) -> dict[str, object]:
    return {
        "written": list(map(str, published.written)),
        "stories": published.stories,
        "problems": published.problems,
    }


def _say_published(published: Published) -> None:
    stories = output.number(published.stories, "story", "stories")
    if archived := published.archived:
        count = output.number(len(archived), "archive document", "archive documents")
        output.line(f"{archived[0].parent}: {count}")
    for path in published.current:
        output.line(f"{path}: {stories}")
    if not published.written:
        output.line(f"{stories}, nothing changed")


def _problems(problems: Sequence[str]) -> int:
    for problem in problems:
        complain(problem)
    return int(bool(problems))


async def _tell_hubs(app: App) -> list[str]:
    """Tell the hubs of [publish] what changed; a sentence for each that will have to be told again."""
    import asyncio

    from ..app import open_context

    if not app.config.publish.hubs:
        return []
    app.announcer.note()
    async with open_context(app.config, app.clock) as context:
        return await app.announcer.announce(context, asyncio.to_thread)


def _announce(text: str) -> None:
    print(text, flush=True)
