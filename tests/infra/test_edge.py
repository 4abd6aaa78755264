"""The edge of a real server: ids, logs, metrics, unknown paths, start and end; on both engines."""

import http.client
import json
import re
import socket
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from comptoir.base.clock import SystemClock
from comptoir.base.ids import SystemIds
from comptoir.infra.database import Database
from comptoir.infra.db.tables import audit_log
from comptoir.infra.settings import load
from tests.conftest import SLICE
from tests.eventually import eventually
from tests.server import Server, prepared, running

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
APIS = {
    "/accounts/v1/nothing": "accounts",
    "/oauth2/nothing": "oauth",
    "/raw/v1": "raw",
    "/reporting/v1/nothing": "raw",
    "/sync/v1/nothing": "raw",
    "/collector/nothing": "accounts",
    "/sync-api/nothing": "accounts",
    "/live-sync/v1": "accounts",
    "/": "rfc9457",
    "/nothing/here": "rfc9457",
}


@pytest.fixture(scope="module", params=SLICE)
def comptoir(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param) as made:
        yield made


def in_log(server: Server, request_id: str) -> dict[str, object]:
    """The log's line of the request that was sent with this id. It follows the answer."""

    def found() -> list[dict[str, object]]:
        lines = [json.loads(text) for text in server.log_text.splitlines() if request_id in text]
        return [dict(line) for line in lines if line["event"] == "request"]

    (line,) = eventually(found)
    return line


def test_health(comptoir: Server) -> None:
    answer = comptoir.get("/healthz")

    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert answer.header("Content-Type") == "application/json"


def test_a_callers_request_id_is_echoed_and_logged(comptoir: Server) -> None:
    mine = "0b5e7c1e-6d0a-4c39-9a39-3b8f4c0d2a11"
    answer = comptoir.get("/accounts/healthcheck", headers={"X-Request-ID": mine})
    assert answer.header("X-Request-ID") == mine
    line = in_log(comptoir, mine)
    assert line["request_id"] == mine
    assert (line["method"], line["route"], line["status"]) == ("GET", "/accounts/healthcheck", 200)


def test_a_request_id_that_could_harm_the_log_is_replaced(comptoir: Server) -> None:
    for wrong in ("a b", 'x"y', "x" * 129, "é", ""):
        headers = {"X-Request-ID": wrong.encode("utf-8").decode("latin-1")}
        echoed = comptoir.get("/healthz", headers=headers).header("X-Request-ID")
        assert echoed is not None and UUID.fullmatch(echoed)


def test_every_answer_has_an_id_refusals_too(comptoir: Server) -> None:
    for path in APIS:
        echoed = comptoir.get(path).header("X-Request-ID")
        assert echoed is not None and UUID.fullmatch(echoed)


def test_the_request_id_goes_into_the_audit_log(comptoir: Server) -> None:
    mine = "audit-me-1"
    described = {"frontendUrl": "http://127.0.0.1:1/audit"}
    path = "/accounts/v1/shop-identities"
    assert comptoir.post(path, described, headers={"X-Request-ID": mine}).status == 201
    assert in_log(comptoir, mine)["status"] == 201
    settings = load(environ=comptoir.environ)
    database = Database(settings.database, SystemClock(), SystemIds())
    with database.reading() as db:
        query = sa.select(audit_log.c.action).where(audit_log.c.request_id == mine)
        assert db.execute(query).scalars().all() == ["store.created"]
    database.close()


@pytest.mark.parametrize("path", APIS)
def test_unknown_paths_answer_in_the_shape_of_their_api(comptoir: Server, path: str) -> None:
    answer = comptoir.get(path)
    found = answer.json

    assert answer.status == 404
    if APIS[path] == "accounts":
        assert set(found) == {"error", "message"} and found["error"] == "not_found"
    elif APIS[path] == "oauth":
        assert set(found) == {"error", "error_description"}
    elif APIS[path] == "raw":
        assert set(found) == {"code", "message", "statusText", "data", "error"}
        assert (found["code"], found["data"]) == ("404", {"status": 404})
    else:
        assert answer.header("Content-Type") == "application/problem+json"
        assert (found["status"], found["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/accounts/v1/shop-identities", "POST"),
        ("GET", "/oauth2/token", "POST"),
        ("POST", "/healthz", "GET"),
        ("PATCH", "/accounts/v1/shops/1/consents/m", "GET"),
        ("PROPFIND", "/metrics", "GET"),
    ],
)
def test_unknown_methods_are_405_and_say_what_is_allowed(
    comptoir: Server, method: str, path: str, allowed: str
) -> None:
    answer = comptoir.request(method, path)

    assert answer.status == 405
    assert allowed in (answer.header("Allow") or "")
    assert "method_not_allowed" in answer.text


