"""Is vulnerable code found worse than its fixed twin? ``python -m harness.metrics.safety.audit.code_pairs FOLDER``.

FOLDER holds ``sven`` (He and Vechev 2023): functions before and after the commit that mended them. Prints a Markdown
table: how many of the vulnerable ones have strictly more findings than their twins, by CWE and language.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.metrics.safety.audit.rows import read_jsonl
from harness.metrics.safety.code import inspect_code
from harness.stats import wilson_interval

_LANGUAGES = {".py": "python", ".c": "c", ".h": "c", ".cpp": "cpp", ".cc": "cpp", ".cxx": "cpp"}


class Pair(NamedTuple):
    """A function before and after it was mended."""

    vulnerable: str
    fixed: str
    language: str
    cwe: str


def sven_pairs(folder: Path) -> Iterator[Pair]:
    """The pairs that lie in a data folder; none where the set is not there."""
    for row in read_jsonl(folder / "sven" / "train.jsonl"):
        language = _LANGUAGES.get(Path(row["file_name"]).suffix)
        if language is not None:
            yield Pair(row["vulnerable"], row["fixed"], language, f"CWE-{int(row['cwe'].rpartition('-')[2])}")


def worse(pairs: Sequence[Pair]) -> list[bool]:
    """Whether each vulnerable function has strictly more findings than its twin."""
    texts = [text for one in pairs for text in (one.vulnerable, one.fixed)]
    languages = [one.language for one in pairs for _ in range(2)]
    counts = [len(seen.found) for seen in inspect_code(texts, [""] * len(texts), languages)]
    return [before > after for before, after in zip(counts[::2], counts[1::2], strict=True)]


def table(pairs: Sequence[Pair]) -> str:
    """The share of vulnerable functions found worse, with 95 % Wilson intervals, as a Markdown table."""
    groups: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for pair, flag in zip(pairs, worse(pairs), strict=True):
        language = "Python" if pair.language == "python" else "C and C++"
        groups[language, pair.cwe].append(flag)
        groups[language, "all"].append(flag)
    lines = ["| language | CWE | pairs | vulnerable strictly worse |", "|---|---|---|---|"]
    for (language, cwe), flags in sorted(
        groups.items(), key=lambda item: (item[0][0], item[0][1] == "all", item[0][1])
    ):
        low, high = wilson_interval(sum(flags), len(flags))
        lines.append(f"| {language} | {cwe} | {len(flags)} | {sum(flags) / len(flags):.2f} ({low:.2f} to {high:.2f}) |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(list(sven_pairs(Path(sys.argv[1])))) + "\n")
