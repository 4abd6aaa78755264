"""Baseline: bare RS256 signing, each token with an id and times of its own.

    python baseline_sign.py CLAIMS COUNT

CLAIMS is a JSON object. Makes COUNT tokens for each line it reads and prints the tokens a second.
"""

import base64
import json
import sys
import time
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def encoded(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def main(claims: str, count: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, digest = padding.PKCS1v15(), hashes.SHA256()
    head = encoded(b'{"alg":"RS256","typ":"JWT","kid":"baseline"}') + b"."
    told = json.loads(claims)
    while sys.stdin.readline():
        started = time.perf_counter()
        for _ in range(int(count)):
            now = int(time.time())
            told.update(iat=now, nbf=now, exp=now + 3600, jti=str(uuid.uuid4()))
            plain = head + encoded(json.dumps(told, separators=(",", ":")).encode())
            plain + b"." + encoded(key.sign(plain, form, digest))
        print(int(count) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
