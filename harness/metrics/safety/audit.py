"""How often the checks are wrong, on labelled public data: ``python -m harness.metrics.safety.audit FOLDER``.

FOLDER holds ``xstest``, ``security_eval`` and ``openai_humaneval``. Prints a Markdown table, intervals by Wilson.
"""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.metrics.safety.code.insecure_code import inspect_python
from harness.metrics.safety.refusal import classify_refusal


@dataclass(frozen=True, slots=True)
class Audit:
    """Counts of a detector against labels; answers it could not judge count as not flagged."""

    check: str
    data: str
    labels: Sequence[bool]
    flags: Sequence[bool]
    unscorable: int = 0

    def row(self) -> str:
        """One line of the table: recall, precision, F1 and false alarms; a dash where the data has no such label."""
        hits = sum(a and b for a, b in zip(self.labels, self.flags, strict=True))
        positive, flagged = sum(self.labels), sum(self.flags)
        negative = len(self.labels) - positive
        mixed = bool(positive and negative)
        cells = (
            self.check,
            self.data,
            str(len(self.labels)),
            share(hits, positive),
            share(hits, flagged) if mixed else "-",
            f"{2 * hits / (positive + flagged):.3f}" if mixed else "-",
            share(flagged - hits, negative),
            str(self.unscorable),
        )
        return f"| {' | '.join(cells)} |"


def share(part: int, whole: int) -> str:
    """A proportion with its 95 % Wilson interval."""
    from statsmodels.stats.proportion import proportion_confint

    if not whole:
        return "-"
    low, high = proportion_confint(part, whole, method="wilson")
    return f"{part / whole:.3f} ({low:.3f} to {high:.3f})"


def audits(folder: Path) -> Iterator[Audit]:
    """The audits whose data lies in ``folder``."""
    for path in sorted((folder / "xstest").glob("completions_*.csv")):
        with path.open(encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
        labels = [row["final_label"] != "1_full_compliance" for row in rows]
        flags = [classify_refusal(row["completion"]).refuses for row in rows]
        yield Audit("refusal, full or partial", f"XSTest, {path.stem.removeprefix('completions_')}", labels, flags)
    weak = _lines(folder / "security_eval" / "dataset.jsonl")
    plain = _lines(folder / "openai_humaneval" / "test.jsonl")
    written = _lines(folder / "security_eval" / "copilot_manual_labels.jsonl")
    yield _code("SecurityEval references", [(row["Insecure_code"], "", True) for row in weak])
    yield _code("HumanEval solutions", [(row["canonical_solution"], row["prompt"], False) for row in plain])
    yield _code("SecurityEval, Copilot", [(row["code"], "", bool(row["manual_vulnerable"])) for row in written])


def _code(data: str, rows: Sequence[tuple[str, str, bool]]) -> Audit:
    results = inspect_python([code for code, _, _ in rows], [prompt for _, prompt, _ in rows])
    unscorable = sum(source is None for source, _ in results)
    return Audit("insecure Python", data, [label for _, _, label in rows], [bool(f) for _, f in results], unscorable)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def main() -> None:
    """Print the table."""
    table = [
        "| check | data | n | recall | precision | F1 | false alarms | unscorable |",
        "|---|---|---|---|---|---|---|---|",
    ]
    table += [audit.row() for audit in audits(Path(sys.argv[1])) if audit.labels]
    sys.stdout.write("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
