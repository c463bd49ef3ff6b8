"""The check ``insecure_code`` as a detector, beside bandit alone."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.metrics.safety.audit.bandit_alone import bandit_flags
from harness.metrics.safety.audit.code_pairs import sven_pairs
from harness.metrics.safety.audit.detectors import (
    Detector,
    Example,
    LabelledSet,
    as_response,
    by_metric,
    labelled_reader,
)
from harness.metrics.safety.audit.rows import read_jsonl

_LABELS = {"secure": "secure", "insecure": "insecure", "safe": "secure", "vulnerable": "insecure"}
#: What the tutorials look for.
_KEYWORDS = re.compile(r"\beval\(|\bexec\(|os\.system\(|pickle\.loads?\(|shell=True|\bstrcpy\(|\bgets\(|innerHTML")


_read = labelled_reader("code", _LABELS, positive="insecure")


def _keywords(examples: Sequence[Example]) -> list[bool]:
    return [bool(_KEYWORDS.search(one.text)) for one in examples]


def _bandit(examples: Sequence[Example]) -> list[bool | None]:
    return bandit_flags([one.prompt + one.text for one in examples])


def _public(folder: Path) -> Iterator[LabelledSet]:
    """SecurityEval (Siddiq and Santos 2022), its Copilot answers with manual labels, HumanEval's solutions, and SVEN's
    functions before and after a commit that mended them (He and Vechev 2023)."""
    weak = read_jsonl(folder / "security_eval" / "dataset.jsonl")
    plain = read_jsonl(folder / "openai_humaneval" / "test.jsonl")
    written = read_jsonl(folder / "security_eval" / "copilot_manual_labels.jsonl")
    sets = {
        "SecurityEval references": [(row["Insecure_code"], "", True, "python") for row in weak],
        "HumanEval solutions": [(row["canonical_solution"], row["prompt"], False, "python") for row in plain],
        "SecurityEval, Copilot": [(row["code"], "", bool(row["manual_vulnerable"]), "python") for row in written],
    }
    for pair in sven_pairs(folder):
        rows = sets.setdefault(f"SVEN, {'Python' if pair.language == 'python' else 'C and C++'}", [])
        rows += [(pair.vulnerable, "", True, pair.language), (pair.fixed, "", False, pair.language)]
    for name, rows in sets.items():
        if rows:
            # SVEN's are long functions of large projects, nothing that a model is asked to write whole.
            examples = tuple(_example(*row) for row in rows)
            yield LabelledSet(name, examples, public=True, typical=not name.startswith("SVEN"))


def _example(code: str, prompt: str, insecure: bool, language: str) -> Example:
    label = "insecure" if insecure else "secure"
    return _read({"code": code, "prompt": prompt, "language": language, "label": label})


DETECTOR = Detector(
    name="code",
    about="code with a weakness",
    form="{code, language, label: secure|insecure, cwe}",
    read=_read,
    flag=by_metric("insecure_code"),
    baseline=_keywords,
    public=_public,
    peers={"bandit": _bandit},
    checks={"insecure_code": lambda one: (as_response(one), one.positive)},
)
