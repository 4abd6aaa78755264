"""The failures this server tells its callers about.

    Problem                 status  retry
    ├── BadRequest             400  never
    ├── Unauthorized           401  never
    ├── Forbidden              403  never
    ├── NotFound               404  never
    ├── Conflict               409  never
    ├── TooSlow                408  later
    ├── TooLarge               413  never
    ├── Unsupported            415  never
    ├── Unprocessable          422  never
    ├── TooMany                429  later
    ├── HeadersTooLarge        431  never
    ├── Upstream               502  later
    └── Unavailable            503  later

A `Problem` is a fact the caller can act upon; anything else is a bug and becomes a bare 500.
`status` is read by the HTTP edge, `retry` by the worker. The two never look at messages.
How a problem looks on the wire depends on the API: `infra/http/problems.py`.
"""

from dataclasses import dataclass, fields
from enum import Enum
from typing import ClassVar


class Retry(Enum):
    NEVER = "never"
    LATER = "later"


@dataclass(kw_only=True, eq=False)
class Problem(Exception):
    """Base of every failure with a documented `code`. Raise a leaf, never this."""

    status: ClassVar[int]
    retry: ClassVar[Retry] = Retry.NEVER
    code: ClassVar[str]
    title: ClassVar[str]

    def facts(self) -> dict[str, object]:
        """What the instance knows, by field name. Goes on the wire and into the log."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def detail(self) -> str:
        """One sentence for a person: what is wrong and what to do."""
        return self.title

    def __str__(self) -> str:
        return f"{self.code}: {self.detail()}"


class BadRequest(Problem):
    status = 400


class Unauthorized(Problem):
    status = 401


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    status = 409


class TooSlow(Problem):
    status = 408
    retry = Retry.LATER


class TooLarge(Problem):
    status = 413


class Unsupported(Problem):
    status = 415


class Unprocessable(Problem):
    status = 422


class TooMany(Problem):
    status = 429
    retry = Retry.LATER


class HeadersTooLarge(Problem):
    status = 431


class Upstream(Problem):
    status = 502
    retry = Retry.LATER


class Unavailable(Problem):
    status = 503
    retry = Retry.LATER
