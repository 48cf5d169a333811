"""`./run prove [card|sync]`: the long proofs. Every tear, every order, many seeds; then every property at length.

    python -m tests.prove [card|sync] [--quick] [--seed N]

Prints a line of counts per proof and `proven` or `NOT PROVEN` at the end; exit status 0, 1, or 2 for words it does not
know. `--quick` goes the same ways with a handful of cases: it shows that the proofs run, not that they hold.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.prove_profile import FACTOR_VARIABLE

ROOT = Path(__file__).resolve().parents[1]
FACTOR, QUICK_FACTOR = 20, 1
EXAMPLES = re.compile(r"^\s+- (\d+) passing", re.MULTILINE)
PASSED = re.compile(r"(\d+) passed")
SEED_MAX = 2**32

# A group is a program of exhaustive proofs, and the test files whose properties are tried at length.
GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "card": (
            "tests.prove_card",
            (
                "tests/unit/test_card_*.py",
                "tests/unit/test_simulated_card.py",
                "tests/unit/test_desfire_vectors.py",
                "tests/unit/test_purse_*.py",
            ),
        ),
        "sync": (
            "tests.prove_sync",
            (
                "tests/unit/test_sync_*.py",
                "tests/unit/test_journal*.py",
                "tests/unit/test_ledger.py",
                "tests/unit/test_domain_values.py",
                "tests/integration/test_sync_over_http.py",
            ),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    groups: tuple[str, ...]
    quick: bool
    seed: int


class WrongWords(Exception):
    """One sentence for whoever typed it."""


def parse(words: list[str]) -> Wanted:
    """Raises WrongWords."""
    groups: list[str] = []
    quick, seed = False, random.SystemRandom().randrange(SEED_MAX)
    rest = iter(words)
    for word in rest:
        if word == "--quick":
            quick = True
        elif word == "--seed":
            number = next(rest, "")
            if not number.isascii() or not number.isdigit() or int(number) >= SEED_MAX:
                raise WrongWords(f"A seed is a whole number below {SEED_MAX}, not {number!r}.")
            seed = int(number)
        elif word in GROUPS:
            groups.append(word)
        else:
            raise WrongWords(f"There is no proof {word!r}: choose from {', '.join(GROUPS)}.")
    return Wanted(tuple(groups) or tuple(GROUPS), quick, seed)


def exhaustive(group: str, wanted: Wanted) -> bool:
    """The group's own program, in a process of its own; its lines pass through."""
    command = [sys.executable, "-m", GROUPS[group][0], "--seed", str(wanted.seed), *["--quick"] * wanted.quick]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def at_length(group: str, wanted: Wanted) -> bool:
    """The group's tests with many more examples; one line of counts, or pytest's own words when one fails."""
    started = time.monotonic()
    files = [str(file.relative_to(ROOT)) for pattern in GROUPS[group][1] for file in sorted(ROOT.glob(pattern))]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.prove_profile"),
            *("--hypothesis-show-statistics", f"--hypothesis-seed={wanted.seed}", *files),
        ],
        cwd=ROOT,
        env={**os.environ, FACTOR_VARIABLE: str(QUICK_FACTOR if wanted.quick else FACTOR)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        return False
    examples = sum(map(int, EXAMPLES.findall(done.stdout)))
    tests = sum(map(int, PASSED.findall(done.stdout)))
    if not examples:
        print(f"{group}: not one property was tried: hypothesis tells its counts in other words.", file=sys.stderr)
        return False
    seconds = time.monotonic() - started
    print(f"{group}: properties: {tests} tests, {examples} examples (seed {wanted.seed}, {seconds:.0f} s)", flush=True)
    return True


def main(words: list[str]) -> int:
    """The exit status."""
    try:
        wanted = parse(words)
    except WrongWords as error:
        print(error, file=sys.stderr)
        return 2
    print(f"seed {wanted.seed}", file=sys.stderr)
    good = True
    for group in wanted.groups:
        good = exhaustive(group, wanted) and good
        good = at_length(group, wanted) and good
    print("proven" if good else "NOT PROVEN")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
