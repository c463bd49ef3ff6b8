"""Faults between rows: the same row twice, nearly the same, one prompt with several answers."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.records import content_hash
from harness.training.data.faults import Fault
from harness.training.data.near import components, near_pairs
from harness.training.data.record import Record
from harness.training.data.shorten import masked

_IN_WORDS = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])|[,'’]")


def normalized(text: str) -> str:
    """A text without regard to case and white space."""
    return " ".join(text.casefold().split())


def repeat_faults(records: Sequence[Record], compared: int | None = None) -> Iterator[Fault]:
    """Exact duplicates, conflicting answers, and near duplicates of rows that are neither.

    Args:
        compared: How many rows, from the first on, are looked at for near duplicates; all if left out.
    """
    first: dict[str, Record] = {}
    prompts: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        key = content_hash([(field.role, normalized(field.text)) for field in record.fields])
        if key in first:
            what = f"the same as {first[key].where}"
            yield Fault("exact_duplicate", record.where, what, normalized(record.text)[:80])
        else:
            first[key] = record
            prompts[_asked(record)].append(record)
    yield from _conflicts(prompts)
    single = [row for prompt, rows in prompts.items() if len(rows) == 1 or not prompt for row in rows]
    yield from _near(single[:compared])


def _asked(record: Record) -> str:
    """What a row is about; beside a label without commas, apostrophes and hyphens of words: "top-up" is "top up"."""
    prompt = normalized(record.prompt)
    return prompt if record.label is None else " ".join(_IN_WORDS.sub(" ", prompt).rstrip(".").split())


def _conflicts(prompts: dict[str, list[Record]]) -> Iterator[Fault]:
    for prompt, rows in prompts.items():
        # A row without an answer contradicts none.
        first, *others = [row for row in rows if row.answer.strip()] or rows
        for other in others if prompt else []:
            # Several pairs of answers to one prompt are usual among preferences.
            if other.rejected is not None or normalized(other.answer) == normalized(first.answer):
                continue
            kind = "conflicting_answers" if other.label is None else "conflicting_labels"
            what = f"{first.where} answers the same prompt with {_short(first.answer)}"
            yield Fault(kind, other.where, what, f"{prompt[:80]} → {_short(other.answer)}")


def _near(records: Sequence[Record]) -> Iterator[Fault]:
    pairs = near_pairs([record.text for record in records])
    if not len(pairs):
        return
    group = components(len(records), pairs)
    first: dict[int, Record] = {}
    for record, number in zip(records, group.tolist(), strict=True):
        earlier = first.setdefault(number, record)
        if earlier is not record:
            what = f"nearly the same as {earlier.where}"
            yield Fault("near_duplicate", record.where, what, normalized(record.text)[:80])


def _short(text: str) -> str:
    line = masked(" ".join(text[:240].split()), piece=True)
    return repr(line[:60] + ("…" if len(line) > 60 else ""))
