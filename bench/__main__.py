"""`python -m bench [NAME…]`: measures, says what it does, and ends with one JSON object.

Each figure that is a ratio stands beside the absolute figures of both sides. Ours and the baseline
take turns, a round each; the first round of both only warms; the median of five counts.
"""

import json
import os
import platform
import sys

from bench import ingest, reading, tokens

FIGURES = {
    "ingest_sqlite": ingest.sqlite,
    "ingest_postgresql": ingest.postgresql,
    "raw_list": reading.raw_list,
    "memory": reading.memory,
    "token": tokens.token,
    "token_check": tokens.token_check,
}


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(FIGURES))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    result: dict[str, object] = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()}
    }
    for name in names or list(FIGURES):
        print(f"bench: {name}", file=sys.stderr, flush=True)
        found = FIGURES[name]()
        print(f"bench: {name} {json.dumps(found)}", file=sys.stderr, flush=True)
        result.update(found)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
