"""Generated calls of every documented operation: no 5xx, and answers that the documents describe.

The documents are the running server's. What names a store, a row or a job is mostly one that is
there, so that calls get past the door; the rest is schemathesis's.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from comptoir.app.wiring import all_endpoints
from comptoir.infra.http.documents import documents
from comptoir.infra.http.endpoint import Endpoint
from comptoir.infra.http.openapi import operation_id
from tests.conftest import SLICE, VERIFY
from tests.contract.strangers import FIRST, Strangers, linked
from tests.contract.strangers import strangers as prepared
from tests.server import PATIENCE

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 100 if VERIFY else 8
CALLS = settings(
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ENDPOINTS = {operation_id(e): e for e in all_endpoints()}
OLD = ("v7 store", "legacy store", "legacy owner")
ACCESS = {"store": "foreign", "vendor": "mine", **dict.fromkeys((*OLD, "any store"), "foreign")}
"""Whose operations they are → the store they are about. What one changes is not the other's."""


class Documents:
    """The server's own, as schemathesis reads them."""

    def __init__(self, there: Strangers) -> None:
        self.there = there
        self.operations: dict[str, APIOperation[Any, Any, Any, Any]] = {}
        for name in documents(all_endpoints(), "").openapi:
            found = there.world.get(f"/openapi/{name}.json", "").json
            for result in schemathesis.openapi.from_dict(found).get_all_operations():
                operation = result.ok()
                self.operations[operation.definition.raw["operationId"]] = operation


@pytest.fixture(scope="module", params=SLICE)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Documents]:
    with prepared(request.param, tmp_path_factory.mktemp("generated")) as there:
        yield Documents(there)


def seeded(case: Case, there: Strangers, endpoint: Endpoint) -> None:
    """Put in what is there, by the names of path parameters and of the body's members."""
    store = there.stores[ACCESS.get(endpoint.access.value, "mine")]
    known = {**there.values(store), **there.credentials(store)}
    for name in case.path_parameters or {}:
        if name == "id":
            case.path_parameters[name] = there.row(endpoint, store)
        elif name in known:
            case.path_parameters[name] = known[name]
    if "X-Shop-Id" in case.headers:
        case.headers["X-Shop-Id"] = store.shop_id
    if operation_id(endpoint) == "revokeToken":  # the others go on with theirs
        made = {"clientId": store.client_id, "clientSecret": store.client_secret}
        known["token"] = there.world.store_token({**made, "cloudShopId": store.shop_id})
    if isinstance(case.body, dict):
        # A form's members are optional one by one; without credentials none gets anywhere.
        members = endpoint.body["properties"] if isinstance(endpoint.body, dict) else case.body
        case.body.update({name: known[name] for name in list(members) if name in known})


def modes(endpoint: Endpoint) -> dict[GenerationMode, int]:
    """How to generate, and the share of the examples: against the document too, where that can be
    done (a name in the path is a text, whatever it is)."""
    found = {GenerationMode.POSITIVE: 1}
    asked = [p for p in endpoint.params if p.where == "query"]
    if asked or endpoint.body is not None:
        found[GenerationMode.NEGATIVE] = 2
    return found


@pytest.mark.parametrize("name", ENDPOINTS)
def test_generated_calls(served: Documents, name: str) -> None:
    there, endpoint, operation = served.there, ENDPOINTS[name], served.operations[name]
    kind, foreign = endpoint.access.value, there.stores["foreign"]
    if kind in OLD:  # one of them ends the link
        linked(there.world, foreign)
    tokens = {
        "store": foreign.token,
        "any store": foreign.token,
        "vendor": there.vendors[FIRST],
        "user": there.people["mine"],
        **foreign.old,
    }
    token = tokens.get(kind, "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    base = f"http://127.0.0.1:{there.world.port}"
    met: Counter[int] = Counter()

    def call(case: Case, known: bool) -> None:
        if known:
            seeded(case, there, endpoint)
            case.headers.pop("Authorization", None)
        answer = case.call(base_url=base, headers=headers, timeout=PATIENCE)
        met[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    for mode, share in modes(endpoint).items():
        generated = given(
            case=operation.as_strategy(generation_mode=mode),
            known=st.sampled_from([True] * 7 + [False]),
        )
        settings(CALLS, max_examples=EXAMPLES // share)(generated(call))()
    refused = met[401] + met[403]
    assert refused <= sum(met.values()) / 2, met


def test_an_answer_that_the_document_does_not_describe_is_caught(served: Documents) -> None:
    found = served.there.world.get("/openapi/accounts.json", "").json
    described = found["paths"]["/accounts/healthcheck"]["get"]["responses"]
    base = f"http://127.0.0.1:{served.there.world.port}"
    for answers in (
        {"204": {"description": "Nothing."}},
        {"200": {"description": "x", "content": {"text/plain": {}}}},
        {"200": {"description": "x", "content": {"application/json": {"schema": NOT_IT}}}},
    ):
        described.clear()
        described.update(answers)
        operation = schemathesis.openapi.from_dict(found)["/accounts/healthcheck"]["GET"]
        with pytest.raises(FailureGroup):
            case = operation.Case()
            case.validate_response(case.call(base_url=base, timeout=PATIENCE), checks=CHECKS)


NOT_IT = {"type": "object", "required": ["nothing"]}
