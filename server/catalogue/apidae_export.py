"""What stands beside the objects of an Apidae export (zip or folder): reference elements, communes, selections.

Read before the objects, which name all three by number only. Damaged lists are as good as absent: objects then keep
their broad kind and their coordinates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from server.catalogue.apidae import References
from server.catalogue.cleaning import clean_line
from server.catalogue.feed_source import FeedUnreadable, Shape, load_json, read_member
from server.catalogue.zip_stream import NotAZip, ZipStream

# All reference elements have 6 MB, the communes of France 5 MB.
LIST_BYTES = 48 * 1024 * 1024
LISTS = frozenset(("elements_reference.json", "communes.json", "selections.json", "criteres_internes.json"))
SHAPE = Shape(
    frozenset((".json",)),
    LISTS | {"index.json", "territoires.json", "types_reference.json"},
    whole=True,
    noun="Apidae object",
)


def read_references(path: Path) -> References:
    """The lists of the export at ``path``; empty for a single file."""
    words: dict[tuple[str, int], str] = {}
    communes: dict[int, str] = {}
    selections: dict[str, set[str]] = defaultdict(set)
    for name, data in _lists(path):
        try:
            listed = load_json(data)
        except (ValueError, RecursionError):
            continue
        for entry in listed if isinstance(listed, list) else ():
            if not isinstance(entry, dict):
                continue
            number = entry.get("id")
            if name == "selections.json":
                _add_selection(selections, entry)
            elif isinstance(number, int) and name == "communes.json" and isinstance(entry.get("nom"), str):
                communes[number] = entry["nom"]
            elif isinstance(number, int) and name == "elements_reference.json":
                kind, word = entry.get("elementReferenceType"), entry.get("libelleFr")
                if isinstance(kind, str) and isinstance(word, str):
                    words[kind, number] = word
    return References(words, communes, {key: frozenset(names) for key, names in selections.items()})


def _add_selection(selections: dict[str, set[str]], entry: dict[str, object]) -> None:
    names = {str(entry.get("id"))}
    if isinstance(entry.get("nom"), str):
        names.add(clean_line(str(entry["nom"])))
    members = entry.get("objetsTouristiques")
    for member in members if isinstance(members, list) else ():
        if isinstance(member, dict) and "id" in member:
            selections[str(member["id"])] |= names


def _lists(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for name in sorted(LISTS):
            for file in sorted(path.rglob(name))[:1]:
                if file.is_file() and file.stat().st_size <= LIST_BYTES:
                    yield name, file.read_bytes()
    elif path.suffix.lower() != ".json":
        try:
            with ZipStream(path) as archive:
                for member in archive.members():
                    name = PurePosixPath(member.name).name
                    if name in LISTS and "__MACOSX" not in member.name:
                        data = read_member(archive, member, LIST_BYTES)
                        if data is not None:
                            yield name, data
        except NotAZip as error:
            raise FeedUnreadable(f"{path} is not a zip archive, nor a folder, nor a JSON file.") from error
