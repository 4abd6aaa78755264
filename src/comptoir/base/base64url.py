"""Base64url without padding (RFC 7515 §2): of tokens, challenges, credentials, cursors."""

import base64


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """With padding or without it; characters outside the alphabet are passed over.

    Raises:
        ValueError: a length that no bytes have, or a text that is not ASCII.
    """
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
