"""Holes in the sequences of devices: reported until they are filled, or until a person says why they stay."""

from __future__ import annotations

from dataclasses import dataclass

from server.ledger.chains import holes as chains_with_holes
from server.ledger.models import Fact, Quarantined
from server.reconciliation.checks import missing_runs
from server.reconciliation.models import GapExplanation
from server.territory.models import StaffAction

RUNS_MAX = 50  # per chain: more than that is one broken device, not a list


@dataclass(frozen=True, slots=True)
class Hole:
    """Places `first` to `last` of one chain that are not here; `explained` says why, empty while nobody has."""

    device: str
    incarnation: int
    branch: int
    first: int
    last: int
    since: int
    explained: str

    @property
    def key(self) -> str:
        return f"{self.incarnation}/{self.branch}/{self.first}-{self.last}"


def holes(territory: str) -> list[Hole]:
    """Every run of missing places, device by device."""
    told = list(GapExplanation.objects.filter(territory=territory))
    found = []
    for head in chains_with_holes(territory):
        here = Fact.objects.filter(
            territory=territory,
            device=head.device,
            incarnation=head.incarnation,
            branch=head.branch,
            sequence__gt=head.sequence,
        )
        aside = Quarantined.objects.filter(
            territory=territory,
            device=head.device,
            incarnation=head.incarnation,
            sequence__gt=head.sequence,
            stored=False,
        )
        there = sorted(set(here.values_list("sequence", flat=True)) | set(aside.values_list("sequence", flat=True)))
        for first, last in missing_runs(head.sequence, [*there, head.highest + 1])[:RUNS_MAX]:
            explained = next(
                (
                    row.reason
                    for row in told
                    if (row.device, row.incarnation, row.branch) == (head.device, head.incarnation, head.branch)
                    and row.first <= first
                    and last <= row.last
                ),
                "",
            )
            found.append(Hole(head.device, head.incarnation, head.branch, first, last, head.updated_at, explained))
    return found


def explain_hole(territory: str, hole: Hole, who: str, why: str) -> None:
    """Say why these facts never come. Raises ValueError without a reason."""
    if len(why.strip()) < 5:
        raise ValueError("Dites pourquoi ces faits ne viendront plus, en quelques mots.")
    GapExplanation.objects.create(
        territory=territory,
        device=hole.device,
        incarnation=hole.incarnation,
        branch=hole.branch,
        first=hole.first,
        last=hole.last,
        reason=why.strip()[:200],
        written_by=who,
    )
    StaffAction.objects.create(
        territory=territory, who=who, what="hole.explained", target=f"{hole.device} {hole.first}-{hole.last}"
    )
