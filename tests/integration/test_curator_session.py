"""A curator in a real browser: import a feed, judge a duplicate, correct, publish; the running kiosk shows it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from domain.facts import FactKind
from kiosk.flow import events as ev
from kiosk.flow import states as s
from tests.fixtures.catalogue_samples import winery
from tests.fixtures.device_client import send
from tests.fixtures.headless_kiosk import HeadlessKiosk
from tests.fixtures.kiosk_world import World, world_of
from tests.fixtures.server import STAFF, TERRITORY, LiveServer, initialised_home, make_server

__all__ = ["initialised_home", "make_server"]

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PAGES = (
    *("fiches/", "doublons/", "qualite/", "imports/", "mises-en-avant/", "coupons/", "avis/", "recits/"),
    *("sources/", "reglages-contenu/"),
)
MILL = "demo-moulin-saint-clar"
PITCH = "Trois siècles sous la voûte, et un verre au bout."


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


@pytest.fixture
def world(make_server: Callable[[], LiveServer], tmp_path: Path) -> Iterator[World]:
    with world_of(make_server(), tmp_path) as made:
        yield made


def demo_offer(uid: str) -> dict[str, Any]:
    offers = json.loads(TERRITORY.read_text(encoding="utf-8"))["offers"]
    return dict(next(row for row in offers if row["id"] == uid))


def mill_of_a_feed() -> dict[str, Any]:
    """The demo territory's mill, told by somebody else: another name, a street away."""
    there = demo_offer(MILL)
    raw = winery()
    raw["@id"] = "https://data.example/31/99999999-2222-3333-4444-555555555555"
    raw["dc:identifier"] = "X9"
    raw["rdfs:label"] = {"fr": [f"Le {there['texts']['fr'][0]} (visite)"], "en": ["Saint-Clar oil mill"]}
    place = raw["isLocatedAt"][0]
    place["schema:address"][0]["schema:addressLocality"] = there["place"][0]
    place["schema:geo"] = {
        "schema:latitude": str(there["place"][2] + 0.0008), "schema:longitude": str(there["place"][3]),
    }  # fmt: skip
    return raw


