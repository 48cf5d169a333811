"""The chain of a batch: every hash recomputed from what came, as domain.facts defines them.

`chain_batch` is the plain way, fact by fact through domain.facts. `chain_rows` gives the same hashes at a server's
speed: each body becomes canonical text once, and that text serves both hashes and the database. Where it is not sure it
hands the whole batch to the plain way, whose errors are the ones people see. Pure, any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from domain.canonical import NotCanonical, canonical_bytes
from domain.facts import FACT_BYTES_MAX, Fact, seal_fact
from sync.fast_json import Unsure, canonical_text
from sync.messages_facts import FactBatch


@dataclass(frozen=True, slots=True)
class ChainedBatch:
    """A batch with its hashes, row by row: canonical body text, hexadecimal content and chain hashes."""

    batch: FactBatch
    bodies: tuple[str, ...]
    content_hashes: tuple[str, ...]
    hashes: tuple[str, ...]

    @property
    def last_hash(self) -> bytes:
        return bytes.fromhex(self.hashes[-1])

    def previous(self, index: int) -> str:
        """The hexadecimal hash before a row."""
        return self.hashes[index - 1] if index else self.batch.previous.hex()

    def fact(self, index: int) -> Fact:
        """A row as a fact in its place."""
        batch, row = self.batch, self.batch.rows[index]
        return Fact(
            row.id,
            batch.device,
            batch.incarnation,
            batch.first + index,
            row.kind,
            row.version,
            row.occurred_at,
            row.monotonic_ms,
            row.boot,
            row.clock_offset_ms,
            row.clock_offset_age_ms,
            row.body,
            bytes.fromhex(self.previous(index)),
            bytes.fromhex(self.content_hashes[index]),
            bytes.fromhex(self.hashes[index]),
        )


def chain_batch(batch: FactBatch) -> tuple[Fact, ...]:
    """Recompute every hash from `previous` on. Raises ValueError (NotCanonical) when a body cannot be hashed."""
    facts = []
    previous = batch.previous
    for index, row in enumerate(batch.rows):
        fact = seal_fact(
            fact_id=row.id,
            device=batch.device,
            incarnation=batch.incarnation,
            sequence=batch.first + index,
            kind=row.kind,
            occurred_at=row.occurred_at,
            monotonic_ms=row.monotonic_ms,
            boot=row.boot,
            body=row.body,
            previous=previous,
            version=row.version,
            clock_offset_ms=row.clock_offset_ms,
            clock_offset_age_ms=row.clock_offset_age_ms,
        )
        previous = fact.hash
        facts.append(fact)
    return tuple(facts)


def chain_rows(batch: FactBatch) -> ChainedBatch:
    """The hashes of a batch that `sync.messages_facts` has read. Raises what `chain_batch` raises."""
    try:
        return _chain_quickly(batch)
    except (Unsure, NotCanonical):
        facts = chain_batch(batch)
    return ChainedBatch(
        batch,
        tuple(canonical_bytes(fact.body).decode() for fact in facts),
        tuple(fact.content_hash.hex() for fact in facts),
        tuple(fact.hash.hex() for fact in facts),
    )


def _chain_quickly(batch: FactBatch) -> ChainedBatch:
    """The two documents of domain.facts written out with sorted keys, around texts that are canonical already."""
    words: dict[str, str] = {}  # kinds and boots, few in a batch
    bodies, contents, hashes = [], [], []
    device, previous, sequence = _word(batch.device, words), batch.previous.hex(), batch.first
    for row in batch.rows:
        fact_id, kind, version, occurred_at, monotonic, boot, offset, age, body = row
        text = canonical_text(body)
        if len(text) > FACT_BYTES_MAX // 4:  # in letters, each of at most four bytes
            raise Unsure
        content = sha256(
            f'{{"body":{text},"id":"{fact_id}","kind":{words.get(kind) or _word(kind, words)},'
            f'"occurred_at":{occurred_at},"version":{version}}}'.encode()
        ).hexdigest()
        previous = sha256(
            f'{{"boot":{words.get(boot) or _word(boot, words)},'
            f'"clock_offset_age_ms":{"null" if age is None else age},'
            f'"clock_offset_ms":{"null" if offset is None else offset},"content_hash":"{content}","device":{device},'
            f'"incarnation":{batch.incarnation},"monotonic_ms":{monotonic},"previous":"{previous}",'
            f'"sequence":{sequence}}}'.encode()
        ).hexdigest()
        bodies.append(text)
        contents.append(content)
        hashes.append(previous)
        sequence += 1
    return ChainedBatch(batch, tuple(bodies), tuple(contents), tuple(hashes))


def _word(text: str, words: dict[str, str]) -> str:
    """A text as canonical JSON, remembered. Raises NotCanonical."""
    made = words[text] = canonical_bytes(text).decode()
    return made
