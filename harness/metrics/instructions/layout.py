"""How an answer is laid out: bullets, sections, highlights, titles, placeholders, postscripts, JSON.

Every pattern is written so that no text makes it slow; each counts what the official pattern counts.
"""

import json
import re

from harness.metrics.instructions.registry import Count, Phrase, instruction

#: A line that starts with a star and something else after it, and one that starts with a hyphen.
_STAR = re.compile(r"^[^\S\n]*\*[^*].*$", re.MULTILINE)
_HYPHEN = re.compile(r"^[^\S\n]*-.*$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*[^\n*]*\*\*")
_POSTSCRIPTS = {"P.P.S": re.compile(r"p\.\s?p\.\s?s"), "P.S.": re.compile(r"p\.\s?s\.")}
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


@instruction("detectable_format:number_bullet_lists")
def number_bullet_lists(answer: str, num_bullets: Count) -> bool:
    """Exactly so many Markdown bullets, of stars or hyphens."""
    return len(_STAR.findall(answer)) + len(_HYPHEN.findall(answer)) == num_bullets


@instruction("detectable_format:number_highlighted_sections")
def number_highlighted_sections(answer: str, num_highlights: Count) -> bool:
    """At least so many ``*highlights*``; a double one counts twice where it matches both patterns."""
    single = sum(bool(found.strip("*").strip()) for found in _HIGHLIGHT.findall(answer))
    double = sum(bool(found[2:-2].strip()) for found in _DOUBLE_HIGHLIGHT.findall(answer))
    return single + double >= num_highlights


@instruction("detectable_format:multiple_sections")
def multiple_sections(answer: str, section_spliter: Phrase, num_sections: Count) -> bool:
    """At least so many headings ``Section 1``."""
    return len(re.findall(re.escape(section_spliter) + r"\s?\d+", answer)) >= num_sections


@instruction("detectable_format:title")
def title(answer: str) -> bool:
    """A title in double angular brackets, not an empty one."""
    for line in answer.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start < end - 2 and line[start : end + 2].lstrip("<").rstrip(">").strip():
            return True
    return False


@instruction("detectable_format:json_format")
def json_format(answer: str) -> bool:
    """The whole answer is JSON, with or without a Markdown fence."""
    text = answer.strip()
    for opening in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(opening)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


@instruction("detectable_format:constrained_response")
def constrained_response(answer: str) -> bool:
    """One of three fixed sentences."""
    return any(option in answer for option in _OPTIONS)


@instruction("detectable_content:number_placeholders")
def number_placeholders(answer: str, num_placeholders: Count) -> bool:
    """At least so many ``[placeholders]``, each within a line."""
    return sum(map(_bracketed, answer.split("\n"))) >= num_placeholders


def _bracketed(line: str) -> int:
    count, start = 0, line.find("[")
    while start >= 0 and (end := line.find("]", start)) >= 0:
        count, start = count + 1, line.find("[", end)
    return count


@instruction("detectable_content:postscript")
def postscript(answer: str, postscript_marker: Phrase) -> bool:
    """A postscript, whose marker may be spaced."""
    known = _POSTSCRIPTS.get(postscript_marker)
    lowered = answer.lower()
    return bool(known.search(lowered)) if known else postscript_marker.lower() in lowered
