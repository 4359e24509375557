"""The short line under a story's text: whose words they are, and who else printed them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..model import Facts
from ..text import one_line


def footer(facts: Facts, own: str, others: Sequence[tuple[str, str]], more: int, page: str) -> str:
    """HTML: agency, place and credits; then whose copy this is, "also in" each (name, URL), the story's page."""
    lines = [_said(facts), _printed(own, others, more, page)]
    return "".join(f"<p><small>{line}</small></p>" for line in lines if line)


def _said(facts: Facts) -> str:
    """ "Reuters, Cairo. Reporting by A and B; editing by C." """
    where = ", ".join(filter(None, (one_line(facts.agency), one_line(facts.place))))
    roles = (("reporting", facts.reporting), ("writing", facts.writing), ("editing", facts.editing))
    credit = "; ".join(f"{role} by {_and(names)}" for role, names in roles if _and(names))
    return " ".join(escape(part) + "." for part in (where, credit[:1].upper() + credit[1:]) if part)


def _printed(own: str, others: Sequence[tuple[str, str]], more: int, page: str) -> str:
    if not others:
        return ""
    named = ", ".join(f'<a href="{escape(url)}">{escape(name)}</a>' for name, url in others)
    why = f'<a href="{escape(page)}">Every copy, and why they are one story</a>'
    return f"As printed in {escape(own)}. Also in {named}{f' and {more} more' if more else ''}. {why}."


def _and(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"; "" for nobody."""
    known = [name for name in map(one_line, names) if name]
    return " and ".join(filter(None, (", ".join(known[:-1]), *known[-1:])))
