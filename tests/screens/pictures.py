"""`./run pictures [--out DIR] [NAME…]`: every screen as a PNG, at the reference sizes, in the languages that are there.

One process a size, because Kivy takes its density once. A one-colour picture is a failure.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

# The two tablet sizes at 97 ppi (the design's drawings) and the 21.5-inch screen both ways (102.5 ppi).
SIZES = (("1280x800", "97"), ("800x1280", "97"), ("1920x1080", "102.5"), ("1080x1920", "102.5"))
LANGUAGES = ("fr", "en")
BLANK = 8  # fewer colours than this is no picture


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run pictures", description=__doc__)
    parser.add_argument("names", nargs="*", help="only screens whose name begins so")
    parser.add_argument("--out", type=Path, default=Path("pictures"))
    options = parser.parse_args()
    drawn, blank = 0, []
    for size, ppi in SIZES:
        command = [sys.executable, "-m", "tests.screens.gallery", str(options.out), *options.names]
        command += ["--size", size, "--ppi", ppi]
        for language in LANGUAGES:
            command += ["--language", language]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["the gallery failed"]
            print(said[-1], file=sys.stderr)
            return 1
        for line in done.stdout.splitlines():
            path, _, colours = line.rpartition(" ")
            drawn += 1
            if int(colours) < BLANK:
                blank.append(path)
    print(f"{drawn} pictures in {options.out}, {len(blank)} blank")
    for path in blank:
        print(f"  blank: {path}", file=sys.stderr)
    return 1 if blank or not drawn else 0


if __name__ == "__main__":
    sys.exit(main())