def test_a_path_with_several_methods_allows_all_of_them(comptoir: Server) -> None:
    answer = comptoir.request("PATCH", "/accounts/v1/shops/1/consents/m")

    allowed = (answer.header("Allow") or "").replace(" ", "").split(",")
    assert {"GET", "PUT", "DELETE"} <= set(allowed)


def test_head_is_answered_without_a_body(comptoir: Server) -> None:
    answer = comptoir.request("HEAD", "/accounts/healthcheck")

    assert (answer.status, answer.body) == (200, b"")


def test_nothing_says_what_software_it_is(comptoir: Server) -> None:
    assert comptoir.get("/healthz").header("Server") is None


def test_expect_100_continue_is_answered(comptoir: Server) -> None:
    with socket.create_connection(("127.0.0.1", comptoir.port), timeout=10) as connection:
        connection.sendall(
            b"POST /accounts/v1/shop/token/verify HTTP/1.1\r\nHost: x\r\n"
            b"Expect: 100-continue\r\nContent-Length: 13\r\n\r\n"
        )
        assert connection.recv(1024).startswith(b"HTTP/1.1 100")
        connection.sendall(b'{"token":"x"}')
        assert b" 401 " in connection.recv(1024).split(b"\r\n")[0]


def test_bodies_have_a_limit(comptoir: Server) -> None:
    large = b'{"frontendUrl":"' + b"x" * (1 << 20) + b'"}'
    answer = comptoir.request("POST", "/accounts/v1/shop-identities", body=large)
    assert (answer.status, answer.json["error"]) == (413, "infra.body_too_large")
    answer = comptoir.request("POST", "/oauth2/token", body=b"a=" + b"x" * 65536)
    assert (answer.status, answer.json["error"]) == (413, "infra.body_too_large")


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"null", b'{"frontendUrl":7}', b"\xff", b"[" * 100_000, b"{}"]
)
def test_bodies_that_are_no_such_object(comptoir: Server, body: bytes) -> None:
    answer = comptoir.request("POST", "/accounts/v1/shop-identities", body=body)

    assert (answer.status, answer.json["error"]) == (400, "infra.body_unreadable")
    assert len(answer.text) < 500


def test_metrics(comptoir: Server) -> None:
    comptoir.get("/accounts/healthcheck")
    comptoir.get("/some/secret-path")
    comptoir.request("PROPFIND", "/healthz")
    answer = comptoir.get("/metrics")

    assert answer.status == 200
    assert (answer.header("Content-Type") or "").startswith("text/plain")
    counted = (
        'comptoir_http_requests_total{method="GET",route="/accounts/healthcheck",status="200"}'
    )
    assert counted in answer.text
    assert re.search(r"^# TYPE comptoir_http_seconds histogram$", answer.text, re.MULTILINE)
    assert "secret-path" not in answer.text, "a path is not a label: callers would make them up"
    assert "PROPFIND" not in answer.text


def test_every_line_of_the_log_is_an_object_of_known_parts(comptoir: Server) -> None:
    comptoir.get("/healthz")
    assert comptoir.request("BREW", "/healthz").status == 400
    lines = comptoir.log

    assert lines[0]["event"] == "starting"
    assert all({"event", "level", "timestamp", "part"} <= set(line) for line in lines)


