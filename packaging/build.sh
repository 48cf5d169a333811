#!/bin/sh
# Builds the frozen kiosk into dist/zerot and tries it. Called by `./run package`, which has done the set-up.
#   packaging/build.sh [--no-try]
set -eu
cd "$(dirname "$0")/.."
PY=${PYTHON:-.venv/bin/python}

# Kivy is imported by its build hook: it must neither write into the builder's home nor want a display.
export KIVY_HOME="$PWD/build/kivy" KIVY_NO_ARGS=1 KIVY_NO_FILELOG=1
# The same source gives the same order of things inside.
export PYTHONHASHSEED=0
if git rev-parse --git-dir >/dev/null 2>&1; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    export SOURCE_DATE_EPOCH
fi
mkdir -p "$KIVY_HOME"

printf 'Building dist/zerot (about 20 s; the log is build/package.log)\n' >&2
# PyInstaller's helpers tell at length of every optional module of Kivy that is absent: into the log with it.
if ! "$PY" -m PyInstaller --noconfirm --clean --log-level WARN --distpath dist --workpath build/pyinstaller \
    kiosk.spec >build/package.log 2>&1; then
    tail -n 40 build/package.log >&2
    exit 1
fi
if grep -q 'Hidden import .* not found' build/package.log; then
    grep 'Hidden import .* not found' build/package.log >&2
    exit 1
fi
du -sh dist/zerot >&2

[ "${1:-}" = --no-try ] && exit 0
# The folder that was built is what is tried: ZEROT_FROZEN tells tests/frozen where it is.
ZEROT_FROZEN="$PWD/dist/zerot/zerot" exec "$PY" -m pytest -q -p no:cacheprovider tests/frozen
