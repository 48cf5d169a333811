"""`zerot catalogue import datatourisme`: summary on stdout, progress on stderr, one sentence and 2 on bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk.store.catalogue import open_catalogue
from server.catalogue.cli import catalogue
from tests.fixtures.catalogue_samples import SUNDAY_AFTERNOON, concert, winery

ROOT = Path(__file__).parents[2]


def feed(folder: Path) -> Path:
    path = folder / "feed.zip"
    twin = {**winery(), "@id": "https://data.example/31/99999999-2222-3333-4444-555555555555"}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("objects/a.json", json.dumps(winery()))
        archive.writestr("objects/b.json", json.dumps(concert()))
        archive.writestr("objects/c.json", json.dumps(twin))
        archive.writestr("objects/d.json", "{")
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(catalogue, ["import", "datatourisme", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_summary_adds_up_and_the_file_opens(tmp_path: Path) -> None:
    into = tmp_path / "out.db"
    code, out, err = run(feed(tmp_path), "--into", into, "--territory", "bon-coin", "--content-version", "4")
    assert code == 0, err
    assert json.loads(out) == {
        "read": 4,
        "kept": 2,
        "merged": 1,
        "rejected": 1,
        "withdrawn": 0,
        "reasons": [{"object": "objects/d.json", "reason": "is not valid JSON"}],
    }
    assert "2 offers" in err
    opened = open_catalogue(into)
    assert opened.about.content_version == 4
    assert opened.about.territory == "bon-coin"
    (cave,) = opened.search("oeillet", SUNDAY_AFTERNOON).offers
    assert len(cave.provenance) == 2
    opened.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.zip", "out.db"]


@pytest.mark.parametrize("bad", ["missing.zip", "text.zip", "empty", "nowhere/out.db"])
def test_bad_input_is_one_sentence_and_2(tmp_path: Path, bad: str) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "empty").mkdir()
    arguments: list[Any] = [tmp_path / bad, "--into", tmp_path / "out.db"]
    if bad == "nowhere/out.db":
        arguments = [feed(tmp_path), "--into", tmp_path / bad]
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert not (tmp_path / "out.db").exists()


def test_a_missing_feed_is_said_before_any_server_is_looked_for(tmp_path: Path) -> None:
    code, out, err = run(tmp_path / "missing.zip")
    assert (code, out) == (2, "")
    assert err == f"{tmp_path / 'missing.zip'} does not exist.\n"


def test_nothing_half_made_is_left_when_the_disk_refuses(tmp_path: Path) -> None:
    into = tmp_path / "out.db"
    into.mkdir()
    code, _, err = run(feed(tmp_path), "--into", into)
    assert code == 2
    assert len(err.strip().splitlines()[-1]) > 0


DRAFTS = textwrap.dedent(
    """
    import json, sys
    from datetime import date
    from pathlib import Path
    import django
    from django.conf import settings
    settings.configure(
        INSTALLED_APPS=["server.territory", "server.catalogue"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command
    call_command("migrate", verbosity=0)
    call_command("makemigrations", "catalogue", check=True, dry_run=True, verbosity=0)
    from dataclasses import replace
    from server.catalogue.drafts import DraftsUnavailable, load_drafts, save_drafts
    from server.catalogue.models import OfferDraft
    from tests.fixtures.catalogue_samples import canoe
    day = date(2026, 11, 22)
    other = replace(canoe(), id="other", merit=3, provenance=(replace(canoe().provenance[0], source_id="other"),))
    report = {"first": str(save_drafts([canoe(), other], "test", "bon-coin", day))}
    report["again"] = str(save_drafts([canoe(), other], "test", "bon-coin", day))
    from server.catalogue.curation import change_fields
    change_fields("other", {"price_cents": 1800, "texts.fr.pitch": "Dit par nous."}, (), day)
    change_fields("other", {"price_cents": 1700}, (), day)
    report["changed"] = str(save_drafts([replace(canoe(), price_cents=1), replace(other, price_cents=1)], "test",
                                        "bon-coin", day))
    report["prices"] = [offer.price_cents for offer in load_drafts("bon-coin")]
    report["pitch"] = [offer.texts["fr"].pitch for offer in load_drafts("bon-coin")]
    report["origins"] = OfferDraft.objects.get(uid="other").origins["price_cents"]
    OfferDraft.objects.filter(uid="other").update(state="expired")
    report["shown"] = [offer.id for offer in load_drafts("bon-coin")]
    try:
        save_drafts([canoe()], "test", "elsewhere", day)
    except DraftsUnavailable as error:
        report["refused"] = str(error)
    print(json.dumps(report))
    """
)


def test_drafts_are_kept_and_a_curators_edits_survive(tmp_path: Path) -> None:
    """In its own process: Django is configured once per process, and other tests bring the server's settings."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRAFTS, str(tmp_path / "server.db")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["first"] == "Saved(created=2, updated=0, unchanged=0, joined=0)"
    assert report["again"] == "Saved(created=0, updated=0, unchanged=2, joined=0)"
    assert report["changed"] == "Saved(created=0, updated=2, unchanged=0, joined=0)"
    assert report["prices"] == [1, 1700]
    assert report["pitch"][1] == "Dit par nous."
    assert report["origins"] == ["edited"]
    assert report["shown"] == ["canoe"]
    assert "another territory" in report["refused"]
