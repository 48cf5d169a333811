"""A TPM 2.0 through tpm2-tools: a P-256 key that never leaves it, a secret sealed to it, a few bytes of its memory.

tpm2-tools (BSD) run as child processes: nothing to compile, and a TPM that hangs is a time-out, not a stuck kiosk. Keys
are kept as the two blobs that TPM2_Create gives, useless to any other TPM; contexts live in a private folder of this
process. One TPM at a time: calls queue on a lock, any thread may call. A signature takes one child, some 40 ms with
swtpm, up to 200 ms with real chips.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Final

DEVICE: Final = Path("/dev/tpmrm0")  # the kernel's resource manager
SECONDS: Final = 30.0
SECRET_BYTES_MAX: Final = 128  # of a sealed object (TPM 2.0 Library, part 2, MAX_SYM_DATA)
_NO_ROOM: Final = "0x902"  # TPM_RC_OBJECT_MEMORY: without a resource manager, loaded objects stay
_KEY_ATTRIBUTES: Final = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign"
_NV_ATTRIBUTES: Final = "ownerread|ownerwrite|no_da"


class TpmTrouble(Exception):
    """The TPM cannot do it; one sentence, without secrets."""


@dataclass(frozen=True, slots=True, repr=False)
class Blobs:
    """An object outside its TPM: TPM2B_PUBLIC and TPM2B_PRIVATE."""

    public: bytes
    private: bytes


def find_tpm() -> str | None:
    """How to reach this machine's TPM, None when it has none or the tools are not installed."""
    if not DEVICE.exists() or not os.access(DEVICE, os.R_OK | os.W_OK) or shutil.which("tpm2_sign") is None:
        return None
    return f"device:{DEVICE}"


class Tpm:
    """See the module. `close` forgets the contexts; the keys stay in the TPM's keeping."""

    def __init__(self, tcti: str) -> None:
        """`tcti` as tpm2-tools take it: "device:/dev/tpmrm0", "swtpm:path=…". Raises TpmTrouble."""
        if shutil.which("tpm2_sign") is None:
            raise TpmTrouble("tpm2-tools are not installed")
        self._tcti = tcti
        self._lock = Lock()
        self._folder = TemporaryDirectory(prefix="zerot-tpm-")
        self._at = Path(self._folder.name)
        self._loaded: dict[bytes, Path] = {}
        try:
            self._run("createprimary", "-C", "o", "-g", "sha256", "-G", "ecc", "-c", self._path("primary"))
        except TpmTrouble:
            self._folder.cleanup()
            raise

    def close(self) -> None:
        self._folder.cleanup()

    def create_key(self) -> Blobs:
        """A fresh P-256 signing key, made by the TPM."""
        self._run(
            *("create", "-C", self._path("primary"), "-G", "ecc256:ecdsa-sha256", "-a", _KEY_ATTRIBUTES),
            *("-u", self._path("u"), "-r", self._path("r")),
        )
        return self._blobs()

    def public_der(self, key: Blobs) -> bytes:
        """SubjectPublicKeyInfo of a key, 91 bytes."""
        self._run("readpublic", "-c", str(self._load(key)), "-f", "der", "-o", self._path("der"))
        return (self._at / "der").read_bytes()

    def sign(self, key: Blobs, message: bytes) -> bytes:
        """ECDSA with SHA-256 over `message`, DER."""
        context = self._load(key)
        with self._lock:
            (self._at / "digest").write_bytes(sha256(message).digest())
            self._run_locked(
                *("sign", "-c", str(context), "-g", "sha256", "-d", "-f", "plain", "-o", self._path("sig")),
                self._path("digest"),
            )
            return (self._at / "sig").read_bytes()

    def seal(self, secret: bytes) -> Blobs:
        """A secret that only this TPM gives back."""
        if not 0 < len(secret) <= SECRET_BYTES_MAX:
            raise TpmTrouble("a sealed secret has 1 to 128 bytes")
        self._run(
            "create", "-C", self._path("primary"), "-i", "-", "-u", self._path("u"), "-r", self._path("r"), given=secret
        )
        return self._blobs()

    def unseal(self, sealed: Blobs) -> bytes:
        return self._run("unseal", "-c", str(self._load(sealed)))

    def read_memory(self, index: int) -> bytes | None:
        """The bytes at an NV index, None where nothing is defined."""
        if not self._defined(index):
            return None
        return self._run("nvread", hex(index), "-C", "o")

    def write_memory(self, index: int, content: bytes) -> None:
        """Write all bytes at an NV index, defining it at first (again when the size differs)."""
        if self._defined(index) and len(self._run("nvread", hex(index), "-C", "o")) != len(content):
            self._run("nvundefine", hex(index), "-C", "o")
        if not self._defined(index):
            self._run("nvdefine", hex(index), "-C", "o", "-s", str(len(content)), "-a", _NV_ATTRIBUTES)
        self._run("nvwrite", hex(index), "-C", "o", "-i", "-", given=content)

    def _defined(self, index: int) -> bool:
        listed = self._run("getcap", "handles-nv-index").decode("ascii", "replace").lower()
        return f"0x{index:x}" in listed.replace("-", " ").split()

    def _load(self, blobs: Blobs) -> Path:
        name = sha256(blobs.public).digest()
        known = self._loaded.get(name)
        if known is not None:
            return known
        context = self._at / f"{name.hex()[:16]}.ctx"
        with self._lock:
            (self._at / "lu").write_bytes(blobs.public)
            (self._at / "lr").write_bytes(blobs.private)
            self._run_locked(
                *("load", "-C", self._path("primary"), "-u", self._path("lu"), "-r", self._path("lr")),
                *("-c", str(context)),
            )
        self._loaded[name] = context
        return context

    def _blobs(self) -> Blobs:
        return Blobs((self._at / "u").read_bytes(), (self._at / "r").read_bytes())

    def _path(self, name: str) -> str:
        return str(self._at / name)

    def _run(self, *words: str, given: bytes = b"") -> bytes:
        with self._lock:
            return self._run_locked(*words, given=given)

    def _run_locked(self, *words: str, given: bytes = b"") -> bytes:
        done = self._child(words, given)
        if done.returncode and _NO_ROOM in done.stderr.decode("utf-8", "replace"):
            self._child(("flushcontext", "-t"), b"")
            done = self._child(words, given)
        if done.returncode:
            lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.startswith("ERROR:")]
            raise TpmTrouble(f"the TPM refused tpm2_{words[0]}: {lines[-2 if len(lines) > 1 else -1] if lines else ''}")
        return done.stdout

    def _child(self, words: tuple[str, ...], given: bytes) -> subprocess.CompletedProcess[bytes]:
        quiet = () if words[0] in ("unseal", "nvread", "getcap", "flushcontext") else ("-Q",)
        clean = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "TPM2TOOLS_TCTI": self._tcti}
        try:
            return subprocess.run(
                [f"tpm2_{words[0]}", *quiet, *words[1:]],
                input=given,
                capture_output=True,
                check=False,
                timeout=SECONDS,
                env=clean,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TpmTrouble(f"tpm2_{words[0]} does not answer") from error
