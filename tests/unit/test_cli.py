"""`zerot` as it is typed: every verb explains itself, and every mistake is one sentence and exit status 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from kiosk.cli import VERBS, main

ROOT = Path(__file__).resolve().parents[2]
IBEACON = "0201061AFF4C000215B9407F30F5F8466EAFF925556B57FE6D1234ABCDC5"


def zerot(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], prog_name="zerot")


def said(result: Result) -> list[str]:
    """The lines on stderr, without click's pointer to the help."""
    return [line for line in result.stderr.splitlines() if line and not line.startswith(("Usage:", "Try "))]


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)


def test_the_group_names_every_verb() -> None:
    result = zerot("--help")
    assert result.exit_code == 0
    commands = result.stdout.split("Commands:")[1]
    for verb, (_, sentence) in VERBS.items():
        assert verb in commands.split()
        assert sentence.split()[0] in commands


def commands_under(command: click.Command, name: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield name
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from commands_under(found, (*name, child))


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_and_everything_under_it_explains_itself(verb: str) -> None:
    context = click.Context(main)
    command = main.get_command(context, verb)
    assert command is not None
    for words in commands_under(command, (verb,)):
        result = zerot(*words, "--help")
        assert result.exit_code == 0, (words, result.stderr)
        assert result.stdout.startswith(f"Usage: zerot {' '.join(words)} ")
        assert len(result.stdout.split("\n\n")) >= 3, f"{words} says nothing about itself"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_an_unknown_option_is_one_sentence(verb: str) -> None:
    result = zerot(verb, "--sing")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said(result) == ["Error: No such option: --sing"] or said(result)[0].startswith("Error: No such option")


@pytest.mark.parametrize(
    "words",
    [
        ("dance",),
        ("beacon", "dance"),
        ("beacon", "parse"),
        ("card", "dance"),
        ("card", "show"),
        ("catalogue", "import", "dance"),
        ("catalogue", "import", "datatourisme"),
        ("server", "dance"),
        ("server", "--port", "99999"),
        ("server", "create-device"),
        ("tour",),
        ("tour", "--out", "x", "--size", "huge"),
        ("verify",),
        ("kiosk", "now"),
        ("kiosk", "--size", "3x4"),
        ("kiosk", "--self-check"),
        ("kiosk", "--keys", "k.json"),
        ("kiosk",),
    ],
    ids=" ".join,
)
def test_wrong_words_are_refused_in_one_sentence(words: tuple[str, ...]) -> None:
    result = zerot(*words)
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    assert len(said(result)) == 1, result.stderr
    assert said(result)[0].startswith("Error: ")


def test_beacon_parse_prints_a_json_list() -> None:
    result = zerot("beacon", "parse", IBEACON)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {
            "type": "ibeacon",
            "uuid": "b9407f30-f5f8-466e-aff9-25556b57fe6d",
            "major": 0x1234,
            "minor": 0xABCD,
            "tx_power_dbm": -59,
        }
    ]
    assert json.loads(zerot("beacon", "parse", IBEACON.lower()).stdout) == json.loads(result.stdout)
    uid = zerot("beacon", "parse", "0303AAFE1516AAFE00E800112233445566778899AABBCCDDEEFF")
    assert json.loads(uid.stdout) == [
        {
            "type": "eddystone_uid",
            "namespace": "00112233445566778899",
            "instance": "aabbccddeeff",
            "tx_power_dbm": -24,
        }
    ]


@pytest.mark.parametrize("payload", ["", "00", "020106", "FF" * 40, "0201061AFF4C0002"])
def test_what_is_no_beacon_gives_an_empty_list(payload: str) -> None:
    result = zerot("beacon", "parse", payload)
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


@pytest.mark.parametrize("payload", ["zz", "0", "020", "0x0201", "02 0"])
def test_wrong_hex_is_one_sentence(payload: str) -> None:
    result = zerot("beacon", "parse", payload)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(said(result)) == 1


