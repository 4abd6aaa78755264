"""Who did what: on the page of an organisation and by command; and never a secret."""

import json
import re

from tests.accounts.pages.browser import PASSWORD, forms, links, person, signed_in, words
from tests.accounts.pages.test_vendors import HERE, credentials, registered, somebody
from tests.oauth.calls import ask_as_vendor
from tests.server import Server

CB = "https://log.example/cb"


def test_members_see_who_did_what_and_from_which_request(comptoir: Server) -> None:
    ada = somebody(comptoir, "ada-log")
    registered(ada.browser, "ada-log")
    one = f"{HERE}/ada-log"
    sent = {"module": "ada_log_m", "content.orders": "1"}
    form = {"form_token": ada.browser.form_token(), **sent}
    named = {"X-Request-ID": "req-of-ada-1"}
    done = ada.browser.request("POST", f"{one}/modules", form=form, headers=named)
    assert done.status == 303
    comptoir.quick_cli("vendor", "create", "ada-log", "--mode", "test")

    text = words(ada.browser.get(f"{one}/log"))
    assert text.index("client made") < text.index("module: ada_log_m") < text.index("mode: live")
    assert "req-of-ada-1" in text
    assert ada.person.email in text
    assert "operator" in text
    only = words(ada.browser.get(f"{one}/log?action=module.registered"))
    assert "ada_log_m" in only
    assert "mode: live" not in only
    assert "module enregistré" in words(ada.browser.get(f"{one}/log?lang=fr"))
    for odd in ("?action=%00", "?action=a%27b", "?before=%00", "?before=%27", "?action=none.such"):
        assert ada.browser.get(f"{one}/log{odd}").status == 200

    found = comptoir.quick_cli("audit", "list", "--actor", f"user:{ada.person.user_id}")
    assert [e["request_id"] for e in found if e["action"] == "module.registered"] == [
        "req-of-ada-1"
    ]
    organisation = found[0]["organisation"]
    mine = comptoir.quick_cli("audit", "list", "--organisation", organisation, "--limit", "1")
    assert [(e["action"], e["actor"]) for e in mine] == [("vendor.client_added", "operator")]
    before = ("--organisation", organisation, "--before", mine[0]["id"])
    older = comptoir.quick_cli("audit", "list", *before)
    assert older[0]["action"] == "module.registered"
    shown = comptoir.quick("audit", "list", "--organisation", organisation).stdout
    assert "module=ada_log_m" in shown
    assert comptoir.quick_cli("audit", "list", "--shop", "none") == []


def test_the_log_has_pages(comptoir: Server) -> None:
    bea = somebody(comptoir, "bea-log")
    registered(bea.browser, "bea-log")
    one = f"{HERE}/bea-log"
    token = bea.browser.form_token()
    for number in range(55):
        form = {"form_token": token, "module": f"bea_log_{number:02}"}
        assert bea.browser.request("POST", f"{one}/modules", form=form).status == 303
    page = bea.browser.get(f"{one}/log?action=module.registered")
    first = re.findall(r"bea_log_\d\d", page.text)
    (older,) = [link for link in links(page) if "before=" in link]
    second = re.findall(r"bea_log_\d\d", bea.browser.get(f"{one}/log{older}").text)
    assert first + second == [f"bea_log_{number:02}" for number in reversed(range(55))]


def test_an_application_is_registered_changed_and_used(comptoir: Server) -> None:
    cleo = somebody(comptoir, "cleo-log")
    registered(cleo.browser, "cleo-log")
    one = f"{HERE}/cleo-log"
    page = cleo.browser.get(f"{one}/applications")
    bad = cleo.browser.submit(page, f"{one}/applications", redirect_uris="http://log.example/cb")
    assert bad.status == 400
    assert "http://log.example/cb" in bad.text
    none = cleo.browser.submit(page, f"{one}/applications", redirect_uris=" ")
    assert none.status == 400
    made = credentials(
        cleo.browser.submit(page, f"{one}/applications", name="Mine", redirect_uris=f"{CB}\n{CB}")
    )
    again = cleo.browser.submit(page, f"{one}/applications", name="Mine", redirect_uris=CB)
    assert again.status == 409
    ask = f"/oauth2/authorize?response_type=code&client_id={made['client_id']}&redirect_uri="
    assert comptoir.get(f"{ask}{CB}").status == 303
    change = f"{one}/applications/{made['client_id']}"
    assert CB in cleo.browser.get(change).text
    page = cleo.browser.get(change)
    assert cleo.browser.submit(page, change, redirect_uris="x").status == 400
    uris = "https://log.example/new http://localhost:9/cb"
    assert cleo.browser.submit(page, change, redirect_uris=uris).status == 303
    assert comptoir.get(f"{ask}{CB}").status == 400
    assert comptoir.get(f"{ask}https://log.example/new").status == 303
    client = cleo.browser.get(f"{one}/clients/{made['client_id']}")
    assert "http://localhost:9/cb" in client.text
    assert f"{one}/clients/{made['client_id']}/scopes" not in [f.action for f in forms(client)]

    page = cleo.browser.get(f"{one}/applications")
    public = cleo.browser.submit(page, f"{one}/applications", redirect_uris=CB, public="1")
    assert public.status == 200
    assert "no secret" in words(public)
    assert 'id="client_secret"' not in public.text


def test_no_entry_log_line_or_page_holds_a_secret(comptoir: Server) -> None:
    """Every secret that is handed out in a run is looked for in every entry and log line."""
    dora = person(comptoir, "dora-log@vendors.example")
    mine = signed_in(comptoir, dora)
    vendor = registered(mine, "dora-log")
    one = f"{HERE}/dora-log"
    client = f"{one}/clients/{vendor['client_id']}"
    handed = [vendor]
    handed.append(credentials(mine.submit(mine.get(one), f"{one}/clients"), "dora-log"))
    for overlap in ("0", "1", "24", "168"):
        page = mine.get(client)
        handed.append(credentials(mine.submit(page, f"{client}/rotate", overlap=overlap)))
    page = mine.get(f"{one}/applications")
    handed.append(credentials(mine.submit(page, f"{one}/applications", redirect_uris=CB)))
    handed.append(comptoir.quick_cli("vendor", "create", "dora-cli"))
    handed.append(comptoir.quick_cli("client", "rotate-secret", handed[-1]["client_id"]))
    token = ask_as_vendor(comptoir, handed[7]).json.get("access_token", "")
    mine.post(f"{client}/scopes", {"scope.raw.read": "1"})
    mine.post(f"{client}/revoke", {})
    mine.post(f"{one}/end", {"name": "dora-log"})
    mine.post(f"{client}/delete", {})
    pages = mine.get(one).text + mine.get(f"{one}/log").text + mine.get(client).text

    entries = comptoir.quick_cli("audit", "list", "--limit", "10000")
    assert {"client.secret_rotated", "client.created", "client.deleted", "vendor.created"} <= {
        entry["action"] for entry in entries
    }
    secrets = [made["client_secret"] for made in handed] + [PASSWORD, mine.jar["comptoir_session"]]
    secrets += [token] if token else []
    written = json.dumps(entries) + comptoir.log_text + pages
    assert len(set(secrets)) >= len(handed) + 2
    for secret in secrets:
        assert secret not in written
