"""What a rule says about a line of code, whatever the language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weakness:
    """A finding on a line of code.

    Attributes:
        rule: What is wrong, in a word or two.
        cwe: ``CWE-<number>`` of MITRE's list.
        severity: low, medium or high.
        reason: Why, in words for a reader.
        line: Counted from 1 in the text that was analysed.
        by_tokens: Found by the fallback for code that does not parse: a weaker claim.
    """

    rule: str
    cwe: str
    severity: str
    reason: str
    line: int
    by_tokens: bool = False


def in_order(found: list[Weakness]) -> list[Weakness]:
    """Findings by line, one for each line and weakness: of two rules with the same CWE the first one speaks."""
    kept: dict[tuple[int, str], Weakness] = {}
    for one in found:
        kept.setdefault((one.line, one.cwe or one.rule), one)
    return sorted(kept.values(), key=lambda one: (one.line, one.rule))
