"""Problems: facts for programs, a sentence for people."""

from dataclasses import dataclass

import pytest

from comptoir.base import errors


@dataclass(kw_only=True, eq=False)
class Broken(errors.NotFound):
    """Something is not there."""

    code = "base.broken"
    title = "Not there"

    name: str
    size: int = 1


def test_a_problem_knows_its_facts() -> None:
    problem = Broken(name="it")

    assert problem.facts() == {"name": "it", "size": 1}
    assert problem.detail() == "Not there"
    assert str(problem) == "base.broken: Not there"
    assert (problem.status, problem.retry) == (404, errors.Retry.NEVER)


@pytest.mark.parametrize(
    ("kind", "status", "retry"),
    [
        (errors.BadRequest, 400, errors.Retry.NEVER),
        (errors.Unauthorized, 401, errors.Retry.NEVER),
        (errors.Forbidden, 403, errors.Retry.NEVER),
        (errors.NotFound, 404, errors.Retry.NEVER),
        (errors.Conflict, 409, errors.Retry.NEVER),
        (errors.TooLarge, 413, errors.Retry.NEVER),
        (errors.Unprocessable, 422, errors.Retry.NEVER),
        (errors.TooMany, 429, errors.Retry.LATER),
        (errors.Upstream, 502, errors.Retry.LATER),
    ],
)
def test_status_and_retry(kind: type[errors.Problem], status: int, retry: errors.Retry) -> None:
    assert (kind.status, kind.retry) == (status, retry)
