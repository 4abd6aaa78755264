"""Baseline: a bare `executemany` upsert into SQLite, one durable transaction a batch.

    python baseline_sqlite.py DATABASE JOB

JOB is a pickle: {"pragmas": [statement…], "sql": upsert, "rounds": [[batch…]…]}, a batch being a
list of rows. Runs a round for each line it reads and prints the rows a second.
"""

import pickle
import sqlite3
import sys
import time
from pathlib import Path


def main(database: str, job_file: str) -> None:
    job = pickle.loads(Path(job_file).read_bytes())
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    for pragma in job["pragmas"]:
        connection.execute(pragma)
    for batches in job["rounds"]:
        sys.stdin.readline()
        started = time.perf_counter()
        for rows in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(job["sql"], rows)
            connection.execute("COMMIT")
        print(sum(map(len, batches)) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
