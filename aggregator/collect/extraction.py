"""The article of a web page, and what the page says of it, found in a process of its own.

What a hostile page costs an extractor nobody knows beforehand. One process serves many pages, since loading the
extractor takes half a second; it ends with the context that it belongs to.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from ..errand import Page, ReadPage
from ..errors import ConfigurationError, Temporary

LONGEST = 30  # seconds; the process has fewer of CPU
NEEDED = ("trafilatura", "protego")


def check_installed() -> None:
    """Raises ConfigurationError where the libraries for reading pages are missing."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise ConfigurationError(
            f"`full_text` needs {' and '.join(missing)}: pip install 'aggregator[pages]'", code="no-extractor"
        )


class Extractor:
    """One process, begun with the first page, and anew when it was ended."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def read(self, body: bytes, content_type: str, url: str) -> Page:
        """Raises Temporary if the page costs more than it may."""
        async with self._turn:
            try:
                async with asyncio.timeout(LONGEST):
                    return await self._ask(pickle.dumps((body, content_type, url)))
            except (TimeoutError, EOFError, OSError) as error:
                await self._end()
                raise Temporary(f"{url} takes too much time or memory to read", code="too-complex") from error
            except asyncio.CancelledError:
                await self._end()
                raise

    async def _ask(self, request: bytes) -> Page:
        process = self._process = self._process or await _begin()
        assert process.stdin
        assert process.stdout
        process.stdin.write(len(request).to_bytes(8, "big") + request)
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(8), "big")
        page: Page = pickle.loads(await process.stdout.readexactly(length))
        return page

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process and process.returncode is None:
            process.kill()
            await process.wait()

    async def close(self) -> None:
        async with self._turn:
            await self._end()


@contextmanager
def page_reader() -> Iterator[ReadPage]:
    """The same for those who live in no event loop; begun with the first page."""
    extractor = Extractor()
    with asyncio.Runner() as runner:

        def read(body: bytes, content_type: str, url: str) -> Page:
            check_installed()
            return runner.run(extractor.read(body, content_type, url))

        try:
            yield read
        finally:
            runner.run(extractor.close())


async def _begin() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator.collect.extractor"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # Ctrl-C is for us: we end what we began
    )
