"""Which configuration file is read, and which folders relative paths in it count from."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_config_path, user_data_path

from ..errors import ConfigurationError

PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Found:
    """A configuration file and why it was chosen; `root` is for sources' paths, `home` for what we write."""

    path: Path
    reason: str
    root: Path
    home: Path


def find(path: Path | None) -> Found:
    """`path`, else $AGGREGATOR_CONFIG, else ./config.toml, else the user's own, else the one we bring along.

    Raises ConfigurationError when a file that was named is not there. What is found by habit may be missing.
    """
    if path is not None:
        return _named(path, "named by --config")
    if said := os.environ.get("AGGREGATOR_CONFIG"):
        return _named(Path(said), "named by $AGGREGATOR_CONFIG")
    if (habit := Path("config.toml")).exists():
        return _named(habit, "found in the current folder")
    if (habit := user_config_path("aggregator") / "config.toml").exists():
        own = _named(habit, "found in the user's configuration folder")
        kept = own.root if (own.root / "archive.db").exists() else user_data_path("aggregator")
        return replace(own, home=_state() or kept)
    default = default_file()
    return Found(
        default, "the default that comes with the program", root=default.parent, home=_state() or Path.cwd()
    )


def default_file() -> Path:
    """The wheel carries the repository's config.toml and seeds in its package; a checkout has them one up."""
    packaged = PACKAGE / "default_config.toml"
    return packaged if packaged.is_file() else PACKAGE.parent / "config.toml"


def _named(path: Path, reason: str) -> Found:
    resolved = path.expanduser().resolve()
    if resolved.is_dir():
        raise ConfigurationError(f"{path} is a folder; name the file in it, such as {path / 'config.toml'}")
    if not resolved.exists():
        raise ConfigurationError(f"there is no configuration file {path} ({reason})")
    return Found(resolved, reason, root=resolved.parent, home=_state() or resolved.parent)


def _state() -> Path | None:
    """The folder that a service manager keeps for us, as systemd does for StateDirectory= (the first, of several)."""
    said = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(said) if said else None
