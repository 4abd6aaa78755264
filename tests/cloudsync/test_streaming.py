"""Large uploads stream: little memory, and others are served meanwhile."""

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from comptoir.base.clock import monotonic
from comptoir.cloudsync.transport import FormField, Lines
from tests.cloudsync.ground import Store, line, multipart

ROWS = 20_000
WIDE = "x" * 700


def wide(count: int) -> bytes:
    sent = (line("customers", {"id_customer": n, "email_hash": WIDE}) for n in range(1, count + 1))
    return multipart(sent)


def test_a_large_upload_takes_little_memory(shop: Store) -> None:
    run = shop.open("customers", full=True)
    body = wide(ROWS)
    assert len(body) > 15_000_000

    tracemalloc.start()
    try:
        answer = shop.post(f"/collector/upload/{run.run_id}", body)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert answer.json["written"] == ROWS
    assert most < 12_000_000


def test_others_are_served_meanwhile(shop: Store, other: Store) -> None:
    run, theirs = shop.open("customers", full=True), other.open("customers")
    body = wide(ROWS)
    done = threading.Event()

    def send() -> None:
        assert shop.post(f"/collector/upload/{run.run_id}", body).status == 201
        done.set()

    waits: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        while not done.is_set():
            started = monotonic()
            assert other.job(theirs.run_id) == 201
            other.send(theirs, line("customers", {"id_customer": len(waits)}))
            waits.append(monotonic() - started)
        sending.result()

    assert len(waits) > 3
    assert sorted(waits)[len(waits) // 2] < 1.0


def test_a_line_without_end_takes_little_memory(shop: Store) -> None:
    run = shop.open("customers")
    body = multipart([b"x" * (23 << 20)])

    tracemalloc.start()
    try:
        answer = shop.post(f"/collector/upload/{run.run_id}", body)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert answer.json["setAside"] == 1
    assert most < 40_000_000


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["lines", "line", "xlines", "linesx", "", "a=", "é"]),
            st.text("ab &=%+\n0é", max_size=12),
        ),
        max_size=6,
    ),
    st.integers(1, 7),
)
def test_a_form_is_read_however_it_is_cut(fields: list[tuple[str, str]], cut: int) -> None:
    body = urlencode(fields).encode()
    form = FormField(b"lines")
    parts = [body[at : at + cut] for at in range(0, len(body), cut)]

    found = b"".join(form.feed(part) for part in [*parts, b"&"])

    assert found == b"".join(value.encode() for name, value in fields if name == "lines")
    assert form.found == any(name == "lines" for name, _ in fields)


@given(st.text("a \n\r\t", max_size=60), st.integers(1, 9))
def test_blank_lines_are_left_out_and_no_others(text: str, cut: int) -> None:
    lines, body = Lines(), text.encode()
    parts = [body[at : at + cut] for at in range(0, len(body), cut)]

    found = [each for part in parts for each in lines.feed(part)]
    found += lines.end()

    assert [each.strip() for each in found if each.strip()] == [
        each.strip() for each in body.split(b"\n") if each.strip()
    ]