def test_an_import_of_nonsense_is_one_sentence_and_writes_nothing(tmp_path: Path) -> None:
    into = tmp_path / "made.db"
    nonsense = {
        "none.zip": None,
        "noise.zip": os.urandom(2_000),
        "empty.zip": b"",
        "cut.zip": b"PK\x03\x04" + bytes(40),
        "words.txt": b"hello",
    }
    for name, content in nonsense.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        result = zerot("catalogue", "import", "datatourisme", path, "--into", into)
        assert (result.exit_code, result.stdout) == (2, ""), (name, result.stderr)
        assert len(said(result)) == 1, (name, result.stderr)
        assert not into.exists(), name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(set(nonsense) - {"none.zip"})


def test_a_broken_object_is_counted_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "half.json"
    path.write_bytes(b'{"@graph": [')
    result = zerot("catalogue", "import", "datatourisme", path, "--into", tmp_path / "made.db")
    summary = json.loads(result.stdout)
    assert (summary["read"], summary["kept"], summary["rejected"]) == (1, 0, 1)
    assert "half.json" in result.stdout


def in_a_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The whole program, with what it imports and leaves behind."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ZEROT_")}
    return subprocess.run(
        [sys.executable, "-m", "kiosk", *arguments],
        cwd=ROOT,
        env={**clean, "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "word"),
    [
        ("no home", "cannot be written"),
        ("ppi", "ZEROT_PPI"),
        ("desk key", "damaged.json"),
        ("open desk key", "0600"),
        ("pairing", "pairing.json is damaged"),
        ("display", "display"),
    ],
)
def test_a_kiosk_that_cannot_start_says_why(tmp_path: Path, damage: str, word: str) -> None:
    home = tmp_path / "home"
    environment = {"ZEROT_HOME": str(home), "DISPLAY": ":4711"}
    if damage == "no home":
        environment["ZEROT_HOME"] = "/proc/zerot"
    elif damage == "ppi":
        environment["ZEROT_PPI"] = "lots"
    elif damage in ("desk key", "open desk key"):
        keys = tmp_path / "damaged.json"
        keys.write_text("{}")
        keys.chmod(0o644 if damage == "open desk key" else 0o600)
        environment["ZEROT_DESK_KEYS"] = str(keys)
    elif damage == "pairing":
        (home / "kiosk").mkdir(parents=True)
        (home / "kiosk" / "pairing.json").write_text('{"version": 1}')
        (home / "kiosk" / "pairing.json").chmod(0o600)
    done = in_a_process("kiosk", **environment, ZEROT_COLOUR="blue")
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert last.endswith(".")
    assert word in last
    if damage not in ("ppi",):
        assert "The variable ZEROT_COLOUR is not known to this kiosk and changes nothing." in done.stderr


@pytest.mark.slow
def test_a_light_verb_loads_no_heavy_library() -> None:
    """`zerot beacon parse` on a small device answers at once: no Kivy, bleak, Django or PC/SC."""
    code = (
        "import sys; from kiosk.cli import main; main(['beacon', 'parse', ''], standalone_mode=False); "
        "print(sorted({'kivy', 'bleak', 'django', 'smartcard'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["[]", "[]"]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("bench", ["nonsense"]),
        ("bench", ["journal", "nonsense"]),
        ("tests.prove", ["nonsense"]),
        ("tests.prove", ["card", "--seed"]),
        ("tests.prove", ["--seed", "-1"]),
        ("bench.bench_ingest", ["oracle"]),
    ],
)
def test_the_long_programs_refuse_unknown_words_at_once(
    program: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    module = import_module("bench.__main__" if program == "bench" else program)
    assert module.main(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1


def test_bench_and_proofs_name_what_exists() -> None:
    for commands in import_module("bench.__main__").GROUPS.values():
        for module, *_ in commands:
            assert find_spec(module) is not None, module
    for module, patterns in import_module("tests.prove").GROUPS.values():
        assert find_spec(module) is not None, module
        for pattern in patterns:
            assert list(ROOT.glob(pattern)), pattern
