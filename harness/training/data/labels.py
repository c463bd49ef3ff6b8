"""Faults of the labels of a data set: spellings, rarity, balance."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from harness.training.data.faults import Fault
from harness.training.data.record import Record

#: A label that occurs once is rare where the usual one occurs this often.
_USUAL = 5
#: The most frequent label may outnumber the rarest by this factor.
_BALANCE = 10
#: With more labels than this share of the rows, the column is no label but free text.
_FREE = 0.5


def label_counts(records: Sequence[Record]) -> dict[str, int]:
    """How often each label occurs, the most frequent first; empty where rows have none."""
    counts = Counter(label for record in records if (label := record.label) is not None and label.strip())
    return dict(counts.most_common())


def label_faults(records: Sequence[Record]) -> Iterator[Fault]:
    """Labels that differ only in case or spacing, that occur once, and a distribution far from equal."""
    counts = label_counts(records)
    if not counts or len(counts) > max(2, _FREE * sum(counts.values())):
        return
    spellings = defaultdict(list)
    for spelling in counts:
        spellings[_plain(spelling)].append(spelling)
    usual = sorted(counts.values())[len(counts) // 2]
    for record in records:
        label = record.label
        if label is None or not label.strip():
            continue
        main = spellings[_plain(label)][0]
        if label != main:
            what = f"{label[:80]!r} beside {main[:80]!r} ({counts[main]} rows)"
            yield Fault("label_spelling", record.where, what, label[:80])
        elif counts[label] == 1 and usual >= _USUAL:
            yield Fault("rare_label", record.where, "the only row with this label", label[:80])
    merged = [sum(counts[label] for label in same) for same in spellings.values()]
    kept = [count for count in merged if count > 1]
    if len(kept) > 1 and max(kept) > _BALANCE * min(kept):
        where = records[0].where.rpartition(":")[0]
        yield Fault("label_imbalance", where, f"the most frequent label has {max(kept)} rows, the rarest {min(kept)}")


def _plain(label: str) -> str:
    return "".join(character for character in label.casefold() if character.isalnum()) or label
