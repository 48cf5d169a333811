"""Where the server keeps its files and its secrets: all under `$ZEROT_HOME/server`, 0700 and 0600."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = Path("/var/lib/zerot")


@dataclass(frozen=True, slots=True)
class ServerHome:
    """Paths of one server. Several servers on one machine have several homes."""

    root: Path  # $ZEROT_HOME/server

    @property
    def database(self) -> Path:
        return self.root / "server.db"

    @property
    def secret_key(self) -> Path:
        return self.root / "secret-key"

    @property
    def blobs(self) -> Path:
        """Content-addressed blobs: NAME is the SHA-256 in hex."""
        return self.root / "blobs"

    @property
    def pictures(self) -> Path:
        """Pictures of offers, fetched and encoded again (server.catalogue.pictures)."""
        return self.root / "pictures"

    @property
    def feeds(self) -> Path:
        """What scheduled sources remember between two visits: validators and school holidays."""
        return self.root / "feeds"

    @property
    def metrics_token(self) -> Path:
        """What whoever reads /metrics must send."""
        return self.root / "metrics-token"

    def card_keys(self, territory: str) -> Path:
        return self.root / f"card-keys-{territory}.json"

    def blob(self, sha256_hex: str) -> Path:
        return self.blobs / sha256_hex


def home_from_environment(environment: Mapping[str, str]) -> ServerHome:
    """`$ZEROT_HOME/server`, by default under /var/lib/zerot."""
    return ServerHome(Path(environment.get("ZEROT_HOME") or DEFAULT_HOME) / "server")


def prepare_home(home: ServerHome) -> None:
    """Make the folders and the web secret if they are not there. Raises OSError."""
    for folder in (home.root, home.blobs):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    if not home.secret_key.exists():
        write_secret(home.secret_key, secrets.token_urlsafe(48).encode())
    if not home.metrics_token.exists():
        write_secret(home.metrics_token, secrets.token_urlsafe(24).encode())


def read_secret_key(home: ServerHome) -> str:
    """The web secret; before `prepare_home` a passing one, with which sessions end at the next start."""
    try:
        return home.secret_key.read_text(encoding="ascii")
    except OSError:
        return secrets.token_urlsafe(48)


def write_secret(path: Path, content: bytes) -> None:
    """Write a 0600 file, atomically and durably. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
