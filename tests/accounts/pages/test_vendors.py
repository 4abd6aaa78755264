"""Vendors on the pages: registered by people, seen by members, managed by admins, ended by owners;
secrets are shown once."""

import re
from dataclasses import dataclass

import pytest

from comptoir.accounts.people.members import set_role
from comptoir.accounts.people.rules import Role
from tests.accounts.pages.browser import Browser, Person, forms, links, person, signed_in, words
from tests.accounts.pages.opened import opened
from tests.oauth.calls import ask_as_vendor, claims_of, refused
from tests.server import Answer, Server, basic, running

HERE = "/account/vendors"
SECRET = re.compile(r'id="client_secret" value="([^"]+)"')
CLIENT = re.compile(r'id="client_id" value="([^"]+)"')


@dataclass(frozen=True)
class Somebody:
    person: Person
    browser: Browser


def somebody(server: Server, name: str) -> Somebody:
    made = person(server, f"{name}@vendors.example", name.title())
    return Somebody(made, signed_in(server, made))


def register(browser: Browser, name: str) -> Answer:
    return browser.submit(browser.get(HERE), HERE, name=name)


def credentials(answer: Answer, vendor: str = "") -> dict[str, str]:
    """What a page shows once."""
    assert answer.status == 200, words(answer)
    assert answer.header("cache-control") == "no-store"
    (client_id,), (secret,) = CLIENT.findall(answer.text), SECRET.findall(answer.text)
    return {"vendor": vendor, "client_id": client_id, "client_secret": secret}


def registered(browser: Browser, name: str) -> dict[str, str]:
    return credentials(register(browser, name), name)


def token_status(server: Server, vendor: dict[str, str]) -> int:
    return ask_as_vendor(server, vendor).status


def organisation_of(server: Server, vendor: str) -> str:
    made = server.quick_cli("audit", "list", "--action", "vendor.created", "--limit", "10000")
    (found,) = [e["organisation"] for e in made if e["facts"]["vendor"] == vendor]
    return str(found)


def test_a_person_registers_a_vendor_and_gets_a_token(comptoir: Server) -> None:
    ada = somebody(comptoir, "ada")
    vendor = registered(ada.browser, "ada-tools")

    assert token_status(comptoir, vendor) == 200
    page = ada.browser.get(f"{HERE}/ada-tools")
    assert vendor["client_id"] in page.text
    assert f"{HERE}/ada-tools" in links(ada.browser.get(HERE))
    assert vendor["client_secret"] not in page.text + ada.browser.get(HERE).text


def test_a_form_that_comes_twice_makes_and_shows_nothing_more(comptoir: Server) -> None:
    bea = somebody(comptoir, "bea")
    page = bea.browser.get(HERE)
    (form,) = [form for form in forms(page) if form.action == HERE]
    sent = {**form.fields, "name": "bea-tools"}
    vendor = credentials(bea.browser.request("POST", HERE, form=sent), "bea-tools")

    again = bea.browser.request("POST", HERE, form=sent)
    assert again.status == 409
    assert vendor["client_secret"] not in again.text
    assert "sent already" in words(again)

    client = f"{HERE}/bea-tools/clients/{vendor['client_id']}"
    (form,) = [f for f in forms(bea.browser.get(client)) if f.action == f"{client}/rotate"]
    rotated = credentials(bea.browser.request("POST", f"{client}/rotate", form=form.fields), "x")
    again = bea.browser.request("POST", f"{client}/rotate", form=form.fields)
    assert again.status == 409
    assert rotated["client_secret"] not in again.text
    assert token_status(comptoir, {**rotated, "vendor": "bea-tools"}) == 200
    other = somebody(comptoir, "bert")
    stolen = other.browser.post(HERE, {**form.fields, "form_token": other.browser.form_token()})
    assert stolen.status == 409, "a form is good for the person whose page it is on"


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "é", "a" * 65, "a/b"])
def test_names_that_no_vendor_can_have(comptoir: Server, name: str) -> None:
    mine = signed_in(comptoir, _once(comptoir, "names"))
    answer = register(mine, name)
    assert answer.status == 400
    assert "1 to 64 letters" in words(answer)


def _once(server: Server, name: str) -> str:
    address = f"{name}@vendors.example"
    if address not in [user["email"] for user in server.quick_cli("user", "list")]:
        person(server, address)
    return address


