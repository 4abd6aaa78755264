"""What the cloud refused, and how the module tells it."""

import json
from typing import Any


class StoreError(Exception):
    """The server refused a step of the store's; `answer` is what it said.

    Status 0: the store itself could not take the step.
    """

    def __init__(self, step: str, status: int, answer: str) -> None:
        super().__init__(f"{step}: {status} {answer[:500]}")
        self.step = step
        self.status = status
        self.answer = answer

    @property
    def told(self) -> dict[str, Any]:
        """The error object; what is no JSON object counts as an empty one (§1.1)."""
        try:
            found = json.loads(self.answer)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str:
        """`error`, unless it is no string."""
        code = self.told.get("error")
        return code if isinstance(code, str) else "unknown-error"

    @property
    def message(self) -> str:
        message = self.told.get("message")
        return message if isinstance(message, str) else ""

    @property
    def details(self) -> str:
        """What the merchant reads (§1.1)."""
        response, reason = self.told.get("response"), self.told.get("reason")
        if isinstance(response, dict):
            data = response.get("data")
            shown = data if isinstance(data, str) else json.dumps(data)
            return f"{response.get('status', '')} {shown}"
        return reason if isinstance(reason, str) else ""


class AccountsError(StoreError):
    """The accounts API said no."""


class OAuthError(StoreError):
    """The authorization server said no."""


class LocalError(StoreError):
    """The module itself says no, before any call."""

    def __init__(self, step: str, message: str) -> None:
        super().__init__(step, 0, message)
