"""Problems with their numbers filled in: what the code packs are made of."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from writing import Files, Row

from code_problems import LANGUAGES, problems

#: Problems that few-shot examples come from, in no other form among the test rows.
EXAMPLES = ("fibonacci", "gcd")
TESTED = ("python", "javascript")


@dataclass(frozen=True)
class Variant:
    """One function in one language."""

    problem: str
    number: str
    language: str
    asked: str
    explained: str
    code: str
    broken: str
    tests: tuple[str, ...]

    @property
    def language_name(self) -> str:
        return LANGUAGES[self.language]

    @property
    def name(self) -> str:
        """The function's name in its language."""
        if self.language == "python":
            return self.problem
        first, *rest = self.problem.split("_")
        return first + "".join(word.capitalize() for word in rest)


def variants() -> Iterator[Variant]:
    for problem in problems():
        for number in problem.numbers:
            for language in LANGUAGES:
                code = problem.code[language]
                right, wrong = problem.bugs[language]
                if right not in code:
                    raise ValueError(f"{problem.name}, {language}: {right!r} is not in the code")
                texts = (problem.asked, problem.explained, code, code.replace(right, wrong, 1), *problem.tests)
                asked, explained, code, broken, *tests = (re.sub(r"\bN\b", number, text) for text in texts)
                variant = Variant(problem.name, number, language, asked, explained, code, broken, ())
                yield replace(variant, tests=_tests(variant, tests))


def _tests(variant: Variant, tests: list[str]) -> tuple[str, ...]:
    """Python assertions about the function by its own name, for the languages that are run."""
    if variant.language not in TESTED:
        return ()
    return tuple(re.sub(rf"\b{variant.problem}\b", variant.name, test) for test in tests)


def by_problem(row: Callable[[Variant], Row], rng: random.Random) -> Files:
    """Test rows and few-shot rows that share no problem, each in random order."""
    every = list(variants())
    test = [row(variant) for variant in every if variant.problem not in EXAMPLES]
    train = [row(variant) for variant in every if variant.problem in EXAMPLES]
    rng.shuffle(test)
    rng.shuffle(train)
    return {"test.jsonl": test, "train.jsonl": train}
