"""Faults of preferences: answers that are equal, contradict other rows, or teach length instead of quality."""

from collections.abc import Iterator, Sequence

from harness.training.data.faults import Fault
from harness.training.data.record import Record
from harness.training.data.repeats import normalized

#: A chosen answer this many times shorter than the rejected one (of some length) may be cut off, or both swapped;
#: where more than this share of rows are so, short answers are wanted.
_SHORTER, _LENGTH, _WANTED = 5, 200, 0.05
#: Preferences agree with length where at least this share does, and there are this many rows.
_BIAS, _FEWEST = 0.8, 20


def preference_faults(records: Sequence[Record]) -> Iterator[Fault]:
    """Equal answers, pairs that stand the other way round elsewhere, answers cut short, and a bias of length."""
    pairs = [(one, one.answer, one.rejected) for one in records if one.rejected and one.rejected.strip()]
    told: list[tuple[Record, str, str]] = []
    first: dict[tuple[str, str, str], Record] = {}
    for record, answer, rejected in pairs:
        prompt, chosen, other = (normalized(text) for text in (record.prompt, answer, rejected))
        opposite = first.get((prompt, other, chosen))
        if chosen == other:
            yield Fault("chosen_equals_rejected", record.where, "chosen and rejected are the same", answer[:80])
        elif opposite is not None:
            yield Fault("conflicting_preferences", record.where, f"{opposite.where} prefers the other", answer[:80])
        else:
            first.setdefault((prompt, chosen, other), record)
            told.append((record, answer, rejected))
    yield from _lengths(told)


def _lengths(pairs: list[tuple[Record, str, str]]) -> Iterator[Fault]:
    short = [one for one in pairs if len(one[2]) >= _LENGTH and len(one[1]) * _SHORTER <= len(one[2])]
    for record, chosen, rejected in short if len(short) <= max(1, _WANTED * len(pairs)) else ():
        what = f"{len(chosen):,} characters, the rejected answer {len(rejected):,}"
        yield Fault("chosen_shorter", record.where, what, chosen[:80])
    signs = [(len(chosen) > len(rejected)) - (len(chosen) < len(rejected)) for _, chosen, rejected in pairs]
    for count, name in ((signs.count(1), "longer"), (signs.count(-1), "shorter")):
        if len(pairs) >= _FEWEST and count >= _BIAS * len(pairs):
            what = f"the chosen answer is the {name} one in {count:,} of {len(pairs):,} rows"
            yield Fault("length_bias", pairs[0][0].where.rpartition(":")[0], what)