def test_no_secret_reaches_the_log(comptoir: Server) -> None:
    proof = "ab" * 32
    store = comptoir.create_identity("http://127.0.0.1:1/quiet")
    token = comptoir.store_token(store)
    vendor = comptoir.cli("vendor", "create", "quiet")
    theirs = comptoir.vendor_token(vendor)
    path = f"/accounts/v1/shop-identities/{store.shop_id}/verify"
    described = {"frontendUrl": "http://127.0.0.1:1/quiet", "proof": proof}
    assert comptoir.post(path, described, token=token).status == 422
    comptoir.post("/accounts/v1/shop/token/verify", {"token": token})
    comptoir.post(f"/accounts/v1/shop/token/verify?token={token}", {"token": "x"})
    comptoir.post("/oauth2/token", form={"client_id": "x", "client_secret": "hunter2hunter2"})
    comptoir.get(f"/nothing/{token}?client_secret={store.client_secret}")
    comptoir.get(f"/raw/v1/{store.shop_id}/products", token=theirs)
    log = eventually(lambda: comptoir.log_text)

    for secret in (
        proof,
        token,
        theirs,
        token.rpartition(".")[2],
        store.client_secret,
        vendor["client_secret"],
        "hunter2hunter2",
    ):
        assert secret not in log


def test_requests_under_way_are_answered_before_the_end(comptoir: Server) -> None:
    """One request has begun, its body is not complete; then SIGTERM; then the rest of the body."""
    connection = http.client.HTTPConnection("127.0.0.1", comptoir.port, timeout=20)
    body = json.dumps({"frontendUrl": "http://127.0.0.1:1/late"}).encode()
    connection.putrequest("POST", "/accounts/v1/shop-identities")
    connection.putheader("Content-Length", str(len(body)))
    connection.putheader("X-Request-ID", "late-1")
    connection.endheaders(body[:10])
    assert comptoir.get("/healthz").status == 200
    process = comptoir.process
    assert process is not None
    process.terminate()
    eventually(lambda: not _listens(comptoir.port))
    connection.send(body[10:])
    assert connection.getresponse().status == 201
    connection.close()
    assert process.wait(20) == 0
    comptoir.process = None
    comptoir.start()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_ends_with_status_0_and_starts_again(comptoir: Server) -> None:
    assert comptoir.stop() == 0
    comptoir.start()
    comptoir.kill()
    comptoir.start()
    assert comptoir.get("/healthz").status == 200


def test_a_service_that_is_off_is_absent() -> None:
    with running(services="accounts") as server:
        assert server.get("/.well-known/openid-configuration").status == 200
        assert server.get("/accounts/healthcheck").status == 200
        for path in ("/raw/v1/x/products", "/reporting/v1/shop-sync-summary/x"):
            assert server.get(path).status == 404
        assert server.post("/sync/v1/sync/trigger", {}).status == 404
        assert server.get("/sync-api/job/x").status == 404
        assert server.get("/openapi/accounts.json").status == 200
        assert server.get("/openapi/cloudsync.json").status == 404
        assert server.get("/postman/raw.json").status == 404
        assert "/raw/v1" not in server.get("/docs").text


def test_a_start_that_cannot_succeed_says_why_and_what_to_do() -> None:
    with prepared() as server:
        for name, value, words in (
            ("COMPTOIR_PROT", "1", "did you mean COMPTOIR_PORT"),
            ("COMPTOIR_SECRET_KEY", "short", "32 characters"),
            ("COMPTOIR_DATABASE_URL", "postgresql://127.0.0.1:1/x", "COMPTOIR_DATABASE_URL"),
            ("COMPTOIR_SERVICES", "acounts", "choose among"),
        ):
            server.environ[name] = value
            done = server.run("serve", "--port", str(server.port))
            del server.environ[name]
            assert done.returncode != 0
            assert words in done.stderr
            assert "Traceback" not in done.stderr
            assert done.stdout == ""


def test_another_key_is_refused_at_the_start() -> None:
    with running(secret_key="a" * 32) as server:
        assert server.get("/.well-known/jwks.json").status == 200
        server.stop()
        server.environ["COMPTOIR_SECRET_KEY"] = "b" * 32
        for command in (["serve", "--port", str(server.port)], ["vendor", "create", "acme"]):
            done = server.run(*command)
            assert done.returncode == 1
            assert "COMPTOIR_SECRET_KEY" in done.stderr
            assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with prepared() as server:
            done = server.run("serve", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr
