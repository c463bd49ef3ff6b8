"""Comment ratio and cyclomatic complexity."""

from abc import abstractmethod
from collections.abc import Sequence

from harness.metrics.base import MeanMetric, register
from harness.metrics.code.shape import Shape, read_shape
from harness.metrics.common import mean_score, not_judged
from harness.metrics.safety.code.extract import LANGUAGES
from harness.records import Outcome, Response, Score, prompt_text


class _CodeMeasure(MeanMetric):
    """A measure of the code in an answer. The language is the document's ``language``, else the fence's tag, else what
    the code looks like."""

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|languages:{'+'.join(LANGUAGES)}|unparsable:unscorable"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    @abstractmethod
    def value(self, shape: Shape) -> float:
        """The measure of one piece of code."""

    def _judge(self, response: Response) -> Score:
        generation, sample = response.answer.generation, response.sample
        text = (generation.text if generation else response.text) or ""
        shape = read_shape(text, prompt_text(sample.prompt), sample.document.get("language"))
        return not_judged(Outcome.UNSCORABLE, 2) if shape is None else mean_score(self.value(shape))


@register("comment_ratio")
class CommentRatio(_CodeMeasure):
    """Lines with a comment over lines that are not blank, averaged over answers; neither direction is better."""

    def value(self, shape: Shape) -> float:
        return shape.commented / max(shape.lines, 1)


@register("cyclomatic_complexity")
class CyclomaticComplexity(_CodeMeasure):
    """Independent paths (McCabe 1976): 1 and one more for each branch or boolean operator, averaged over answers."""

    greater_is_better = False

    def value(self, shape: Shape) -> float:
        return 1.0 + shape.decisions