def feed() -> bytes:
    """A feed as it is delivered: three objects, one of them no offer at all."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        objects = {"winery.json": winery(), "mill.json": mill_of_a_feed(), "nothing.json": {"@id": "https://x/y"}}
        for name, raw in objects.items():
            archive.writestr(f"objects/{name}", json.dumps(raw))
    return out.getvalue()


def photo() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((1200, 800)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def log_in(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.base}/bureau/")
    page.get_by_label("Nom").fill(STAFF[0])
    page.get_by_label("Mot de passe").fill(STAFF[1])
    page.get_by_role("button", name="Entrer").click()


def import_feed(page: Page) -> None:
    page.get_by_role("link", name="Imports", exact=True).click()
    page.get_by_label("Fichier").set_input_files({"name": "flux.zip", "mimeType": "application/zip", "buffer": feed()})
    page.get_by_role("button", name="Importer").click()
    expect(page.locator(".tile", has_text="gardés")).to_be_visible(timeout=60_000)


def found(kiosk: HeadlessKiosk, typed: str) -> s.SearchState:
    kiosk.touch(ev.GoHome(), ev.OpenSearch())
    kiosk.type_text(typed)
    return kiosk.screen(s.SearchState, lambda screen: screen.typed == typed and not screen.loading)


def test_a_feed_becomes_what_the_kiosk_shows(world: World, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    kiosk = world.paired("CUR-1")
    version = kiosk.shown_version
    kiosk.home_screen()
    assert all("Œillet" not in card.name for card in found(kiosk, "œillet").cards)

    log_in(page, world.server)
    import_feed(page)
    assert page.locator(".tile b").all_inner_texts() == ["3", "2", "0", "1"]
    expect(page.get_by_text("ne dit pas ce que c'est").first).to_be_attached()

    # The duplicate: the territory's own words stay, the feed's English and hours come in.
    page.get_by_role("link", name="Voir les doublons").click()
    pair = page.locator(".pair-panel", has_text=demo_offer(MILL)["texts"]["fr"][0]).filter(has_text="(visite)")
    left = pair.locator("thead th").nth(1).inner_text()
    side = "droite" if "(visite)" in left else "gauche"
    pair.get_by_role("button", name=f"Fusionner, garder celle de {side}").click()
    expect(page.get_by_role("status")).to_contain_text("Une seule fiche désormais")
    expect(page.locator(".pair-panel", has_text="(visite)")).to_have_count(0)

    # The winery: corrected by hand, with a photo, then published.
    page.get_by_role("link", name="Fiches", exact=True).click()
    page.get_by_label("État").select_option(label="Brouillon")
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_role("link", name="Caves de l'Œillet").click()
    page.get_by_label("Accroche").first.fill(PITCH)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("modifié à la main")).to_be_visible()
    page.get_by_label("Ajouter une photo").set_input_files(
        {"name": "cave.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    page.get_by_label("Auteur").last.fill("Lise Roux")
    page.get_by_label("Licence").last.fill("CC BY 4.0")
    page.get_by_role("button", name="Ajouter", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Photo ajoutée")
    page.get_by_role("button", name="Publier", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("publiée")
    offer_page = page.url

    # The kiosk's own drawing of it stands on the page.
    preview = page.get_by_alt_text("Aperçu de la fiche sur la borne")
    expect(preview).to_be_visible()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=preview.element_handle())
    assert preview.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1280, 800]

    # The same feed again: what a person decided and typed stays.
    import_feed(page)
    page.goto(offer_page)
    expect(page.get_by_label("Accroche").first).to_have_value(PITCH)
    page.get_by_role("link", name="Doublons").click()
    expect(page.locator(".pair-panel", has_text="(visite)")).to_have_count(0)

    page.get_by_role("link", name="Publication").click()
    page.get_by_role("button", name="Envoyer aux bornes").click()
    expect(page.get_by_role("status")).to_contain_text("publiée")

    kiosk.hurry()
    kiosk.until("the new content", lambda: kiosk.shown_version > version)
    found(kiosk, "œillet")  # and asked again by itself once the new content is in place
    shown = kiosk.screen(s.SearchState, lambda screen: [card.name for card in screen.cards] == ["Caves de l'Œillet"])
    kiosk.touch(ev.OpenOffer(shown.cards[0].id))
    detail = kiosk.screen(s.OfferState, lambda screen: screen.offer is not None).offer
    assert detail is not None and detail.pitch == PITCH
    assert detail.picture.startswith("blob:")
    drawn = kiosk.running.pictures.path(detail.picture, (400, 250))
    assert Path(drawn).read_bytes()[8:12] == b"WEBP"
    mills = [card.id for card in found(kiosk, "moulin huile saint clar").cards if "huile" in card.name]
    assert mills == [MILL]
    assert complaints == []


def test_every_page_of_the_curator_answers(make_server: Callable[[], LiveServer], page: Page) -> None:
    server = make_server()
    for target in PAGES:
        assert send(server.base, "GET", f"/bureau/{target}").status == 302
    log_in(page, server)
    for target in PAGES:
        answer = page.goto(f"{server.base}/bureau/{target}")
        assert answer is not None and answer.status == 200, target
        # Nothing hangs over the edge of the window.
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), target
    # Each count of the report leads to as many offers.
    page.goto(f"{server.base}/bureau/qualite/")
    counts = [(link.get_attribute("href") or "", link.inner_text()) for link in page.locator("a.number").all()]
    for target, count in counts:
        if "probleme" in target:
            page.goto(f"{server.base}{target}")
            assert page.locator(".lead").inner_text().startswith(f"{count} fiche"), target


def test_coupons_choices_wifi_and_reviews_reach_the_kiosk(world: World) -> None:
    server = world.server
    kiosk = world.paired("CUR-2")
    version = kiosk.shown_version
    staff = server.staff
    name = demo_offer(MILL)["texts"]["fr"][0]
    day = {"du": "2020-01-01", "au": "2099-12-31"}
    coupon = {"offre": name, "texte_fr": "Une fiole offerte", "membre": "Moulin", "code": "fiole", "budget": "10"}
    assert staff.post("/bureau/coupons/", **coupon, **day).status == 302
    assert staff.post("/bureau/coupons/", **{**coupon, "code": "!"}, **day).status == 422
    # The demo territory's own are there, and loading it again neither doubles nor revives one.
    listed = staff.get("/bureau/coupons/").body.decode()
    stop = re.search(r'CALISSON.*?action="(/bureau/coupons/[^"]+)"', listed, re.DOTALL)
    assert stop is not None and staff.post(stop[1]).status == 302
    server.run("init", "--territory-file", str(TERRITORY))
    listed = staff.get("/bureau/coupons/").body.decode()
    assert listed.count("CALISSON") == 1 and listed.count(">arrêté<") == 1
    assert "Le café offert avec une fougasse" in send(server.base, "GET", "/o/demo-cafe-offert").body.decode()
    assert staff.post("/bureau/mises-en-avant/", offre=name, genre="choice", de="7:00", a="24:00").status == 302
    there = demo_offer(MILL)["place"][0]
    twin = staff.post("/bureau/fiches/nouvelle", nom=name, categorie="wine", commune="Roquebelle")
    assert twin.status == 302
    drafted = staff.post("/bureau/mises-en-avant/", offre=f"{name} · Nulle part", genre="choice")
    assert drafted.status == 422
    assert staff.post("/bureau/mises-en-avant/", offre=f"{name} · {there}", genre="choice").status == 302
    assert staff.post("/bureau/mises-en-avant/", offre="personne", genre="choice").status == 422
    assert staff.post("/bureau/reglages-contenu/", quoi="wifi", reseau="Bon Coin", cle="lavande-84").status == 302
    assert staff.post("/bureau/reglages-contenu/", quoi="wifi", reseau="Bon Coin", cle="court").status == 422
    group = {"quoi": "groupe", "nom": "Caves", "code": "caves", "categories": "wine", "photos": "1"}
    assert staff.post("/bureau/reglages-contenu/", **group).status == 302
    tablet = server.paired("CAVE-1", role="kiosk")
    few = staff.post("/bureau/coupons/", **{**coupon, "budget": "1"}, **day)
    assert few.status == 422 and "partagé entre les 2 bornes" in few.body.decode()
    link = re.search(
        r'action="(/bureau/reglages-contenu/groupes/[^"]+)"', staff.get("/bureau/reglages-contenu/").body.decode()
    )
    assert link is not None
    staff.post(link[1], action="bornes", bornes="CAVE-1")

    sent = staff.post(f"/o/{MILL}/avis?l=fr", nom="Zoé", mots="<b>Splendide</b>", etoiles="5")
    assert sent.status == 302 and b"Zo" not in send(server.base, "GET", f"/o/{MILL}").body
    waiting = staff.get("/bureau/avis/").body.decode()
    assert "&lt;b&gt;Splendide" in waiting
    key = re.search(r'action="(/bureau/avis/[^"]+)"', waiting)
    assert key is not None
    staff.post(key[1], decision="accepted")
    shown = send(server.base, "GET", f"/o/{MILL}").body.decode()
    assert "&lt;b&gt;Splendide" in shown and "<b>Splendide" not in shown and "Une fiole offerte" in shown

    assert staff.post("/bureau/contenu/publier").status == 302
    published = json.loads(server.run("publish").stdout)
    assert published["offers"] == 132
    versions = staff.get("/bureau/contenu/").body.decode()
    assert ">caves<" in versions
    wines = tablet.get("content/manifest").json["manifest"]
    everything = kiosk.running.content.manifest()
    assert everything is not None and wines["catalogue"]["bytes"] < everything.catalogue_bytes

    kiosk.hurry()
    kiosk.until("the new content", lambda: kiosk.shown_version > version + 1)
    kiosk.until("the Wi-Fi", lambda: kiosk.kiosk.wifi_payload == "WIFI:T:WPA;S:Bon Coin;P:lavande-84;;")
    kiosk.touch(ev.TouchAnywhere())
    home = kiosk.screen(s.HomeState, lambda home: bool(home.strip) and home.strip[0].id == MILL)
    kiosk.touch(ev.OpenOffer(home.strip[0].id))
    detail = kiosk.screen(s.OfferState, lambda screen: screen.offer is not None).offer
    assert detail is not None and detail.coupon is not None and detail.coupon.text == "Une fiole offerte"
    kiosk.touch(ev.OpenCoupon(), ev.Confirm())
    kiosk.screen(s.CouponState, lambda screen: bool(screen.mark))
    kiosk.until_sent()
    (used,) = (fact for fact in kiosk.facts() if fact.kind == FactKind.COUPON_USED)
    assert used.body["coupon"] == detail.coupon.id
    assert re.search(r">1 / 10<", staff.get("/bureau/coupons/").body.decode())
    assert server.report()["quarantined"] == 0


STORY = "Un matin au moulin"
BLOG = """<rss version="2.0"><channel><title>Carnet</title><item><title>Un matin au moulin</title><guid>m1</guid>
<description>Le meunier parle aux olives, et le Moulin de Saint-Clar répond.</description></item></channel></rss>"""


def test_a_story_is_set_beside_an_offer_by_hand(world: World, tmp_path: Path) -> None:
    server = world.server
    kiosk = world.paired("CUR-3")
    version = kiosk.shown_version
    staff = server.staff
    assert send(server.base, "GET", "/bureau/recits/").status == 302
    (tmp_path / "blog.xml").write_text(BLOG, encoding="utf-8")
    words = ("--author", "Jeanne", "--licence", "CC BY 4.0")
    server.verb("catalogue", "import", "rss", str(tmp_path / "blog.xml"), *words)

    listed = staff.get("/bureau/recits/").body.decode()
    found = re.search(r'href="(/bureau/recits/[0-9a-f-]{36}/)">' + STORY, listed)
    assert found is not None, listed
    story = found[1]
    key = story.rstrip("/").rpartition("/")[2]
    assert staff.post(f"{story}fiche", offre="nulle part").status == 302
    assert "aucune fiche : personne ne le voit" in staff.get(story).body.decode()
    assert "Le meunier" not in send(server.base, "GET", f"/o/{MILL}").body.decode()

    # From the offer's page, then other words from the story's: both are what phones and kiosks tell.
    assert staff.post(f"/bureau/fiches/{MILL}/recit", recit=key).status == 302
    assert STORY in staff.get(f"/bureau/fiches/{MILL}/").body.decode()
    assert "Le meunier" in send(server.base, "GET", f"/o/{MILL}").body.decode()
    typed = {"titre": STORY, "mots": "<i>Il</i> parle aux olives.", "auteur": "Jeanne P.", "licence": "CC BY 4.0"}
    assert staff.post(story, **{**typed, "auteur": ""}).status == 422
    assert staff.post(story, **typed).status == 302
    server.verb("catalogue", "import", "rss", str(tmp_path / "blog.xml"), *words)
    shown = send(server.base, "GET", f"/o/{MILL}").body.decode()
    assert "&lt;i&gt;Il&lt;/i&gt; parle aux olives." in shown and "Jeanne P., CC BY 4.0" in shown
    assert staff.post("/bureau/contenu/publier").status == 302
    kiosk.hurry()
    kiosk.until("the new content", lambda: kiosk.shown_version > version)
    kiosk.touch(ev.TouchAnywhere(), ev.OpenOffer(MILL))
    offer = kiosk.screen(s.OfferState, lambda screen: screen.offer is not None).offer
    assert offer is not None and offer.quote == "<i>Il</i> parle aux olives."

    # Put aside, it leaves the offer; what the offer said before comes back.
    assert staff.post(f"{story}decision", decision="refused").status == 302
    assert "parle aux olives" not in send(server.base, "GET", f"/o/{MILL}").body.decode()
    assert STORY in staff.get("/bureau/recits/?etat=refused").body.decode()
    assert "a posé sur une fiche le récit" in staff.get("/bureau/").body.decode()
    assert staff.post("/bureau/recits/", **{**typed, "titre": "À la main"}).status == 302
    assert "À la main" in staff.get("/bureau/recits/?etat=accepted").body.decode()


AGENDA = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:fig@mairie.example
SUMMARY:Foire aux figues
DTSTART:20990605T100000
LOCATION:84999 Roquebelle
END:VEVENT
BEGIN:VEVENT
UID:nothing@mairie.example
DTSTART:20990605T100000
END:VEVENT
END:VCALENDAR
"""


