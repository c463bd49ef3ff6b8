"""Small functions in Python, JavaScript, Java, C++ and Go, each with a description, a typical bug and Python tests.

One problem a text file, so that code is written as code: ``@@ name`` lines open its parts. ``N`` stands for the number a
problem is varied by; the language parts hold the right code, ``bug <language>`` a line as it is and as it is broken.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = {"python": "Python", "javascript": "JavaScript", "java": "Java", "cpp": "C++", "go": "Go"}


@dataclass
class Problem:
    """One function in all languages.

    Attributes:
        asked: What it does, as an order; ``explained``: as a sentence about the code.
        code: Right code by language. bugs: (right, broken) fragments by language. tests: Python assertions.
        numbers: Values of ``N``; one empty value where the problem is not varied.
    """

    name: str
    asked: str
    explained: str
    numbers: list[str]
    code: dict[str, str] = field(default_factory=dict)
    bugs: dict[str, tuple[str, str]] = field(default_factory=dict)
    tests: list[str] = field(default_factory=list)


def problems() -> Iterator[Problem]:
    for path in sorted(Path(__file__).parent.glob("*.txt")):
        for chunk in path.read_text(encoding="utf-8").split("@@@ ")[1:]:
            yield _read(chunk)


def _read(chunk: str) -> Problem:
    head, *parts = chunk.split("\n@@ ")
    name, asked, explained, numbers = head.strip().splitlines()
    problem = Problem(name, asked, explained, numbers.split())
    for part in parts:
        title, _, body = part.partition("\n")
        if title == "tests":
            problem.tests = body.strip().splitlines()
        elif title == "bugs":
            for line in body.strip().splitlines():
                languages, right, wrong = line.split(" ~ ")
                problem.bugs |= dict.fromkeys(languages.split(), (right, wrong))
        else:
            problem.code[title] = body.rstrip()
    return problem
