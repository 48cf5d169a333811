"""An offer as the kiosk will show it: the kiosk's own program draws it, in a process of its own, kept by what it shows.

The server never imports the kiosk: it runs ``zerot preview``, hands it the offer as JSON and takes a PNG. One at a
time: a window in software takes a core for two seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from hashlib import sha256
from pathlib import Path

from sync.content.codec import Json, dumps

RENDER_SECONDS = 60
KEPT_MAX = 300
SIZES = {"paysage": "1280x800", "portrait": "800x1280"}


class PreviewUnavailable(Exception):
    """No picture could be made; the message is one French sentence."""


class Renderer:
    """Previews of one server, in ``folder``. Any thread."""

    def __init__(self, folder: Path, pictures: Path) -> None:
        """``pictures`` is the folder of the `PictureStore`: photos by key and size."""
        self._folder, self._pictures = folder, pictures
        self._busy = threading.Lock()

    def path(self, document: Json) -> Path:
        """The picture of what ``document`` (see `kiosk.preview`) says, drawn now or before. PreviewUnavailable."""
        text = dumps(document)
        target = self._folder / f"{sha256(text.encode()).hexdigest()}.png"
        if target.exists():
            return target
        with self._busy:
            if not target.exists():
                self._render(text, target)
        return target

    def _render(self, text: str, target: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()
        # Nothing of the server's environment: the child needs no secret of ours, and no settings.
        clean = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "DISPLAY", "XAUTHORITY")}
        with tempfile.TemporaryDirectory(prefix="zerot-preview-") as home:
            aside = Path(home) / "preview.png"
            command = [
                sys.executable, "-m", "kiosk.cli", "preview", "--out", str(aside), "--pictures", str(self._pictures),
            ]  # fmt: skip
            try:
                done = subprocess.run(
                    command,
                    input=text,
                    env={**clean, "HOME": home, "ZEROT_HOME": home},
                    capture_output=True,
                    text=True,
                    timeout=RENDER_SECONDS,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise PreviewUnavailable("L'aperçu n'a pas pu être dessiné à temps.") from error
            if done.returncode != 0 or not aside.exists():
                said = done.stderr.strip().splitlines()[-1:] or ["sans explication"]
                raise PreviewUnavailable(f"L'aperçu n'a pas pu être dessiné : {said[0][:200]}")
            _beside(aside, target).replace(target)

    def _sweep(self) -> None:
        """Forget the oldest previews beyond the bound."""
        kept = sorted(self._folder.glob("*.png"), key=lambda path: path.stat().st_mtime)
        for path in kept[: max(0, len(kept) - KEPT_MAX + 1)]:
            path.unlink(missing_ok=True)


def _beside(aside: Path, target: Path) -> Path:
    """A copy on the target's own disk, to be renamed."""
    moved = target.with_suffix(".new")
    moved.write_bytes(aside.read_bytes())
    return moved
