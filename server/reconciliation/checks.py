"""Whether the books and the chips tell one story. Pure: figures in, findings out; integer cents and points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from domain.ledger import Asset

# Families of accounts by side of the identity: what the territory owes, and what it has.
OWED = (
    "card",
    "site_payable",
    "provider",
    "commission",
    "refund_due",
    "promotion",
    "breakage",
    "vat",
    "suspense",
)
HELD = ("hotelier_receivable", "loss", "bank", "points_issued")


HOUR_MS = 3_600_000
# How long an operation may be without a result before people are told: a kiosk may be offline a day, three, a week.
AGES = ((168 * HOUR_MS, "7 jours"), (72 * HOUR_MS, "72 heures"), (24 * HOUR_MS, "24 heures"))


def age_class(age_ms: int) -> str:
    """The greatest of 24 h, 72 h, 7 d that has passed; empty before."""
    return next((label for limit, label in AGES if age_ms >= limit), "")


def missing_runs(after: int, there: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of numbers above `after` that are not among `there` (ascending), up to its last."""
    runs = []
    for number in there:
        if number > after + 1:
            runs.append((after + 1, number - 1))
        after = max(after, number)
    return runs


@dataclass(frozen=True, slots=True)
class Identity:
    """Σ card + Σ site payable + … + suspense − Σ hotelier receivable − loss = bank, for one asset.

    `families` hold what each side shows as a positive figure; `unknown` are accounts of no family.
    """

    asset: Asset
    families: Mapping[str, int]
    unknown: tuple[str, ...]

    @property
    def expected_bank(self) -> int:
        owed = sum(self.families.get(name, 0) for name in OWED)
        return owed - self.families.get("hotelier_receivable", 0) - self.families.get("loss", 0)

    @property
    def bank(self) -> int:
        return self.families.get("bank", 0) + self.families.get("points_issued", 0)

    @property
    def difference(self) -> int:
        return self.bank - self.expected_bank

    @property
    def sound(self) -> bool:
        return self.difference == 0 and not self.unknown


def identities(accounts: Iterable[tuple[str, Asset, int]]) -> list[Identity]:
    """One per asset, from every account's sum (credit positive)."""
    families: dict[Asset, dict[str, int]] = {asset: defaultdict(int) for asset in Asset}
    unknown: dict[Asset, list[str]] = {asset: [] for asset in Asset}
    for account, asset, amount in accounts:
        head = account.partition(":")[0]
        if head in OWED:
            families[asset][head] += amount
        elif head in HELD:
            families[asset][head] -= amount
        else:
            unknown[asset].append(account)
    return [Identity(asset, dict(families[asset]), tuple(sorted(unknown[asset]))) for asset in Asset]


@dataclass(frozen=True, slots=True)
class Chip:
    """What a chip held after its commit number `operation`; `counter` is its TMC, None where it has none."""

    operation: int
    counter: int | None
    mac: str
    balance_cents: int


@dataclass(frozen=True, slots=True)
class Known:
    """An operation that the books have: which commit it was, cents onto the card, and whose."""

    operation: int
    cents: int
    intent: str


