"""The two ceremonies of Web Authentication, by the `webauthn` library: what the browser is asked
for, and whether its answer fits. Loaded late (`passkeys.py`): the library takes long to load."""

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from comptoir.accounts.people.rules import User

NO_ANSWER = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    RecursionError,
    msgspec.DecodeError,
)
"""What is raised over an answer that is none."""


def creation(host: str, user: User, known: list[str], challenge: bytes) -> str:
    """Options of `navigator.credentials.create`, as JSON. `known`: ids of the person's passkeys."""
    options = webauthn.generate_registration_options(
        rp_id=host,
        rp_name="Comptoir",
        user_id=user.user_id.encode(),
        user_name=user.email,
        user_display_name=user.name or user.email,
        challenge=challenge,
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(key)) for key in known
        ],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return webauthn.options_to_json(options)


def request(host: str, challenge: bytes) -> str:
    """Options of `navigator.credentials.get`, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=host,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def made(host: str, origin: str, challenge: bytes, answer: str) -> tuple[bytes, bytes, int] | None:
    """Id, public key and count of a new passkey; None when the answer does not fit."""
    try:
        done = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except NO_ANSWER:
        return None
    return done.credential_id, done.credential_public_key, done.sign_count


def signed(
    host: str, origin: str, challenge: bytes, answer: str, public_key: bytes, count: int
) -> int | None:
    """The new count of a passkey that signed; None when the answer does not fit."""
    try:
        done = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=count,
            require_user_verification=True,
        )
    except NO_ANSWER:
        return None
    return done.new_sign_count
