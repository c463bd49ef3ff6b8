"""Exact match, and SQuAD's two scores."""

import re
import string
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, references, uncollected
from harness.metrics.patterns import compile_pattern, substitute
from harness.records import Outcome, Response, Score

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_DIGITS = str.maketrans("", "", string.digits)
_ARTICLES = re.compile(r"\b(a|an|the)\b", re.UNICODE)


class _Match(MeanMetric):
    """Right or wrong. An answer in which the task's filters found nothing is wrong, and counted as ``unparsed``.

    Statistics: ``(right, 1, unparsed)``.
    """

    is_rate = True

    @uncollected
    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        return {"unparsed": float(sums[2])} if sums[2] else {}

    @abstractmethod
    def matches(self, text: str, wanted: Sequence[str]) -> bool:
        """Whether an answer is one of those wanted."""

    def _judge(self, response: Response) -> Score:
        wanted = references(response, self.name)
        if response.text is None:
            return Score(Outcome.SCORED, 0.0, (0.0, 1.0, 1.0))
        value = float(self.matches(response.text, wanted))
        return Score(Outcome.SCORED, value, (value, 1.0, 0.0), response.text)


@register("exact_match")
class ExactMatch(_Match):
    """Share of answers equal to one of the references.

    Equal to ``exact_match`` of Hugging Face evaluate and lm-evaluation-harness for one reference: literal unless an
    option says otherwise, the surrounding space included (``strip`` drops it).
    """

    def __init__(
        self,
        *,
        labels: Sequence[str] = (),
        ignore_case: bool = False,
        ignore_punctuation: bool = False,
        ignore_numbers: bool = False,
        regexes_to_ignore: Sequence[str] = (),
        strip: bool = False,
    ) -> None:
        self.ignore_case, self.ignore_punctuation = ignore_case, ignore_punctuation
        self.ignore_numbers, self.strip = ignore_numbers, strip
        self.regexes_to_ignore = tuple(compile_pattern(pattern) for pattern in regexes_to_ignore)

    @property
    def signature(self) -> str:
        flags = f"case:{'ignored' if self.ignore_case else 'kept'}|punctuation:"
        flags += f"{'ignored' if self.ignore_punctuation else 'kept'}|numbers:"
        flags += f"{'ignored' if self.ignore_numbers else 'kept'}|strip:{'yes' if self.strip else 'no'}"
        patterns = ",".join(one.pattern for one in self.regexes_to_ignore)
        regexes = f"|ignored:{patterns}" if patterns else ""
        return f"{self.name}|{flags}{regexes}|references:any"

    def matches(self, text: str, wanted: Sequence[str]) -> bool:
        found = self._plain(text)
        return any(found == self._plain(one) for one in wanted)

    def _plain(self, text: str) -> str:
        for pattern in self.regexes_to_ignore:
            text = substitute(pattern, "", text)
        if self.ignore_case:
            text = text.lower()
        if self.ignore_punctuation:
            text = text.translate(_PUNCTUATION)
        if self.ignore_numbers:
            text = text.translate(_DIGITS)
        return text.strip() if self.strip else text


@register("squad_exact_match")
class SquadExactMatch(_Match):
    """Share of answers equal to one of the references after SQuAD 1.1's normalisation (its own scorer, divided by 100).

    Lower case, without punctuation and English articles, space evened out.
    """

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|normalisation:squad1.1|references:any"

    def matches(self, text: str, wanted: Sequence[str]) -> bool:
        found = squad_tokens(text)
        return any(found == squad_tokens(one) for one in wanted)


@register("token_f1")
class TokenF1(MeanMetric):
    """Bag-of-words F1 between 0 and 1, the best over the references (SQuAD 1.1's own scorer, divided by 100).

    Lower case, without punctuation and English articles; two empty texts share no word and score 0, as there.
    """

    bounds = (0.0, 1.0)

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|normalisation:squad1.1|references:max"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def _judge(self, response: Response) -> Score:
        found = squad_tokens(response.text or "")
        best = max(bag_f1(found, squad_tokens(one)) for one in references(response, self.name))
        return mean_score(best, extracted=response.text)


def squad_tokens(text: str) -> list[str]:
    """Words of a text as SQuAD's scorer normalises it."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def bag_f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the words two texts share, counted with repetition."""
    shared = (Counter(found) & Counter(wanted)).total()
    if shared == 0:
        return 0.0
    precision, recall = shared / len(found), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)