@dataclass(frozen=True, slots=True)
class CardStory:
    """Everything known of one card. `shadow_cents` is its account; `other` are operation numbers without money."""

    card_number: str
    shadow_cents: int
    chips: tuple[Chip, ...] = ()
    known: tuple[Known, ...] = ()
    other: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Equation:
    """*last seen balance + later known facts = shadow*."""

    seen_cents: int
    seen_operation: int
    later_cents: int
    shadow_cents: int

    @property
    def difference(self) -> int:
        return self.shadow_cents - self.seen_cents - self.later_cents


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is one of gap, clone, credit, difference; `amount_cents` what is unexplained."""

    kind: str
    subject: str
    detail: str
    amount_cents: int = 0


def equation(story: CardStory) -> Equation | None:
    """None while no chip was read. Of two chips under one number the one that the books believe counts."""
    if not story.chips:
        return None
    last = max(chip.operation for chip in story.chips)
    later = sum(known.cents for known in story.known if known.operation > last)
    options = [
        Equation(chip.balance_cents, last, later, story.shadow_cents) for chip in story.chips if chip.operation == last
    ]
    return min(options, key=lambda option: abs(option.difference))


def findings(story: CardStory) -> list[Finding]:
    """Gaps, clones, credits that nobody reported, and what is left unexplained."""
    found = _clones(story)
    gaps = _gaps(story)
    credits = _credits(story)
    found += [Finding("gap", f"{low}-{high}", _gap_text(low, high)) for low, high in gaps]
    found += credits
    equal = equation(story)
    if equal is not None and equal.difference and not found:
        text = "La puce et les comptes diffèrent, et rien de connu ne l'explique."
        found.append(Finding("difference", "solde", text, -equal.difference))
    return found


def _gap_text(low: int, high: int) -> str:
    which = f"l'opération {low}" if low == high else f"les opérations {low} à {high}"
    return f"La puce est allée plus loin que les faits reçus : il manque {which}. Une borne ne s'est pas synchronisée."


def _gaps(story: CardStory) -> list[tuple[int, int]]:
    """Runs of commits below the newest that no fact tells of. The first known one may be the card's issue."""
    known = {known.operation for known in story.known} | story.other
    chips = {chip.operation for chip in story.chips}
    newest = max(known | chips, default=0)
    return missing_runs(0, [*sorted(number for number in known if number > 0), newest + 1])


def _clones(story: CardStory) -> list[Finding]:
    """Two different chips under one operation number, or a counter that does not move with it."""
    found = []
    by_number: dict[int, set[tuple[int | None, str, int]]] = defaultdict(set)
    for chip in story.chips:
        by_number[chip.operation].add((chip.counter, chip.mac, chip.balance_cents))
    for number, seen in sorted(by_number.items()):
        macs = {mac for _, mac, _ in seen if mac}
        counters = {counter for counter, _, _ in seen}
        balances = {balance for _, _, balance in seen}
        if len(macs) > 1 or len(counters) > 1 or len(balances) > 1:
            text = f"Deux puces différentes se sont montrées avec l'opération {number} : l'une est une copie."
            found.append(Finding("clone", f"operation-{number}", text))
    ordered = sorted((chip.operation, chip.counter) for chip in story.chips if chip.counter is not None)
    for (first, low), (second, high) in pairwise(ordered):
        if second > first and high - low < second - first:
            text = (
                f"Le compteur signé n'a pas suivi entre les opérations {first} et {second} : carte altérée ou réémise."
            )
            found.append(Finding("clone", f"counter-{first}-{second}", text))
    claimed: dict[int, set[str]] = defaultdict(set)
    for known in story.known:
        claimed[known.operation].add(known.intent)
    for number, intents in sorted(claimed.items()):
        if len(intents) > 1:
            text = f"Deux opérations différentes portent le numéro {number} : deux puces ont servi."
            found.append(Finding("clone", f"twice-{number}", text))
    return found


def _credits(story: CardStory) -> list[Finding]:
    """More on a chip than the facts explain, between two readings: a credit that nobody reported."""
    found = []
    most: dict[int, int] = {}
    for chip in story.chips:  # of two chips under one number the richer: the money is somewhere
        most[chip.operation] = max(chip.balance_cents, most.get(chip.operation, 0))
    readings = sorted(most.items())
    for (first, low), (second, high) in pairwise(readings):
        told = sum(known.cents for known in story.known if first < known.operation <= second)
        extra = (high - low) - told
        if extra > 0:
            text = f"Entre les opérations {first} et {second}, la puce a reçu plus que les faits ne disent."
            found.append(Finding("credit", f"{first}-{second}", text, extra))
    first_seen = readings[0] if readings else None
    if first_seen is not None:
        told = sum(known.cents for known in story.known if known.operation <= first_seen[0])
        if first_seen[1] > told:
            text = f"À la première lecture (opération {first_seen[0]}), la puce avait plus que les faits ne disent."
            found.append(Finding("credit", f"0-{first_seen[0]}", text, first_seen[1] - told))
    return found
