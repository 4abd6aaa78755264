"""Baseline: a bare loop of COPY into a temporary table and one upsert from there.

    python baseline_postgresql.py URL JOB

JOB is a pickle: {"table", "columns", "types", "conflict": "ON CONFLICT …", "rounds": [[batch…]…]},
a batch being a list of rows. Runs a round for each line it reads and prints the rows a second.
"""

import pickle
import sys
import time
from pathlib import Path

import psycopg


def main(url: str, job_file: str) -> None:
    job = pickle.loads(Path(job_file).read_bytes())
    table, columns = job["table"], ", ".join(f'"{name}"' for name in job["columns"])
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE TEMPORARY TABLE incoming (LIKE {table}) ON COMMIT DELETE ROWS")
        for batches in job["rounds"]:
            sys.stdin.readline()
            started = time.perf_counter()
            for rows in batches:
                with connection.transaction():
                    copied = f"COPY incoming ({columns}) FROM STDIN (FORMAT BINARY)"
                    with cursor.copy(copied) as copy:
                        copy.set_types(job["types"])
                        for row in rows:
                            copy.write_row(row)
                    cursor.execute(
                        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming"
                        f" {job['conflict']}"
                    )
            print(sum(map(len, batches)) / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