def test_a_taken_name_is_refused_and_nothing_of_it_is_given(comptoir: Server) -> None:
    comptoir.quick_cli("vendor", "create", "taken-live")
    comptoir.quick_cli("vendor", "create", "taken-test", "--mode", "test")
    cleo = somebody(comptoir, "cleo")
    for name in ("taken-live", "taken-test"):
        answer = register(cleo.browser, name)
        assert answer.status == 409
        assert name in words(answer)
        assert cleo.browser.get(f"{HERE}/{name}").status == 404


def test_an_organisation_registers_a_handful_a_day(comptoir: Server) -> None:
    dora = somebody(comptoir, "dora")
    for number in range(5):
        registered(dora.browser, f"dora-{number}")
    answer = register(dora.browser, "dora-5")
    assert answer.status == 429
    assert "24 hours" in words(answer)
    registered(somebody(comptoir, "dorian").browser, "dora-5")


def test_a_vendor_of_others_answers_as_one_that_there_is_not(comptoir: Server) -> None:
    emma, flo = somebody(comptoir, "emma"), somebody(comptoir, "flo")
    vendor = registered(emma.browser, "emma-tools")
    registered(flo.browser, "flo-tools")
    client = vendor["client_id"]
    gets = ("", "/end", "/modules", "/applications", f"/clients/{client}", "/log")
    posts = {
        "/clients": {"mode": "test"},
        f"/clients/{client}/rotate": {"overlap": "0"},
        f"/clients/{client}/scopes": {"scope.raw.read": "1"},
        f"/clients/{client}/revoke": {},
        f"/clients/{client}/delete": {},
        "/modules": {"module": "emma_m"},
        "/applications": {"redirect_uris": "https://emma.example/cb"},
        f"/applications/{client}": {"redirect_uris": "https://emma.example/cb"},
        "/end": {"name": "emma-tools"},
    }
    for path in gets:
        theirs, none = (flo.browser.get(f"{HERE}/{n}{path}") for n in ("emma-tools", "no-such"))
        assert theirs.status == none.status == 404, path
        assert words(theirs) == words(none)
    for path, form in posts.items():
        theirs, none = (flo.browser.post(f"{HERE}/{n}{path}", form) for n in ("emma-tools", "none"))
        assert theirs.status == none.status == 404, path
        assert words(theirs) == words(none)
        if client in path:  # through a vendor of one's own
            own = flo.browser.post(f"{HERE}/flo-tools{path}", {**form, "once": _nonce(flo.browser)})
            assert own.status == 404, path
    assert flo.browser.get(f"{HERE}/flo-tools/clients/{client}").status == 404
    assert flo.browser.get(f"{HERE}/flo-tools/clients/%00").status == 404
    assert flo.browser.get(f"{HERE}/flo-tools/modules/%00").status == 404
    assert flo.browser.get(f"{HERE}/%00").status == 404
    assert token_status(comptoir, vendor) == 200
    nobody = Browser(comptoir).get(f"{HERE}/emma-tools")
    assert (nobody.status, nobody.header("location")) == (
        303,
        f"/account/sign-in?next={HERE.replace('/', '%2F')}%2Femma-tools",
    )


def _nonce(browser: Browser) -> str:
    return next(f.fields["once"] for f in forms(browser.get(HERE)) if "once" in f.fields)


Given = tuple[dict[str, str], dict[str, Somebody]]


@pytest.fixture(scope="module")
def given(comptoir: Server) -> Given:
    """A vendor of the operator's, with a person of each role in its organisation."""
    vendor = comptoir.quick_cli("vendor", "create", "shared-tools")
    people = {role: somebody(comptoir, f"the-{role}") for role in ("owner", "admin", "member")}
    for role, who in people.items():
        comptoir.quick_cli("vendor", "give", "shared-tools", "--email", who.person.email.upper())
        _set_role(comptoir, "shared-tools", who.person.user_id, role)
    return vendor, people


def _set_role(server: Server, vendor: str, user_id: str, role: str) -> None:
    """As an owner does on the pages of the organisation."""
    organisation_id = organisation_of(server, vendor)
    with opened(server) as context, context.db.begin("tests") as work:
        set_role(work.db, organisation_id, user_id, Role(role))


def test_the_operator_gives_a_vendor_to_a_user(comptoir: Server, given: Given) -> None:
    assert "shared-tools" in words(given[1]["owner"].browser.get(HERE))
    wrong = comptoir.quick("vendor", "give", "shared-tools", "--email", "nobody@vendors.example")
    assert wrong.returncode == 1
    assert "has no account" in wrong.stderr
    wrong = comptoir.quick("vendor", "give", "none", "--email", given[1]["owner"].person.email)
    assert "There is no vendor none" in wrong.stderr


