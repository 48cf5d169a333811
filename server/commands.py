"""What the subcommands of `zerot server` do, once Django is loaded. Each returns the line to print.

Raises ValueError (one sentence) for what a person can put right.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from domain.days import day_number
from server.api.runtime import Runtime, runtime
from server.bundles import BundleRefused, make_bundle, take_bundle
from server.cards.card_keys import card_masters
from server.cards.site_key import announce_site_key, lacking_site_key
from server.catalogue.drafts import load_drafts
from server.catalogue.models import OfferDraft
from server.content.publish import publish
from server.devices.models import Device, DeviceState
from server.devices.pairing import create_device, decide_device, issue_code, request_roll
from server.home import write_secret
from server.keys import add_card_key, build_issuing_keys
from server.ledger.report import build_report
from server.settlement.partners import load_partners
from server.territory.blocking import block_card
from server.territory.loading import load_territory, read_territory_file
from server.territory.models import Territory
from server.territory.operators import put_operator
from sync.desk_keys import LOAD_KEY, build_desk_keys, seal_desk_keys
from sync.protocol import build_offer, parse_server_url

WHO = "terminal"


def only_territory(wanted: str) -> str:
    """The territory named, else the only one there is."""
    slugs = list(Territory.objects.values_list("slug", flat=True)[:2])
    if wanted:
        if not Territory.objects.filter(slug=wanted).exists():
            raise ValueError(f"There is no territory {wanted!r} on this server.")
        return wanted
    if len(slugs) != 1:
        raise ValueError("Say which --territory." if slugs else "No territory yet: run `zerot server init` first.")
    return slugs[0]


def device_named(name: str) -> Device:
    device = Device.objects.filter(name=name).first()
    if device is None:
        raise ValueError(f"There is no device {name!r}.")
    return device


def init_territory(path: Path) -> str:
    run = runtime()
    document = read_territory_file(path)
    loaded = load_territory(document, run.clock)
    load_partners(document, loaded.slug)
    run.card_masters(loaded.slug)
    published = Territory.objects.get(slug=loaded.slug).content_version
    if loaded.offers and (loaded.offers_changed or not published):
        published = publish(
            loaded.slug, load_drafts(loaded.slug, ["published"]), run.home, run.identity, run.clock
        ).content_version
    return json.dumps(
        {
            "territory": loaded.slug,
            "sites": loaded.sites,
            "beacons": loaded.beacons,
            "offers": loaded.offers,
            "content_version": published,
        }
    )


def create_staff_user(name: str, password: str) -> str:
    try:
        validate_password(password)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error
    with transaction.atomic():
        user, created = User.objects.get_or_create(username=name)
        user.is_staff = True
        user.set_password(password)
        user.save()
    return json.dumps({"user": name, "created": created})


def create_operator(
    card_number: str, name: str, role: str, rights: tuple[str, ...], expires: str, territory: str, pin: str
) -> str:
    slug = only_territory(territory)
    day = day_number(date.fromisoformat(expires))
    put_operator(slug, card_number, name, role, rights, day, pin, runtime().chance, WHO)
    return json.dumps({"operator": name, "role": role, "rights": list(rights)})


def create_device_record(name: str, site_number: int, role: str, territory: str, url: str) -> str:
    device = create_device(only_territory(territory), name, site_number, role, WHO)
    return _code(device, url)


def new_pairing_code(name: str, url: str) -> str:
    return _code(device_named(name), url)


def _code(device: Device, url: str) -> str:
    run = runtime()
    return build_offer(issue_code(device, parse_server_url(url or settings.PUBLIC_URL), run.clock, run.chance, WHO))


def approve_device(name: str, words: str) -> str:
    device = device_named(name)
    if words and words.split() != device.words.split():
        raise ValueError("The eight words differ: somebody else may have claimed this record. Nothing was approved.")
    decided = decide_device(device.pk, DeviceState.APPROVED, WHO, runtime().clock)
    return json.dumps({"device": name, "state": decided.state, "words": decided.words}, ensure_ascii=False)


def revoke_device(name: str) -> str:
    decided = decide_device(device_named(name).pk, DeviceState.REVOKED, WHO, runtime().clock)
    return json.dumps({"device": name, "state": decided.state})


def roll_device_key(name: str) -> str:
    return json.dumps({"device": request_roll(device_named(name).pk, WHO).name, "roll_requested": True})


def block(card_number: str, reason: str, territory: str) -> str:
    block_card(only_territory(territory), card_number, reason, WHO)
    return json.dumps({"card_number": card_number, "reason": reason})


def write_issuing_keys(out: Path, territory: str) -> str:
    slug = only_territory(territory)
    write_secret(_new_secret_file(out), build_issuing_keys(card_masters(slug, runtime())))
    return json.dumps({"territory": slug, "file": str(out)})


def renew_card_key(name: str, territory: str) -> str:
    """One more version of a master; cards get it at a tap online, a site key once every kiosk holds it."""
    slug, run = only_territory(territory), runtime()
    version = add_card_key(run.home, slug, name, run.chance)
    told: dict[str, object] = {"territory": slug, "key": name, "version": version}
    if name == "site":
        with transaction.atomic():
            announce_site_key(slug, version)
        told["lacking"] = lacking_site_key(slug)
    return json.dumps(told)


def _new_secret_file(out: Path) -> Path:
    if out.exists():
        raise ValueError(f"{out} exists already: keys are never written over.")
    if not out.absolute().parent.is_dir():
        raise ValueError(f"There is no folder {out.absolute().parent}.")
    return out.absolute()


def write_desk_keys(name: str, out: Path) -> str:
    """The load key for one desk, in a file that only that desk opens."""
    device = device_named(name)
    if device.role != "desk":
        raise ValueError(f"{name} is not a desk: its record has the role {device.role!r}.")
    if device.state != DeviceState.APPROVED or not device.sealing_key:
        raise ValueError(f"{name} is not paired and approved yet: its file could not be sealed to it.")
    target = _new_secret_file(out)
    run = runtime()
    keys = run.card_masters(device.territory).for_numbers(frozenset({LOAD_KEY}))
    sealed = seal_desk_keys(keys, device.territory, name, bytes(device.sealing_key), run.identity, run.chance)
    write_secret(target, build_desk_keys(sealed))
    return json.dumps({"device": name, "file": str(out)})


def publish_drafts(source: str, territory: str) -> str:
    slug = only_territory(territory)
    rows = OfferDraft.objects.filter(territory=slug, state=OfferDraft.State.DRAFT)
    if source:
        rows = rows.filter(source=source)
    rows.update(state=OfferDraft.State.PUBLISHED)
    return _publish(slug, runtime())


def publish_content(territory: str) -> str:
    return _publish(only_territory(territory), runtime())


def _publish(slug: str, run: Runtime) -> str:
    done = publish(slug, load_drafts(slug, ["published"]), run.home, run.identity, run.clock)
    return json.dumps(
        {
            "territory": slug,
            "content_version": done.content_version,
            "offers": done.offers,
            "blobs": done.blobs,
            "bytes": done.size_bytes,
        }
    )


def report_text(territory: str) -> str:
    return json.dumps(build_report(only_territory(territory)), ensure_ascii=False)


def import_bundle(path: Path) -> str:
    try:
        taken = take_bundle(path, runtime())
    except (BundleRefused, OSError) as error:
        raise ValueError(str(error)) from error
    head = None if taken.head is None else list(taken.head)
    counts = {"created": taken.created, "exists": taken.exists, "quarantined": taken.quarantined}
    return json.dumps({"device": taken.device, **counts, "acknowledged": head})


def export_bundle(name: str, path: Path, since: int) -> str:
    try:
        counts = make_bundle(path, device_named(name), runtime(), since)
    except (BundleRefused, OSError) as error:
        raise ValueError(str(error)) from error
    return json.dumps({"device": name, "file": str(path), **counts})
