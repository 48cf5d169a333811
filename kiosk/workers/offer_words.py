"""What is said about an offer, parted for the screen: why it is worth it, then the rest. Pure."""

from __future__ import annotations

import re

PITCH_CHARS = 240  # of a text that has no pitch of its own, as much as may stand in large type
SENTENCE_CHARS_MIN = 40  # a shorter first "sentence" is an abbreviation or a heading
CARRY_ON_CHARS = 80  # a sentence that was cut is told to its end when no more than this is missing
_SENTENCE_END = re.compile(r"[.!?…]['’»\")]*(?=\s)")
_LINES = re.compile(r"[ \t]*\n\s*")


def part_words(pitch: str, description: str) -> tuple[str, str]:
    """The pitch in whole sentences, and what the description adds to it; either may be ''.

    Feeds often give the first words of the description as the pitch, cut anywhere. Those are not said twice.
    """
    pitch, description = (_LINES.sub("\n", text.strip()) for text in (pitch, description))
    start = pitch.removesuffix("…").removesuffix("...").rstrip()
    if not start:
        if len(description) <= PITCH_CHARS:
            return description, ""
        end = _sentence_end(description, PITCH_CHARS)
        return (description[:end], description[end:].lstrip()) if end else (description, "")
    if not description.startswith(start):
        return pitch, description
    if start == pitch:
        return pitch, description[len(start) :].lstrip(" \n.;:,")
    end = _sentence_end(description, len(start)) or _next_sentence_end(description, len(start))
    if end:
        return description[:end], description[end:].lstrip()
    return pitch, "…\u00a0" + description[len(start) :].lstrip(" .…")


def _next_sentence_end(text: str, start: int) -> int:
    """Where the sentence that is open at `start` ends, if that is near; else 0."""
    found = _SENTENCE_END.search(text, start)
    if found is not None and found.end() <= start + CARRY_ON_CHARS:
        return found.end()
    return len(text) if len(text) <= start + CARRY_ON_CHARS else 0


def _sentence_end(text: str, most: int) -> int:
    """Where the last whole sentence of the first `most` characters ends; 0 when there is none worth it."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text) if SENTENCE_CHARS_MIN <= found.end() <= most]
    return ends[-1] if ends else 0