@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_what_each_role_may_do(comptoir: Server, given: Given, role: str) -> None:
    vendor, people = given
    mine = people[role].browser
    one = f"{HERE}/shared-tools"
    client = f"{one}/clients/{vendor['client_id']}"
    manages = role != "member"
    for path in (one, client, f"{one}/log"):
        assert mine.get(path).status == 200, path
    for path in (f"{one}/modules", f"{one}/applications"):
        assert mine.get(path).status == (200 if manages else 403), path
    actions = {form.action for form in forms(mine.get(client))}
    assert (f"{client}/rotate" in actions) is manages
    made = mine.post(f"{one}/modules", {"module": f"shared_{role}"})
    assert made.status == (303 if manages else 403)
    assert mine.post(f"{client}/scopes", {"scope.raw.read": "1"}).status == made.status
    if not manages:
        form = {"once": _nonce(mine), "overlap": "0"}
        assert mine.post(f"{client}/rotate", form).status == 403
        assert mine.post(f"{client}/revoke", {}).status == 403
        assert token_status(comptoir, vendor) == 200
    assert mine.get(f"{one}/end").status == (200 if role == "owner" else 403)
    assert mine.post(f"{one}/end", {"name": "wrong"}).status == (400 if role == "owner" else 403)
    assert mine.post(f"{client}/delete", {}).status == (404 if role == "owner" else 403)


def test_the_client_of_the_other_mode_is_made_once(comptoir: Server) -> None:
    gus = somebody(comptoir, "gus")
    registered(gus.browser, "gus-tools")
    one = f"{HERE}/gus-tools"
    page = gus.browser.get(one)
    made = credentials(gus.browser.submit(page, f"{one}/clients"), "gus-tools")

    assert made["client_id"].startswith("v_test_")
    assert token_status(comptoir, made) == 200
    assert f"{one}/clients" not in [form.action for form in forms(gus.browser.get(one))]
    again = gus.browser.post(f"{one}/clients", {"mode": "test", "once": _nonce(gus.browser)})
    assert again.status == 409
    odd = gus.browser.post(f"{one}/clients", {"mode": "odd", "once": _nonce(gus.browser)})
    assert odd.status == 400


def test_a_client_is_limited_to_some_apis(comptoir: Server) -> None:
    hal = somebody(comptoir, "hal")
    vendor = registered(hal.browser, "hal-tools")
    before = ask_as_vendor(comptoir, vendor).json["access_token"]
    assert claims_of(comptoir, before)["scp"] == []
    client = f"{HERE}/hal-tools/clients/{vendor['client_id']}"
    limited = hal.browser.post(f"{client}/scopes", {"scope.reporting.read": "1"})
    assert limited.header("location") == client

    given = ask_as_vendor(comptoir, vendor)
    assert given.json["scope"] == "reporting.read"
    token = given.json["access_token"]
    assert claims_of(comptoir, token)["scp"] == ["reporting.read"]
    summary = "/reporting/v1/shop-sync-summary/none"
    assert comptoir.get(summary, token=token).status == 404
    for method, path in (("GET", "/raw/v1/none/orders"), ("POST", "/sync/v1/sync/trigger")):
        answer = comptoir.request(method, path, json_body={"shopId": "none"}, token=token)
        assert (answer.status, answer.json["error"]) == (403, "infra.insufficient_scope")
        open_one = comptoir.request(method, path, json_body={"shopId": "none"}, token=before)
        assert open_one.status == 404, "what a client held before goes on until it ends"
    refused(ask_as_vendor(comptoir, vendor, scope="raw.read"), 400, "invalid_scope", "raw.read")

    assert hal.browser.post(f"{client}/scopes", {}).status == 400
    assert hal.browser.post(f"{client}/scopes", {"scope.admin": "1"}).status == 400
    every = {f"scope.{name}": "1" for name in ("raw.read", "reporting.read", "sync.write")}
    assert hal.browser.post(f"{client}/scopes", every).status == 303
    assert ask_as_vendor(comptoir, vendor).json["scope"] == ""
    narrow = ask_as_vendor(comptoir, vendor, scope="raw.read sync.write").json
    assert narrow["scope"] == "raw.read sync.write"
    assert comptoir.get(summary, token=narrow["access_token"]).status == 403


