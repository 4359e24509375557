"""Log lines on stderr: text for people, one JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config import LogSection

_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_QUIETER = ("httpx", "httpcore", "apscheduler", "alembic", "asyncio", "trafilatura", "htmldate")


class JsonLines(logging.Formatter):
    """A record as one JSON object: time, level, logger, message, and whatever was passed as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def set_up(section: LogSection, verbose: int, *, talkative: bool = False) -> None:
    """Log to stderr. A command is quiet but for warnings; the daemon (`talkative`) follows [log] level."""
    configured = section.level.upper() if talkative else "WARNING"
    level = {0: configured, 1: "INFO"}.get(verbose, "DEBUG")
    level = min(logging.getLevelName(level), logging.getLevelName(configured))
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(JsonLines() if section.format == "json" else text)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(max(level, logging.INFO if verbose > 1 else logging.WARNING))
