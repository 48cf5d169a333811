"""Chains of facts: which branch a batch continues, and how far a chain is here without a hole.

A restored image that sold before it met the server sends other facts under places that are taken: that is real money,
so the fork becomes a branch of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max

from server.ledger.models import Fact as FactModel
from server.ledger.models import Head as HeadModel
from sync.protocol import FactBatch, Head


@dataclass(frozen=True, slots=True)
class Branch:
    """0 is the trunk; `new` when this batch begins it."""

    number: int
    new: bool


def choose_branch(batch: FactBatch, fresh: Sequence[int]) -> Branch:
    """The branch that takes the new rows (indexes) of a batch. Call with the device locked."""
    if not fresh:
        return _branch_of_known(batch)
    rows = list(
        FactModel.objects.filter(
            territory=batch.territory,
            device=batch.device,
            incarnation=batch.incarnation,
            sequence__range=(batch.first - 1, batch.last),
        ).values_list("branch", "sequence", "hash")
    )
    taken = {(branch, sequence) for branch, sequence, _ in rows}
    before = {branch: bytes(value) for branch, sequence, value in rows if sequence == batch.first - 1}
    continues = sorted((branch for branch, value in before.items() if value == batch.previous), reverse=True)
    if not continues and not before:
        continues = [0]  # the very first facts, or a hole before them: nothing to compare with
    for branch in continues:
        if not any((branch, batch.first + index) in taken for index in fresh):
            return Branch(branch, new=False)
    highest = FactModel.objects.filter(
        territory=batch.territory, device=batch.device, incarnation=batch.incarnation
    ).aggregate(highest=Max("branch"))["highest"]
    return Branch(0 if highest is None else highest + 1, new=highest is not None)


def continues_trunk(batch: FactBatch) -> bool:
    """Whether the batch goes on exactly where its chain's only branch ends: then nothing lies at its places.

    The common case, told by two short questions. Call with the device locked.
    """
    heads = HeadModel.objects.filter(
        territory=batch.territory, device=batch.device, incarnation=batch.incarnation
    ).values_list("branch", "sequence", "highest")
    if list(heads) != [(0, batch.first - 1, batch.first - 1)]:
        return False
    last = FactModel.objects.filter(
        territory=batch.territory,
        device=batch.device,
        incarnation=batch.incarnation,
        branch=0,
        sequence=batch.first - 1,
    ).values_list("hash", flat=True)
    return [bytes(value) for value in last] == [batch.previous]


def _branch_of_known(batch: FactBatch) -> Branch:
    """A batch that brings nothing new belongs where its last fact lies."""
    last = FactModel.objects.filter(
        territory=batch.territory,
        device=batch.device,
        incarnation=batch.incarnation,
        sequence=batch.last,
        id=batch.rows[-1].id,
    ).first()
    return Branch(0 if last is None else last.branch, new=False)


def advance_head(batch: FactBatch, branch: Branch, now_ms: int) -> Head:
    """Move the chain's head over the batch and whatever joined on behind it; what is to be acknowledged."""
    head, _ = HeadModel.objects.get_or_create(
        territory=batch.territory,
        device=batch.device,
        incarnation=batch.incarnation,
        branch=branch.number,
        # A branch hangs on the trunk: what is before its first fact is there already.
        defaults={
            "sequence": batch.first - 1 if branch.new else 0,
            "highest": batch.last,
            "updated_at": now_ms,
        },
    )
    head.highest = max(head.highest, batch.last)
    if batch.first <= head.sequence + 1:
        head.sequence = max(head.sequence, batch.last)
        if head.highest > head.sequence:
            head.sequence = _end_of_run(batch, branch, head.sequence)
    head.updated_at = now_ms
    head.save(update_fields=["sequence", "highest", "updated_at"])
    return Head(batch.incarnation, head.sequence)


def _end_of_run(batch: FactBatch, branch: Branch, start: int) -> int:
    """The last of the consecutive places after `start`."""
    later = FactModel.objects.filter(
        territory=batch.territory,
        device=batch.device,
        incarnation=batch.incarnation,
        branch=branch.number,
        sequence__gt=start,
    )
    end = start
    for sequence in later.order_by("sequence").values_list("sequence", flat=True).iterator():
        if sequence != end + 1:
            break
        end = sequence
    return end


def acknowledged(territory: str, device: str) -> Head | None:
    """How far the server has the newest chain of a device; of forked ones the one that last grew."""
    head = HeadModel.objects.filter(territory=territory, device=device).order_by("-incarnation", "-updated_at").first()
    return None if head is None else Head(head.incarnation, head.sequence)


def holes(territory: str) -> list[HeadModel]:
    """Chains with something missing between what is acknowledged and the highest place seen."""
    rows = HeadModel.objects.filter(territory=territory).order_by("device", "incarnation", "branch")
    return [row for row in rows if row.highest > row.sequence]