def test_sources_are_followed_from_the_back_office(
    make_server: Callable[[], LiveServer], page: Page, tmp_path: Path
) -> None:
    server = make_server()
    staff = server.staff
    typed = {"nom": "Mairie", "format": "ical", "rythme": "1440", "adresse": "https://a.invalid/x?api_key=s3cr3tkey"}
    assert staff.post("/bureau/sources/", **{**typed, "adresse": str(tmp_path / "x.ics")}).status == 422
    refused = staff.post("/bureau/sources/", **{**typed, "rythme": "0"})
    assert refused.status == 422 and b"s3cr3tkey" not in refused.body
    assert staff.post("/bureau/sources/", **typed).status == 302
    found = re.search(r'href="(/bureau/sources/[0-9a-f-]{36}/)">mairie', staff.get("/bureau/sources/").body.decode())
    assert found is not None
    own = staff.get(found[1]).body
    assert b"api_key={key}" in own and b"s3cr3tkey" not in own
    # The key stays when nothing is typed, and goes to no other host.
    assert staff.post(found[1], **{**typed, "adresse": "https://a.invalid/y?api_key={key}"}).status == 302
    moved = staff.post(found[1], **{**typed, "adresse": "https://b.invalid/y?api_key={key}"})
    assert moved.status == 422 and "redonnez la clé" in moved.body.decode()
    assert "s3cr3tkey" not in server.verb("catalogue", "source", "list").stdout
    assert staff.post("/bureau/imports/nouveau", format="ical", adresse=typed["adresse"]).status == 302
    assert b"s3cr3tkey" not in staff.get("/bureau/imports/").body + staff.get("/bureau/").body
    assert "s3cr3tkey" not in server.log()

    # One that an operator gave as a file: read now, with its reasons; paused; followed no longer.
    (tmp_path / "agenda.ics").write_text(AGENDA)
    server.verb("catalogue", "source", "add", "agenda", "ical", str(tmp_path / "agenda.ics"))
    log_in(page, server)
    page.get_by_role("link", name="Sources suivies", exact=True).click()
    page.get_by_role("link", name="agenda", exact=True).click()
    page.get_by_role("button", name="Importer maintenant").click()
    expect(page.locator(".tile", has_text="gardés")).to_be_visible(timeout=60_000)
    assert page.locator(".tile b").all_inner_texts() == ["2", "1", "0", "1"]
    expect(page.get_by_text("1 nouveau brouillon").first).to_be_visible()
    expect(page.get_by_text("n'a de nom dans aucune langue").first).to_be_visible()
    page.get_by_role("button", name="Mettre en pause").click()
    expect(page.get_by_text("en pause", exact=True)).to_be_visible()
    page.get_by_role("button", name="Ne plus suivre").click()
    expect(page.get_by_role("status")).to_contain_text("reste")
    page.goto(f"{server.base}/bureau/fiches/?q=figues")
    expect(page.get_by_role("link", name="Foire aux figues")).to_be_visible()
