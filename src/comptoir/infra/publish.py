"""A file appears under its name whole and durable, or not at all."""

import os
from pathlib import Path


def publish(draft: Path, path: Path, *, replace: bool = False) -> None:
    """Give `draft`, written and closed, its name `path` in the same folder.

    Raises:
        FileExistsError: there is such a file, and it is not to be replaced.
    """
    _sync(draft)
    if replace:
        draft.replace(path)
    else:
        _rename_new(draft, path)
    _sync(path.parent)


def _rename_new(draft: Path, path: Path) -> None:
    """A link never replaces a file. Where there are no links, looking first has to do."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        if path.exists():
            raise FileExistsError(None, "is there already", str(path)) from None
        draft.rename(path)
    else:
        draft.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
