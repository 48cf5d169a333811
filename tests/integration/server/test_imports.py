"""Imports into a server's drafts: again and again, withdrawn, merged, by schedule, with pictures into a publication."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.fixtures.apidae_samples import castle, feast, write_export
from tests.fixtures.server import ROOT, LiveServer

AGENDA = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:one@mairie.example
SUMMARY:Fête des cerises
DTSTART:20270605T100000
LOCATION:84999 Roquebelle
END:VEVENT
{more}END:VCALENDAR
"""


def catalogue(server: LiveServer, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "catalogue", *arguments],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=check,
        timeout=120,
    )


def ask(server: LiveServer, script: str) -> Any:
    """What a few lines with the server's models print as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django, json\ndjango.setup()\n{script}"],
        cwd=ROOT,
        env={**server.environment, "DJANGO_SETTINGS_MODULE": "server.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# A command is a process of a second: what asks nothing of the database that differs is asked of one.
one_database = pytest.mark.parametrize("server", ["sqlite"], indirect=True)

STATES = """
from server.catalogue.models import OfferDraft
rows = OfferDraft.objects.filter(source__startswith={source!r})
print(json.dumps({{row.source_id: row.state for row in rows}}))
"""


@pytest.fixture
def photo(tmp_path: Path) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1600, 900), "teal").save(out, "JPEG")
    return out.getvalue()


def test_an_export_again_and_a_deletion(server: LiveServer, tmp_path: Path) -> None:
    source = {"source": "apidae"}
    (tmp_path / "first.json").write_text(json.dumps([castle(), feast()]))
    first = catalogue(server, "import", "apidae", str(tmp_path / "first.json"))
    assert json.loads(first.stdout)["kept"] == 2
    again = catalogue(server, "import", "apidae", str(tmp_path / "first.json"))
    assert "0 new drafts, 0 updated, 2 unchanged" in again.stderr
    assert ask(server, STATES.format(**source)) == {"501": "draft", "502": "draft"}
    # The export deletes 502 and hides 503, which never came.
    later = catalogue(server, "import", "apidae", str(write_export(tmp_path / "later.zip")))
    assert json.loads(later.stdout)["withdrawn"] == 2
    assert ask(server, STATES.format(**source)) == {"501": "draft", "502": "expired"}
    back = catalogue(server, "import", "apidae", str(tmp_path / "first.json"))
    assert json.loads(back.stdout)["kept"] == 2


@one_database
def test_a_source_by_schedule(server: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "agenda.ics"
    more = (
        AGENDA.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0].replace("one@", "two@").replace("Fête", "Foire")
    )
    path.write_text(AGENDA.format(more=f"BEGIN:VEVENT{more}END:VEVENT\n"))
    catalogue(server, "source", "add", "mairie", "ical", str(path), "--every", "60", "--complete")
    ran = json.loads(catalogue(server, "source", "run").stdout)
    assert ran["outcome"] == "imported"
    source = {"source": "ical:mairie"}
    assert set(ask(server, STATES.format(**source))) == {"one@mairie.example", "two@mairie.example"}
    assert catalogue(server, "source", "run").stdout == ""  # not due
    unchanged = json.loads(catalogue(server, "source", "run", "mairie").stdout)
    assert unchanged["outcome"] == "unchanged"
    # Half of a whole feed may go; more is taken for a broken feed.
    path.write_text(AGENDA.format(more=""))
    catalogue(server, "source", "run", "mairie")
    states = ask(server, STATES.format(**source))
    assert states == {"one@mairie.example": "draft", "two@mairie.example": "expired"}
    path.write_text(AGENDA.format(more="").replace("one@", "other@").replace("cerises", "figues"))
    broken = json.loads(catalogue(server, "source", "run", "mairie").stdout)
    assert "none of them was withdrawn" in broken["message"]
    path.write_text("no calendar")
    failed = catalogue(server, "source", "run", "mairie", check=False)
    assert failed.returncode == 0  # one file, one refused: that is an import, and its summary says so
    listed = json.loads(catalogue(server, "source", "list").stdout)
    assert listed["source"] == "mairie"
    assert listed["rejected"] == 1
    path.unlink()
    assert catalogue(server, "source", "run", "mairie", check=False).returncode == 1
    assert json.loads(catalogue(server, "source", "list").stdout)["failures"] == 1
    catalogue(server, "source", "remove", "mairie")
    missing = catalogue(server, "source", "run", "mairie", check=False)
    assert missing.returncode == 2
    assert missing.stderr == "There is no source 'mairie'.\n"


@one_database
def test_the_worker_reads_what_is_due(server: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "agenda.ics"
    path.write_text(AGENDA.format(more="").replace("one@", "worker@").replace("cerises", "abricots"))
    catalogue(server, "source", "add", "par-le-worker", "ical", str(path))
    done = ask(
        server,
        "from server.api.runtime import runtime\nfrom server.worker.jobs import JOBS, run_job\n"
        "wanted = [job for job in JOBS if job.lane == 'content']\n"
        "print(json.dumps([list(run_job(job, runtime()).values())[0] for job in wanted]))",
    )
    assert done[0] == {"imported": 1}
    assert set(done[1]) == {"fetched", "unchanged", "failed"}
    assert "worker@mairie.example" in ask(server, STATES.format(source="ical:par-le-worker"))
    catalogue(server, "source", "remove", "par-le-worker")


LAST_DAYS = """
from server.api.runtime import runtime
from server.catalogue.models import OfferDraft
from server.worker.jobs import JOBS, run_job
run = runtime()
(job,) = [job for job in JOBS if job.name == "expiry"]
run_job(job, run)
kept, over, unread = OfferDraft.objects.filter(state="published").order_by("uid")[:3]
today = __import__("domain.days").days.local_day(run.clock.now_ms()).isoformat()
OfferDraft.objects.filter(pk=kept.pk).update(last_day=today)
OfferDraft.objects.filter(pk__in=[over.pk, unread.pk]).update(last_day="2020-01-01")
OfferDraft.objects.filter(pk=unread.pk).update(state="draft")
done = [list(run_job(job, run).values())[0]["expired"] for _ in range(2)]
states = [OfferDraft.objects.get(pk=row.pk).state for row in (kept, over, unread)]
print(json.dumps([done, states]))
"""


@one_database
def test_the_worker_expires_what_is_over(server: LiveServer) -> None:
    assert ask(server, LAST_DAYS) == [[2, 0], ["published", "expired", "expired"]]


@one_database
def test_stories_and_photos(server: LiveServer, tmp_path: Path, photo: bytes) -> None:
    feed = "<rss version='2.0'><channel><title>B</title><item><title>{}</title><guid>1</guid></item></channel></rss>"
    (tmp_path / "blog.xml").write_text(feed.format("Au moulin"))
    words = ("--author", "Jeanne", "--licence", "CC BY 4.0")
    assert json.loads(catalogue(server, "import", "rss", str(tmp_path / "blog.xml"), *words).stdout)["kept"] == 1
    ask(server, "from server.imports.models import Story\nStory.objects.update(state='accepted', offer='x')\nprint(1)")
    (tmp_path / "blog.xml").write_text(feed.format("Au vieux moulin"))
    catalogue(server, "import", "rss", str(tmp_path / "blog.xml"), *words)
    story = ask(
        server,
        "from server.imports.models import Story\n"
        "print(json.dumps(list(Story.objects.values_list('title', 'state', 'offer'))))",
    )
    assert story == [["Au vieux moulin", "accepted", "x"]]
    into = ("--into", str(tmp_path / "x.db"))
    refused = catalogue(server, "import", "rss", str(tmp_path / "blog.xml"), *into, check=False)
    assert refused.returncode == 2
    assert "leave --into out" in refused.stderr

    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photo)
    offer = ask(
        server,
        "from server.catalogue.models import OfferDraft\n"
        "print(json.dumps(OfferDraft.objects.filter(state='published').order_by('uid')[0].uid))",
    )
    (folder / "photos.csv").write_text(f"file,offer,author,licence\na.jpg,{offer},A. Martin,CC0\n")
    done = catalogue(server, "import", "photos", str(folder))
    assert json.loads(done.stdout)["kept"] == 1
    shown = ask(
        server,
        "from server.catalogue.drafts import load_drafts\nfrom server.imports.library import with_photos\n"
        "from server.imports.models import Photo\nfrom server.catalogue.pictures import PictureStore\n"
        "from django.conf import settings\nphoto = Photo.objects.get()\n"
        "found = [o for o in with_photos(photo.territory, load_drafts(photo.territory)) if o.id == photo.offer]\n"
        "encoded = PictureStore(settings.HOME.pictures).get(found[0].pictures[0])\n"
        "print(json.dumps([found[0].pictures[0].author, len(encoded.small) > 100]))",
    )
    assert shown == ["A. Martin", True]
    published = json.loads(server.run("publish").stdout)
    assert published["blobs"] == 2


@one_database
def test_a_newcomers_mistakes_are_one_sentence(server: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "empty.ics").touch()
    for arguments, said in (
        (("import", "ical", str(tmp_path / "none.ics")), "does not exist"),
        (("import", "ical", str(tmp_path / "empty.ics")), "is empty"),
        (("import", "ical", "ftp://example.org/a.ics"), "neither a file"),
        (("import", "ical", "http://127.0.0.1:1/a.ics"), "cannot be fetched"),
        (("import", "apidae", str(tmp_path), "--territory", "nowhere"), "no"),
        (("school-holidays", str(tmp_path / "empty.ics")), "no columns"),
        (("source", "add", "a b", "ical", "x"), "letters, figures"),
    ):
        done = catalogue(server, *arguments, check=False)
        assert done.returncode == 2, (arguments, done)
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert done.stdout == ""
