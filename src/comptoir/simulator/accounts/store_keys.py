"""The RSA key pair of a shop of modules 5 to 7 (spec/accounts.md §2.4)."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from comptoir.simulator.accounts.installation import Shop

PUBLIC_KEY = "PS_ACCOUNTS_RSA_PUBLIC_KEY"
PRIVATE_KEY = "PS_ACCOUNTS_RSA_PRIVATE_KEY"


def public_key(shop: Shop) -> str:
    """PKCS#1, made when first asked for. Its text is the secret that the cloud signs by."""
    if not shop.get(PUBLIC_KEY):
        regenerate(shop)
    return shop.get(PUBLIC_KEY)


def regenerate(shop: Shop) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    shop.put(PUBLIC_KEY, _php(key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    shop.put(PRIVATE_KEY, _php(private))


def _php(pem: bytes) -> str:
    """phpseclib ends lines by CR and LF, and the last one by nothing."""
    return pem.decode().strip().replace("\n", "\r\n")
