"""Takes code out of a model's answer: Markdown's fenced blocks or the whole text, and the language it is in."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: No more of an answer is read than this, so that the time is bounded.
MOST_CHARACTERS = 200_000
_FENCE = re.compile(r"[ \t>*+-]{0,12}(`{3,20}|~{3,20})[ \t]*([^`\r\n]{0,100})$")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_TAGS = {
    "python": "python", "py": "python", "python3": "python", "python2": "python", "ipython": "python",
    "javascript": "javascript", "js": "javascript", "jsx": "javascript", "mjs": "javascript", "cjs": "javascript",
    "node": "javascript", "nodejs": "javascript", "ecmascript": "javascript",
    "java": "java", "go": "go", "golang": "go",
    "c": "c", "h": "c", "cpp": "cpp", "c++": "cpp", "cc": "cpp", "cxx": "cpp", "hpp": "cpp", "hxx": "cpp",
}  # fmt: skip
LANGUAGES = ("python", "javascript", "java", "c", "cpp", "go")
#: Words at the start of a line that only one language has; C's count for C++ too.
_SIGNS: dict[str, re.Pattern[str]] = {
    "python": re.compile(r"^[ \t]{0,40}(?:def \w+\(|from [\w.]+ import |import \w+(?: as \w+)?[ \t]*$|elif "
                         r"|except\b.{0,60}:"
                         r"|if __name__|class \w+(?:\([^)]{0,80}\))?:|for \w+ in .{1,80}:[ \t]*$|print\()", re.M),
    "javascript": re.compile(r"^[ \t]{0,40}(?:(?:const|let|var) [\w{\[]|function\b[ *]"
                             r"|import .{1,80} from ['\"]|module\.exports"
                             r"|export (?:default|const|function)|(?:app|router)\.(?:get|post|use)\("
                             r"|console\.log\(|async function"
                             r"|document\.\w)|=>|require\(['\"]", re.M),
    "java": re.compile(r"^[ \t]{0,40}(?:import (?:static )?java|import (?:org|com)\.[\w.]+;|package [\w.]+;"
                       r"|(?:public|private|protected) "
                       r"(?:static |final |abstract |synchronized )*(?:class|interface|void|[A-Z]\w*|int"
                       r"|boolean|byte)\b(?!:)|@Override"
                       r"|System\.out\.|String \w+ ?=)", re.M),
    "go": re.compile(r"^[ \t]{0,40}(?:package \w+[ \t]*$|func (?:\([^)]{0,60}\) )?\w+\(|import \(|import \""
                     r"|type \w+ struct|defer "
                     r"|go func|if err != nil)|:= ", re.M),
    "c": re.compile(r"^[ \t]{0,40}(?:#[ \t]*(?:include|define|ifdef|ifndef)|(?:static |const |unsigned "
                    r"|struct )*(?:int|char|void|size_t"
                    r"|long|double) \**\w+[ \t]?[(\[;=]|struct \w+ [*{]|typedef |(?:printf|strcpy|free|malloc"
                    r"|memcpy|gets)\()", re.M),
    "cpp": re.compile(r"^[ \t]{0,40}(?:#[ \t]*include[ \t]*<(?:iostream|string|vector|map|memory|cstdio|cstdlib"
                      r"|cstring|fstream|regex"
                      r"|algorithm)>|using namespace |template[ \t]*<|namespace \w+|class \w+ ?(?:: (?:public"
                      r"|private)|\{))|std::|cout ?<<"
                      r"|cin ?>>|\bnew \w+\[|\bnullptr\b", re.M),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code and where each stands in the answer (None: added or given, not the model's)."""

    lines: tuple[str, ...]
    spans: tuple[tuple[int, int] | None, ...]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    def after(self, other: Sequence[str]) -> "Code":
        """The code with lines before it that the model did not write."""
        return Code((*other, *self.lines), (*(None for _ in other), *self.spans))

    def first(self, count: int) -> "Code":
        """The first lines only."""
        return Code(self.lines[:count], self.spans[:count])


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the language that its tag names (the tag itself where it is none of ours) and its code."""

    language: str
    code: Code


def blocks(answer: str) -> list[Block]:
    """The fenced blocks of a Markdown text; one that is never closed ends with the text."""
    found: list[Block] = []
    fence, language, indent = "", "", 0
    inside: list[tuple[str, int, int]] = []
    for line, start, end in _lines(answer):
        mark = _FENCE.match(line)
        if not fence and mark:
            fence, language, indent = mark[1], _tag(mark[2]), mark.start(1)
            inside = []
        elif fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            found.append(Block(language, _code(inside)))
            fence = ""
        elif fence:
            # A block in a list item is indented with it.
            margin = min(indent, len(line) - len(line.lstrip(" \t")))
            inside.append((line[margin:], start + margin, end))
    if fence:
        found.append(Block(language, _code(inside)))
    return found


def find_code(answer: str, language: str) -> Code:
    """All code of an answer in one language: its blocks that are so tagged or untagged, or the whole text.

    An answer that begins inside a block (the prompt opened it) ends at the first fence.
    """
    answer = answer[:MOST_CHARACTERS]
    fenced = blocks(answer)
    if not fenced:
        return _code(list(_lines(answer)))
    chosen = [one for one in fenced if _fits(one.language, language)]
    if not chosen and len(fenced) == 1 and not fenced[0].language and not fenced[0].code.text.strip():
        opened = answer[: _fence_at(answer)]
        return _code(list(_lines(opened)))
    lines = [line for one in chosen for line in one.code.lines]
    spans = [span for one in chosen for span in one.code.spans]
    return Code(tuple(lines), tuple(spans))


def language_of(answer: str, given: object = None) -> str:
    """The language of an answer's code.

    Args:
        answer: What the model said.
        given: The document's ``language``, which decides where it names one.

    Returns:
        One of ``LANGUAGES``, the tag or name of another language, or the empty text where nothing tells.
    """
    if isinstance(given, str) and given.strip():
        return _TAGS.get(given.strip().lower(), given.strip().lower())
    answer = answer[:MOST_CHARACTERS]
    fenced = [one for one in blocks(answer) if one.code.text.strip()]
    tags = Counter(one.language for one in fenced if one.language in LANGUAGES)
    if tags:
        return tags.most_common(1)[0][0]
    other = next((one.language for one in fenced if one.language), "")
    if other:
        return other
    return _detected("\n".join(one.code.text for one in fenced) if fenced else answer)


def _detected(text: str) -> str:
    counts = {name: len(signs.findall(text)) for name, signs in _SIGNS.items()}
    counts["cpp"] += counts["c"] if counts["cpp"] else 0
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def _fits(tag: str, language: str) -> bool:
    # Headers of C++ are often tagged as C, and the other way round.
    return not tag or tag == language or {tag, language} == {"c", "cpp"}


def _tag(text: str) -> str:
    word = re.split(r"[\s,{}:=]", text.strip().lstrip("{.").lower(), maxsplit=1)[0]
    return _TAGS.get(word, word)


def _fence_at(answer: str) -> int:
    return next((start for line, start, _ in _lines(answer) if _FENCE.match(line)), len(answer))


def _lines(text: str) -> Iterator[tuple[str, int, int]]:
    """Each line with the place of its first character and the place after its last."""
    for match in _LINE.finditer(text):
        if match.start() == match.end() == len(text) and match.start() > 0:
            return
        line = match[0].rstrip("\r\n")
        yield line, match.start(), match.start() + len(line)


def _code(lines: Sequence[tuple[str, int, int]]) -> Code:
    return Code(tuple(line for line, _, _ in lines), tuple((start, end) for _, start, end in lines))
