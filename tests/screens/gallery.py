"""Write a PNG of each sample state.

`python -m tests.screens.gallery OUT [NAME…] [--size 1280x800] [--language fr] [--ppi 97]`
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from tests.screens.render import Stage, prepare_environment, start_xvfb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--size", action="append", default=[])
    parser.add_argument("--language", action="append", default=[])
    parser.add_argument("--ppi", type=float, default=97.0)
    options = parser.parse_args()
    first_size = (options.size or ["1280x800"])[0].partition("x")
    prepare_environment(options.ppi, (int(first_size[0]), int(first_size[2])))
    xvfb = start_xvfb()
    try:
        stage = Stage()
        stage.open()
        from tests.screens.samples import SHELLS, STATES

        for size in options.size or ["1280x800"]:
            width, _, height = size.partition("x")
            for language in options.language or ["fr"]:
                for name, state in STATES.items():
                    if options.names and not any(name.startswith(wanted) for wanted in options.names):
                        continue
                    shell = replace(SHELLS.get(name, SHELLS[""]), language=language)
                    stage.show(state, shell, (int(width), int(height)))
                    path = options.out / f"{name}_{language}_{size}.png"
                    print(path, stage.save(path))
    finally:
        if xvfb is not None:
            xvfb.terminate()
            xvfb.wait(timeout=10)


if __name__ == "__main__":
    main()