def test_a_revoked_client_gets_no_token_and_owners_may_delete_it(comptoir: Server) -> None:
    ida = somebody(comptoir, "ida")
    vendor = registered(ida.browser, "ida-tools")
    client = f"{HERE}/ida-tools/clients/{vendor['client_id']}"
    assert ida.browser.submit(ida.browser.get(client), f"{client}/revoke").status == 303
    assert token_status(comptoir, vendor) == 401
    page = ida.browser.get(client)
    assert [f.action for f in forms(page) if f.action.startswith(client)] == [f"{client}/delete"]
    form = {"once": _nonce(ida.browser), "overlap": "0"}
    assert ida.browser.post(f"{client}/rotate", form).status == 404
    assert ida.browser.submit(page, f"{client}/delete").status == 303
    assert ida.browser.get(client).status == 404
    assert token_status(comptoir, vendor) == 401


def test_an_owner_ends_all_of_it(comptoir: Server) -> None:
    jo = somebody(comptoir, "jo")
    one = f"{HERE}/jo-tools"
    vendors = [registered(jo.browser, "jo-tools")]
    vendors.append(
        credentials(jo.browser.submit(jo.browser.get(one), f"{one}/clients"), "jo-tools")
    )
    page = jo.browser.get(f"{one}/end")
    assert jo.browser.submit(page, f"{one}/end", name="jo").status == 400
    assert [token_status(comptoir, vendor) for vendor in vendors] == [200, 200]
    assert jo.browser.submit(page, f"{one}/end", name="jo-tools").status == 303
    assert [token_status(comptoir, vendor) for vendor in vendors] == [401, 401]
    assert f"{one}/end" not in links(jo.browser.get(one))


def test_a_module_and_what_it_asks_for(comptoir: Server) -> None:
    kim = somebody(comptoir, "kim")
    registered(kim.browser, "kim-tools")
    one = f"{HERE}/kim-tools"
    page = kim.browser.get(f"{one}/modules")
    sent = kim.browser.submit(page, f"{one}/modules", **{"module": "kim_m", "content.orders": "1"})
    assert sent.header("location") == one
    page = kim.browser.get(f"{one}/modules/kim_m")
    ticked = {name for name in forms(page)[1].fields if name.startswith("content.")}
    assert {"content.orders", "content.order_details", "content.info"} <= ticked
    fewer = kim.browser.post(f"{one}/modules", {"module": "kim_m", "content.carts": "1"})
    assert fewer.status == 303
    ticked = set(forms(kim.browser.get(f"{one}/modules/kim_m"))[1].fields)
    assert "content.carts" in ticked
    assert "content.orders" not in ticked
    lou = somebody(comptoir, "lou")
    registered(lou.browser, "lou-tools")
    taken = lou.browser.post(f"{HERE}/lou-tools/modules", {"module": "kim_m", "content.carts": "1"})
    assert taken.status == 409
    assert "choose another name" in words(taken)
    assert lou.browser.get(f"{HERE}/lou-tools/modules/kim_m").status == 404
    odd = lou.browser.post(f"{HERE}/lou-tools/modules", {"module": "lou_m", "content.odd": "1"})
    assert odd.status == 400


def test_where_the_operator_registers_vendors_people_do_not() -> None:
    with running(vendor_registration="operator") as server:
        mia = somebody(server, "mia")
        page = mia.browser.get(HERE)
        assert "ask them" in words(page)
        assert HERE not in [form.action for form in forms(page)]
        server.quick_cli("vendor", "create", "mia-tools")
        server.quick_cli("vendor", "give", "mia-tools", "--email", mia.person.email)
        one = mia.browser.get(f"{HERE}/mia-tools")
        nonce = next(f.fields["once"] for f in forms(one) if "once" in f.fields)
        assert mia.browser.post(HERE, {"once": nonce, "name": "mia-more"}).status == 403


def test_basic_is_what_the_page_shows(comptoir: Server) -> None:
    """The secret that is shown is the whole of it: nothing is cut or escaped."""
    ned = somebody(comptoir, "ned")
    vendor = registered(ned.browser, "ned-tools")
    sent = {"Authorization": basic(vendor["client_id"], vendor["client_secret"])}
    form = {"grant_type": "client_credentials"}
    assert comptoir.post("/oauth2/token", form=form, headers=sent).status == 200
