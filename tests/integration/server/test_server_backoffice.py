"""The back office in a real browser, and what it refuses to strangers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.fixtures.device_client import DeviceClient, FactChain, send
from tests.fixtures.purse_facts import CARD, a_day, load_intent
from tests.fixtures.server import STAFF, LiveServer

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = (
    "", "appareils/", "parc/", "parc/tournee.csv", "faits/", "faits/quarantaine/", "trous/", "alarmes/", "cartes/",
    "blocage/", "grand-livre/", "corrections/", "rapprochement/", "rapprochement/cartes.csv", "rapprochement/jours.csv",
    "rapprochement/en-vol.csv", "signatures/", "partenaires/", "partenaires.csv", "chargement-hors-ligne/", "limites/",
    "lieux/", "lieux/4/", "contenu/", "rapport.json",
)  # fmt: skip
Make = Callable[[], LiveServer]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()


def _log_in(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.base}/bureau/")
    page.get_by_label("Nom").fill(STAFF[0])
    page.get_by_label("Mot de passe").fill(STAFF[1])
    page.get_by_role("button", name="Entrer").click()
    expect(page.get_by_role("heading", name="Pays du Bon Coin")).to_be_visible()


def test_staff_create_compare_and_approve_a_device(make_server: Make, page: Page) -> None:
    server = make_server()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    _log_in(page, server)
    page.get_by_role("link", name="Appareils").click()
    page.get_by_label("Nom").fill("BC-017")
    page.get_by_label("Lieu").select_option(label="Fournil des Ocres · Bédarrin")
    page.get_by_label("Rôle").select_option(label="Borne avec comptoir")
    page.get_by_role("button", name="Créer et afficher le code").click()
    expect(page.get_by_role("img", name="Code d'appairage")).to_be_visible()

    client = DeviceClient(server.base)
    assert client.claim(page.locator("#code").inner_text()).status == 200
    approve = page.get_by_role("button", name="Oui, approuver")
    expect(approve).to_be_visible()  # the page went on by itself
    shown = [word.inner_text() for word in page.locator("ol.words li").all()]
    assert shown == server.report()["devices"][0]["words"].split() and len(shown) == 8
    assert client.get("profile").error == "not_approved"
    approve.click()
    expect(page.get_by_role("status")).to_contain_text("BC-017 est approuvé")
    assert client.get("pairing/state").json == {"state": "approved"}

    client.push(a_day("BC-017"))
    page.get_by_role("link", name="Grand livre").click()
    assert page.locator("#sum-eur").inner_text() == "0,00\u00a0€"
    expect(page.get_by_text("Dû à Canoë Sorguette").first).to_be_visible()
    page.get_by_role("link", name="Cartes").click()
    row = page.get_by_role("row", name="0042 1187")
    assert [cell.inner_text() for cell in row.get_by_role("cell").all()][1:4] == [
        "32,00\u00a0€",
        "32,00\u00a0€",
        "juste",
    ]
    page.goto(f"{server.base}/bureau/faits/")
    expect(page.get_by_role("link", name="Débit : résultat")).to_be_visible()
    assert complaints == []


def test_a_card_is_blocked_and_a_fact_judged(make_server: Make, page: Page) -> None:
    server = make_server()
    client = server.paired("BC-018")
    chain = FactChain("BC-018")
    chain.add("purse.load.intent", load_intent())
    chain.add("purse.levitate", {"note": "<script>alert(1)</script>"})
    client.push(chain.facts)
    _log_in(page, server)
    page.goto(f"{server.base}/bureau/cartes/{CARD}/")
    expect(page.get_by_text("sans résultat connu")).to_be_visible()
    page.get_by_label("Raison").select_option(label="volée")
    page.get_by_role("button", name="Bloquer partout").click()
    expect(page.get_by_role("button", name="Débloquer")).to_be_visible()
    entries = client.get("feeds").json["entries"]
    blocked = next(entry for entry in entries if entry["feed"] == "blocklist")["document"]["cards"]
    assert blocked == [{"card_number": CARD, "reason": "stolen"}]

    page.goto(f"{server.base}/bureau/faits/quarantaine/")
    page.get_by_role("button", name="Compter").click()
    expect(page.get_by_role("status")).to_contain_text("Dites pourquoi")
    page.get_by_label("Raison").fill("nouvelle version attendue")
    page.get_by_role("button", name="Compter").click()
    expect(page.get_by_role("status")).to_contain_text("ne sait toujours pas lire")
    page.get_by_role("button", name="Classer").click()
    expect(page.get_by_role("status")).to_contain_text("Dites pourquoi")
    page.get_by_label("Raison").fill("essai d'atelier")
    page.get_by_role("button", name="Classer").click()
    expect(page.get_by_text("Rien en quarantaine")).to_be_visible()
    expect(page.get_by_text("essai d'atelier")).to_be_visible()
    assert server.report()["facts"] == 2


def test_strangers_see_a_login_and_nothing_else(make_server: Make) -> None:
    server = make_server()
    for target in PAGES:
        answer = send(server.base, "GET", f"/bureau/{target}")
        assert answer.status == 302 and answer.headers["location"].startswith("/bureau/connexion/")
    assert send(server.base, "POST", "/bureau/appareils/", b"name=X").status == 403  # no CSRF token
    login = send(server.base, "GET", "/bureau/connexion/")
    assert b"Bon Coin" not in login.body
    assert "default-src 'none'" in login.headers["content-security-policy"]


def test_every_page_answers_staff_empty_and_full(make_server: Make) -> None:
    server = make_server()
    for target in PAGES:
        assert server.staff.get(f"/bureau/{target}").status == 200
    server.paired("BC-019").push(a_day("BC-019"))
    for target in (*PAGES, f"cartes/{CARD}/", "faits/?genre=visit&appareil=BC-019&page=zzz"):
        assert server.staff.get(f"/bureau/{target}").status == 200
    for target in ("cartes/99999999/", "appareils/00000000-0000-0000-0000-000000000000/", "faits/x/"):
        assert server.staff.get(f"/bureau/{target}").status == 404


def test_publishing_from_the_page_makes_the_next_version(make_server: Make) -> None:
    server = make_server()
    assert server.staff.post("/bureau/contenu/publier").status == 302
    page = server.staff.get("/bureau/contenu/").body.decode()
    assert "Version 2 publiée : 132 fiches." in page
    client = server.paired("BC-020")
    assert client.get("content/manifest").json["manifest"]["content_version"] == 2


def test_words_that_changed_meanwhile_are_not_approved(make_server: Make) -> None:
    server = make_server()
    first, second = DeviceClient(server.base), DeviceClient(server.base)
    first.claim(server.staff.create_device("BC-021", 1, "kiosk"))
    page = server.staff.get("/bureau/appareils/").body.decode()
    link = page.split('">BC-021<')[0].rsplit('href="', 1)[1]
    old_words = server.report()["devices"][0]["words"]
    second.claim(server.run("new-code", "BC-021", "--url", server.base).stdout.split('"code":"')[1][:14])
    server.staff.post(f"{link}decision", decision="approve", words=old_words)
    assert second.get("pairing/state").json == {"state": "waiting"}
