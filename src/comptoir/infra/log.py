"""Structured logs: one JSON object a line on standard error, no secret in it."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

HIDDEN = ("authorization", "token", "secret", "password", "proof", "api_key", "apikey", "cookie")


def _hide(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name sounds like a secret, whoever logged it."""
    for name in entry:
        if any(word in name.lower() for word in HIDDEN):
            entry[name] = "[hidden]"
    return entry


class _Lines(logging.Handler):
    """What libraries log, in the same form as our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        told = {"exc_info": record.exc_info} if record.exc_info else {}
        logger(record.name).log(record.levelno, record.getMessage(), **told)


class _StandardError:
    """Standard error as it is when a line comes, not as it was when logging was set up."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(level: str, stream: TextIO | None = None) -> None:
    target = stream or cast("TextIO", _StandardError())
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Lines()], force=True)


def logger(name: str) -> Any:
    """A logger whose lines carry `part=name`."""
    return structlog.get_logger(part=name)
