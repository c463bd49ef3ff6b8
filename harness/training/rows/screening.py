"""A quick look at training data before the first step: the part of the data check that costs next to nothing.

The whole of it is ``harness data check``. Here rows are already read, and what takes time sees some of them only.
"""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from harness.training.data.faults import KINDS, SEVERITIES, Fault
from harness.training.data.labels import label_faults
from harness.training.data.pairs import preference_faults
from harness.training.data.record import Field, Record, Role
from harness.training.data.repeats import repeat_faults
from harness.training.data.shape import format_faults, markup_faults
from harness.training.data.wording import wording_faults
from harness.training.rows.examples import DataFile, Example, PreferenceExample

#: Rows that are looked at, from the first on: 0.03 milliseconds each.
ROWS = 200_000
#: Characters whose words are read, of rows evenly spread, and of one text: 3 seconds for a million.
WORDING_CHARACTERS, _LONGEST = 400_000, 10_000
#: Characters of rows that are looked at for near duplicates, from the first row on: 0.15 seconds for a million.
NEAR_CHARACTERS = 10_000_000
#: Near duplicates are worth a word from this share of the rows on.
_NEAR_SHARE = 0.05
#: Rows that a warning names.
_NAMED = 3
#: Kinds below high severity that a warning tells of; the others are for ``harness data check``.
_TOLD = ("exact_duplicate", "conflicting_answers", "label_imbalance", "personal_data", "prompt_format",
         "length_bias", "chosen_shorter")  # fmt: skip
_ROLES: dict[str, Role] = {
    "system": "system", "user": "prompt", "assistant": "answer", "chosen": "answer", "rejected": "rejected"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Screening:
    """What was found.

    Attributes:
        rows: Rows of the recipe's data.
        seen: Rows that were looked at, from the first on.
        words_read: Rows among them whose words were read, evenly spread.
        compared: Rows among them that were looked at for near duplicates, from the first on.
        counts: Faults by kind.
        warnings: What a person should know, in words, the most severe first.
    """

    rows: int
    seen: int
    words_read: int
    compared: int
    counts: dict[str, int]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The figures; the warnings stand with the data doctor's own."""
        return {name: value for name, value in asdict(self).items() if name != "warnings"}


def screen(files: Sequence[DataFile[Example] | DataFile[PreferenceExample]]) -> Screening:
    """Look for repeats, contradictions, faults of labels and forms, secrets and lost encodings."""
    every = ((file, one) for file in files for one in file.examples)
    records = [_record(one, labelled=file.form == "text, label") for file, one in islice(every, ROWS)]
    total = sum(len(file.examples) for file in files)
    if not records:
        return Screening(0, 0, 0, 0, {}, ())
    sizes = [len(record.text) for record in records]
    read = records[:: -(-sum(min(size, _LONGEST) for size in sizes) // WORDING_CHARACTERS) or 1]
    compared = max(1, sum(total <= NEAR_CHARACTERS for total in accumulate(sizes)))
    found: dict[str, list[Fault]] = defaultdict(list)
    looked: dict[str, int] = {}
    for rows, faults in (
        (len(read), (fault for record in read for fault in wording_faults(_beginning(record)))),
        (len(records), _between(records)),
        (len(records), repeat_faults(records, compared)),
    ):
        for fault in faults:
            found[fault.kind].append(fault)
            looked[fault.kind] = rows
    looked["near_duplicate"] = compared
    kinds = sorted(found, key=lambda kind: (SEVERITIES.index(KINDS[kind].severity), list(KINDS).index(kind)))
    told = [kind for kind in kinds if _is_told(kind, len(found[kind]) / looked[kind])]
    warnings = [_warning(kind, found[kind], looked[kind], total) for kind in told]
    return Screening(
        rows=total,
        seen=len(records),
        words_read=len(read),
        compared=compared,
        counts={kind: len(found[kind]) for kind in kinds},
        warnings=(*warnings, _advice(files)) if warnings else (),
    )


def _record(one: Example | PreferenceExample, *, labelled: bool) -> Record:
    fields = []
    for place, (said, text) in enumerate(one.said):
        role: Role = "label" if labelled and said == "assistant" else _ROLES[said]
        fields.append(Field(f"turn {place + 1}", role, text))
    return Record(one.where, {}, tuple(fields))


def _between(records: Sequence[Record]) -> Iterator[Fault]:
    """Faults that show beside other rows."""
    for found in (markup_faults, format_faults, label_faults, preference_faults):
        yield from found(records)


def _beginning(record: Record) -> Record:
    return replace(record, fields=tuple(replace(field, text=field.text[:_LONGEST]) for field in record.fields))


def _is_told(kind: str, share: float) -> bool:
    if kind == "near_duplicate":
        return share >= _NEAR_SHARE
    return KINDS[kind].severity == "high" or kind in _TOLD


def _warning(kind: str, faults: Sequence[Fault], looked: int, rows: int) -> str:
    named = ", ".join(dict.fromkeys(fault.where for fault in faults[:_NAMED]))
    more = ", ..." if len(faults) > _NAMED else ""
    part = f" in the {looked:,} of {rows:,} rows looked at" if looked < rows else f" in {rows:,} rows"
    return f"{KINDS[kind].title}: {len(faults):,}{part} ({named}{more}); {KINDS[kind].mend}"


def _advice(files: Sequence[DataFile[Example] | DataFile[PreferenceExample]]) -> str:
    named = " ".join(shlex.quote(_from_here(file.path)) for file in files)
    return f"for every fault with its row: harness data check {named}"


def _from_here(path: str) -> str:
    """The shorter way to a file below the current folder; a report that travels then holds no path of the machine."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
