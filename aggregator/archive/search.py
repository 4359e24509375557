"""Full-text search: one way of splitting and folding words for both databases, so that both answer alike.

Words go to the index already split: FTS5 gets them with blanks between, PostgreSQL as a tsvector that we
write out. The index holds no text; snippets are cut from the archived one. Indexing is the dearest step an
article takes, so it works off a queue, apart from ingest.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from ..text import one_line
from . import dialect, schema, textindex
from .schema import Copy, Revision, Source, Story, TextIndexed, TextQueue
from .types import AnyRow
from .values import Hit

BATCH = 200  # copies indexed in one transaction
LONGEST_WORD = 64  # a longer one is not a word that anybody looks for
MOST_WORDS = 16_000  # of one text; PostgreSQL counts positions up to 16383
SNIPPET = 30  # words
_ACCENTS = re.compile("[\u0300-\u036f]")
_PHRASE = re.compile(r'"([^"]*)"?|([^\s"]+)')


class _Apart(dict[int, str]):
    """For str.translate: letters, digits and marks stay; scripts without blanks fall into single letters."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if unicodedata.category(letter)[0] not in "LNM":
            self[code] = " "
        elif unicodedata.name(letter, "").startswith(
            ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO")
        ):
            self[code] = f" {letter} "
        else:
            self[code] = letter
        return self[code]


_apart = _Apart()


def words(text: str) -> list[str]:
    """The words of a text, without case and accents, each letter of Chinese or Japanese its own."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    return [word for word in text.casefold().translate(_apart).split() if len(word) <= LONGEST_WORD][
        :MOST_WORDS
    ]


def phrases(query: str) -> list[list[str]]:
    """What all must occur: single words, and the words of each "phrase" in their order."""
    found = ((words(quoted), words(word)) for quoted, word in _PHRASE.findall(query))
    return [phrase for quoted, word in found for phrase in (quoted or word,) if phrase]


# ---------------------------------------------------------------- indexing


def index(conn: Connection, limit: int) -> int:
    """Index up to `limit` waiting copies; how many. One process at a time, the others find nothing to do."""
    if not dialect.hold(conn, "text index", wait=False):
        return 0
    queue = list(conn.scalars(select(TextQueue.copy_id).order_by(TextQueue.copy_id).limit(limit)))
    if not queue:
        return 0
    # First: a revision that comes in from here on queues its copy anew, and is not lost.
    conn.execute(delete(TextQueue).where(dialect.within(conn, TextQueue.copy_id, queue)))
    textindex.remove(
        conn, [(row.copy_id, words(row.title), words(row.text)) for row in _indexed(conn, queue)]
    )
    current = conn.execute(
        _texts().join(Copy, Copy.revision_id == Revision.id).where(dialect.within(conn, Copy.id, queue))
    ).all()
    textindex.add(conn, [(row.copy_id, words(row.title), words(row.text)) for row in current])
    held = [{"copy_id": row.copy_id, "revision_id": row.id} for row in current]
    if held:
        conn.execute(dialect.put(conn, TextIndexed), held)
    return len(queue)


def _texts() -> Any:
    return select(Revision.copy_id, Revision.id, Revision.title, Revision.text)


def _indexed(conn: Connection, copy_ids: Sequence[int]) -> Iterable[AnyRow]:
    """The texts that the index holds of these copies."""
    query = _texts().join(TextIndexed, TextIndexed.revision_id == Revision.id)
    return conn.execute(query.where(dialect.within(conn, TextIndexed.copy_id, copy_ids))).all()


# ---------------------------------------------------------------- answering


def search(conn: Connection, query: str, limit: int) -> list[Hit]:
    """Stories whose copies hold every word and phrase, the best first, each by its best copy."""
    wanted = phrases(query)
    if not wanted or limit < 1:
        return []
    scores = textindex.find(conn, wanted, 4 * limit + 20)
    texts = (
        select(
            Copy.id, Copy.story_id, Story.ulid, Revision.title, Revision.text, Revision.published, Source.name
        )
        .join(Story, Story.id == Copy.story_id)
        .join(Revision, Revision.id == Copy.revision_id)
        .join(Source, Source.id == Copy.source_id)
        .where(dialect.within(conn, Copy.id, scores))
    )
    best: dict[int, AnyRow] = {}
    for row in sorted(conn.execute(texts), key=lambda row: (-scores[row.id], row.id)):
        best.setdefault(row.story_id, row)
    return [_hit(row, wanted, scores[row.id]) for row in list(best.values())[:limit]]


def _hit(row: AnyRow, wanted: list[list[str]], score: float) -> Hit:
    return Hit(
        story=row.ulid,
        story_id=row.story_id,
        copy_id=row.id,
        source=row.name,
        title=row.title,
        published=row.published,
        snippet=snippet(row.text, wanted),
        score=score,
    )


def snippet(text: str, wanted: list[list[str]]) -> str:
    """About thirty words of the text around the first thing asked for that occurs in it."""
    shown = one_line(text).split(" ")
    places: dict[str, int] = {}
    for at, printed in enumerate(shown):
        for word in words(printed):
            places.setdefault(word, at)
    first = next((places[phrase[0]] for phrase in wanted if phrase[0] in places), 0)
    start = max(0, min(first - SNIPPET // 3, len(shown) - SNIPPET))
    end = start + SNIPPET
    return ("… " if start else "") + " ".join(shown[start:end]) + (" …" if end < len(shown) else "")


def unindexed(conn: Connection) -> list[int]:
    """Copies whose current text is neither in the index nor on the way there."""
    held = select(TextIndexed.copy_id).where(
        TextIndexed.copy_id == Copy.id, TextIndexed.revision_id == Copy.revision_id
    )
    queued = select(schema.TextQueue.copy_id).where(TextQueue.copy_id == Copy.id)
    return list(conn.scalars(select(Copy.id).where(~held.exists(), ~queued.exists()).order_by(Copy.id)))
