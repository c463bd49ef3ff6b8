"""The check of training data: files in, a report of their quality out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from harness.models import resolve_base
from harness.records import InputError
from harness.records.progress import Progress, silent
from harness.training.data.faults import KINDS, SEVERITIES, Fault, Severity
from harness.training.data.forms import detect_form, read_record
from harness.training.data.labels import label_counts, label_faults
from harness.training.data.lengths import Spread, characters, spread, tokens, too_long
from harness.training.data.pairs import preference_faults
from harness.training.data.record import Record
from harness.training.data.repeats import repeat_faults
from harness.training.data.shape import format_faults, language_faults, languages, length_faults, markup_faults
from harness.training.data.shorten import masked
from harness.training.data.sources import read_source
from harness.training.data.wording import wording_faults

#: Faults of a kind that a report carries; their number is always whole.
KEPT = 200
#: Longest excerpt of a fault.
_EXCERPT = 200
_STEP = 500


@dataclass(frozen=True)
class Quality:
    """What a check found.

    Attributes:
        forms: The form of each file.
        rows: Rows that could be read.
        characters: Spread of lengths of prompts and answers.
        tokens: Spread of row lengths in tokens; None without a base.
        labels: Rows by label, the `KEPT` most frequent ones; empty where rows have none.
        languages: Rows by language among ``language_rows`` rows with enough words.
        counts: Faults by kind, all of them; the most severe kinds first.
        faults: The first `KEPT` of each kind.
    """

    forms: dict[str, str]
    rows: int
    characters: dict[str, Spread]
    tokens: Spread | None
    labels: dict[str, int]
    languages: dict[str, int]
    counts: dict[str, int]
    faults: tuple[Fault, ...]

    def at_least(self, severity: Severity) -> int:
        """Number of faults of a severity or a worse one."""
        worse = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return sum(count for kind, count in self.counts.items() if KINDS[kind].severity in worse)

    def of(self, kind: str) -> list[Fault]:
        """The faults of a kind that the report carries."""
        return [fault for fault in self.faults if fault.kind == kind]

    def to_json(self) -> dict[str, Any]:
        """Plain values; each fault with its severity and how to mend it."""
        faults = [asdict(one) | {"severity": one.severity, "mend": KINDS[one.kind].mend} for one in self.faults]
        return asdict(self) | {"faults": faults}


def check_files(
    references: Sequence[Path | str],
    *,
    base: str | None = None,
    max_length: int | None = None,
    progress: Progress = silent,
) -> Quality:
    """Read data and look for everything that `KINDS` lists, between files too.

    Args:
        references: Files, folders or hub ids; see `read_source`.
        base: A model whose tokenizer counts tokens: ``reference``, a folder or a hub id.
        max_length: Longest row in tokens; the base's context length if left out.

    Raises:
        InputError: a source cannot be read at all, or the base cannot be used.
    """
    if max_length is not None and base is None:
        raise InputError("--max-length needs a tokenizer", mend="name a model with --base")
    records, faults, forms = read_records(references)
    usable = [record for record in records if record.fields]
    for number, record in enumerate(usable):
        if number % _STEP == 0:
            progress("rows", number, len(usable))
        faults += wording_faults(record)
    progress("rows", len(usable), len(usable))
    by_language = languages(usable)
    for found in (
        markup_faults, format_faults, length_faults, label_faults, repeat_faults, preference_faults,
        lambda _: language_faults(by_language),
    ):  # fmt: skip
        faults += found(usable) if usable else ()
    lengths: list[int] = []
    if base is not None and usable:
        lengths, limit = _token_lengths(usable, base)
        faults += too_long(usable, lengths, max_length or limit)
    counts, kept = _bounded(faults)
    return Quality(
        forms=forms,
        rows=len(records),
        characters=characters(usable),
        tokens=spread(lengths) if lengths else None,
        labels={_shown(label): count for label, count in islice(label_counts(usable).items(), KEPT)},
        languages={language: len(rows) for language, rows in by_language.items()},
        counts=counts,
        faults=kept,
    )


def read_records(references: Iterable[Path | str]) -> tuple[list[Record], list[Fault], dict[str, str]]:
    """The rows of files and hub ids under the form of each, the faults of their structure, and the forms."""
    records: list[Record] = []
    faults: list[Fault] = []
    forms: dict[str, str] = {}
    for reference in references:
        data = read_source(reference)
        form = forms[data.name] = detect_form(data.rows, data.name)
        faults += data.faults
        for row in data.rows:
            record, wrong = read_record(row, form)
            records.append(record)
            faults += wrong
    return records, faults, forms


def _token_lengths(records: Sequence[Record], base: str) -> tuple[list[int], int]:
    from harness.engines.encoding import Encoder

    model = resolve_base(base)
    lengths = tokens(records, Encoder.load(model.folder))
    return lengths, model.context_length or max(lengths)


def _bounded(faults: Sequence[Fault]) -> tuple[dict[str, int], tuple[Fault, ...]]:
    seen = Counter(fault.kind for fault in faults)
    counts = {kind: seen[kind] for severity in SEVERITIES for kind in KINDS if KINDS[kind].severity == severity}
    counts = {kind: count for kind, count in counts.items() if count}
    kept = {kind: [fault for fault in faults if fault.kind == kind][:KEPT] for kind in counts}
    return counts, tuple(_cut(fault) for found in kept.values() for fault in found)


def _cut(fault: Fault) -> Fault:
    return Fault(fault.kind, fault.where, _shown(fault.what), _shown(fault.excerpt, piece=True))


def _shown(text: str, *, piece: bool = False) -> str:
    """A text short enough for a report, and one that can be encoded (half a surrogate pair cannot)."""
    return masked(text[:_EXCERPT].encode("utf-8", "backslashreplace").decode(), piece=piece)
