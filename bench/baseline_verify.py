"""Baseline: bare RS256 verification of tokens, and their claims.

    python baseline_verify.py JOB

JOB is a pickle: {"keys": [JWK…], "rounds": [[token…]…], "audience": text}. Verifies a round of
tokens for each line it reads and prints the tokens a second.
"""

import base64
import json
import pickle
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def decoded(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"==")


def number(text: str) -> int:
    return int.from_bytes(decoded(text.encode()), "big")


def main(job_file: str) -> None:
    job = pickle.loads(Path(job_file).read_bytes())
    keys = {
        key["kid"]: rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
        for key in job["keys"]
    }
    form, digest = padding.PKCS1v15(), hashes.SHA256()
    for tokens in job["rounds"]:
        sys.stdin.readline()
        started = time.perf_counter()
        for token in tokens:
            plain, _, signature = token.encode().rpartition(b".")
            head, _, body = plain.partition(b".")
            header = json.loads(decoded(head))
            keys[header["kid"]].verify(decoded(signature), plain, form, digest)
            claims = json.loads(decoded(body))
            if header["alg"] != "RS256" or job["audience"] not in claims["aud"]:
                raise ValueError(claims)
            if not claims["nbf"] <= time.time() <= claims["exp"]:
                raise ValueError(claims)
        print(len(tokens) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
