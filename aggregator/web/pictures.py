"""Sanitised HTML as a page may show it: pictures and films become links, so that nothing is fetched unasked. Pure."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

from ..url import absolute, host

SHOWN_AS_LINK = {"img": "Picture", "video": "Film", "audio": "Sound", "iframe": "Embedded page"}
DROPPED = {*SHOWN_AS_LINK, "source", "track", "picture", "embed", "object", "svg"}
LABEL = 120  # characters


def without_media(html: str) -> str:
    """All else is passed on to the letter."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.kept)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self.links = 0  # open <a>

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SHOWN_AS_LINK:
            self.kept.append(self._link(tag, dict(attrs)))
        elif tag not in DROPPED:
            self.links += tag == "a"
            self.kept.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.links -= tag == "a"

    def handle_endtag(self, tag: str) -> None:
        if tag not in DROPPED:
            self.links -= tag == "a"
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        self.kept.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.kept.append(f"&#{name};")

    def _link(self, tag: str, said: dict[str, str | None]) -> str:
        """A link never stands within another."""
        address = absolute("", said.get("src") or "")
        if not address:
            return ""
        words = " ".join((said.get("alt") or said.get("title") or host(address)).split())[:LABEL]
        label = f"{SHOWN_AS_LINK[tag]}: {escape(words)}"
        if self.links > 0:
            return f'<span class="media">{label}</span>'
        return f'<a class="media" href="{escape(address)}" rel="noopener noreferrer">{label}</a>'
