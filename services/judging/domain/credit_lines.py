"""Credits 学分 of students (season folder, section 13): computed here, kept in a ledger elsewhere."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.judging.domain.facts import Entry, Season, above
from shared.season.rules import Credits
from shared.states import EntryStatus

PARTICIPATION = "participation"


@dataclass(frozen=True, slots=True)
class CreditLine:
    """What a person gets for one track. `label` is the person's first entry by id, with the place in it: `E0033#1`."""

    person: str
    label: str
    unit: str
    grade: int
    track: str
    entry: str
    source: str
    credit: Decimal
    total: Decimal
    """Of the person over all tracks, at most the cap."""


def credit_lines(
    rule: Credits, season: Season, tiers: Mapping[tuple[str, str], str], disqualified: frozenset[str]
) -> list[CreditLine]:
    """The lines in the order of units, persons, tracks.

    `tiers` are the tiers that stand, by round and entry. Per track counts the highest of participation and each round's
    tier; an equal value of a round that is named earlier goes first.
    """
    first: dict[str, tuple[Entry, int]] = {}
    theirs: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(season.entries.values(), key=lambda entry: entry.entry):
        if entry.standing != EntryStatus.VALID:
            continue
        for place, member in enumerate(entry.members, 1):
            first.setdefault(member.person, (entry, place))
            if entry.entry not in disqualified:
                theirs[member.person].append(entry)
    covered = {unit for unit in season.units if not set(above(unit, season.units)).isdisjoint(rule.units)}
    tracks = [track.id for track in season.rules.tracks]
    stored_credit_lines: list[CreditLine] = []
    for person, (entry, place) in first.items():
        grade = entry.members[place - 1].grade
        if entry.unit not in covered or not rule.grades[0] <= grade <= rule.grades[1]:
            continue
        best = {
            track: _best(rule, [entry for entry in theirs[person] if entry.track == track], tiers)
            for track in tracks
            if any(entry.track == track for entry in theirs[person])
        }
        total = min(sum((credit for credit, _, _ in best.values()), Decimal(0)), rule.cap)
        label = f"{entry.entry}#{place}"
        stored_credit_lines += [
            CreditLine(person, label, entry.unit, grade, track, where, source, credit, total)
            for track, (credit, source, where) in best.items()
        ]
    stored_credit_lines.sort(key=lambda line: (season.units[line.unit].ordinal, line.label, tracks.index(line.track)))
    return stored_credit_lines


def _best(rule: Credits, entries: list[Entry], tiers: Mapping[tuple[str, str], str]) -> tuple[Decimal, str, str]:
    options: list[tuple[Decimal, str, str]] = []
    for round_id, values in rule.rounds.items():
        for entry in entries:
            tier = tiers.get((round_id, entry.entry))
            if tier in values:
                options.append((values[tier], f"{round_id}.{tier}", entry.entry))
    options.append((rule.participation, PARTICIPATION, entries[0].entry))
    return max(options, key=lambda option: option[0])
