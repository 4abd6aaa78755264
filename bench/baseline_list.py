"""Baseline: the bare SQL of a page of 100 rows, and its JSON.

    python baseline_list.py DATABASE SHOP TABLE COLUMNS

COLUMNS are separated by commas. For each line it reads it prints the seconds a page takes.
"""

import sqlite3
import sys
import time

import msgspec

PAGES = 300


def main(database: str, shop: str, table: str, columns: str) -> None:
    connection = sqlite3.connect(database)
    names = columns.split(",")
    quoted = ", ".join(f'"{name}"' for name in names)
    sql = (
        f"SELECT {quoted} FROM {table} WHERE shop_id = ? AND removed_at IS NULL"
        " ORDER BY sort_id LIMIT 100"
    )
    encode = msgspec.json.Encoder().encode
    while sys.stdin.readline():
        started = time.perf_counter()
        for _ in range(PAGES):
            rows = connection.execute(sql, (shop,)).fetchall()
            encode([dict(zip(names, row, strict=True)) for row in rows])
        print((time.perf_counter() - started) / PAGES, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
