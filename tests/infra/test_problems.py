"""Problems on the wire: one shape per API."""

import json
from dataclasses import dataclass

import pytest

from comptoir.base.errors import NotFound, Unauthorized
from comptoir.infra.http import problems
from comptoir.infra.http.rate import RateLimited


@dataclass(kw_only=True, eq=False)
class Gone(NotFound):
    """It is gone."""

    code = "tests.gone"
    title = "Gone"

    shop_id: str
    reason: str = "because"

    def detail(self) -> str:
        return f"There is no {self.shop_id}."


class Refused(Unauthorized):
    """No."""

    code = "invalid_client"
    title = "No"


def shown(path: str) -> tuple[str, dict[str, object]]:
    answer = problems.respond(path, Gone(shop_id="s"))
    assert answer.status_code == 404
    return answer.headers["content-type"], json.loads(bytes(answer.body))


ACCOUNTS = {"error": "tests.gone", "message": "There is no s.", "reason": "because"}
RAW = {
    "code": "404",
    "message": "There is no s.",
    "statusText": "Not Found",
    "data": {"status": 404},
    "error": "tests.gone",
}


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        *(
            (path, "application/json", ACCOUNTS)
            for path in (
                "/accounts/v1/x",
                "/sync-api/job/1",
                "/collector/upload/1",
                "/live-sync/v1",
            )
        ),
        *((path, "application/json", RAW) for path in ("/raw/v1/x", "/reporting/v1", "/sync/v1")),
        (
            "/oauth2/token",
            "application/json",
            {"error": "tests.gone", "error_description": "There is no s."},
        ),
        *(
            (
                path,
                "application/problem+json",
                {
                    "type": "/problems/tests.gone",
                    "title": "Gone",
                    "status": 404,
                    "detail": "There is no s.",
                    "code": "tests.gone",
                    "shop_id": "s",
                    "reason": "because",
                },
            )
            for path in ("/", "", "/other", "/accountsx", "//billing/v1", "/openapi/raw.json")
        ),
    ],
)
def test_shapes(path: str, kind: str, expected: dict[str, object]) -> None:
    assert shown(path) == (kind, expected)


def test_a_401_says_how_to_authenticate() -> None:
    assert problems.respond("/x", Refused()).headers["www-authenticate"] == 'Basic realm="comptoir"'
    assert "www-authenticate" not in problems.respond("/x", Gone(shop_id="s")).headers


def test_a_429_says_when_to_come_back() -> None:
    answer = problems.respond("/accounts/x", RateLimited(retry_after=7))

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
