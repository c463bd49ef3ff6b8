"""What a tutor would say who watches a training: warnings read from the recipe and from the curves, each said once."""

import statistics
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable

import numpy as np

from harness.training.loop.steps import Step
from harness.training.recipes.recipe import Recipe

#: Learning rates further from the method's usual one than this factor are out of proportion.
_PROPORTION = 20.0
#: Fewer steps than this hardly rise and fall with their schedule.
_FEW_STEPS = 10
#: Steps that say what is normal. Rows of similar length share a batch, so steps differ as kinds of rows do.
_WINDOW = 30


def beforehand(recipe: Recipe, steps: int) -> Iterable[str]:
    """What is to be said before the first step."""
    usual = recipe.method.usual_rate * recipe.objective.rate_share
    rate = recipe.learning_rate
    if not 1 / _PROPORTION <= rate / usual <= _PROPORTION:
        factor = f"{rate / usual:.3g} times" if rate > usual else f"a {usual / rate:.3g}th of"
        what = recipe.method.kind + (f" with {recipe.objective.kind}" if recipe.objective.preferences else "")
        yield f"the learning rate {rate:g} is {factor} what is usual for {what} ({usual:g})"
    if steps < _FEW_STEPS:
        yield f"{steps} steps are few: lower batch_size or gradient_accumulation, or raise epochs"


class Tutor:
    """Looks at each step as it comes.

    Args:
        recipe: Of the training.
        steps: Planned.
    """

    def __init__(self, recipe: Recipe, steps: int) -> None:
        self._lessons: list[Lesson] = [
            Overfitting(recipe.evaluation.keep_best),
            NotFalling(steps),
            Spike(),
            ExplodingGradient(recipe.schedule.max_grad_norm),
            AlwaysClipped(recipe.schedule.max_grad_norm),
        ]
        if not recipe.objective.preferences:
            self._lessons.append(KnownBefore())

    def see(self, step: Step) -> list[str]:
        """What is new to be said after this step."""
        return self._say(lesson.see(step) for lesson in self._lessons)

    def conclude(self) -> list[str]:
        """What can only be said at the end."""
        return self._say(lesson.conclude() for lesson in self._lessons)

    def _say(self, heard: Iterable[str | None]) -> list[str]:
        new = []
        for lesson, text in zip(list(self._lessons), list(heard), strict=True):
            if text:
                new.append(text)
                self._lessons.remove(lesson)
        return new


class Lesson:
    """One thing that can go wrong, and how it shows."""

    @abstractmethod
    def see(self, step: Step) -> str | None:
        """The warning, if this step shows it."""

    def conclude(self) -> str | None:
        """The warning, if the whole training shows it."""
        return None


class Overfitting(Lesson):
    """The held-out loss stays above its best, by more than 2 % at last, while the training loss goes on falling.

    Args:
        kept: The weights of the best step will be saved.
    """

    def __init__(self, kept: bool) -> None:
        self._kept = kept
        self._losses: list[float] = []
        self._best: tuple[float, int, int] | None = None
        self._since = 0

    def see(self, step: Step) -> str | None:
        if step.loss is not None:
            self._losses.append(step.loss)
        held_out = step.held_out_loss
        if held_out is None:
            return None
        if self._best is None or held_out < self._best[0]:
            self._best, self._since = (held_out, step.step, len(self._losses)), 0
            return None
        self._since += 1
        best, at, seen = self._best
        after = self._losses[seen:]
        before = self._losses[max(0, seen - len(after)) : seen]
        falling = bool(after and before) and statistics.fmean(after) < statistics.fmean(before)
        if self._since < 2 or held_out < 1.02 * best or not falling:
            return None
        return (
            f"overfitting: the held-out loss rose from {best:.3f} at step {at}, its best, to {held_out:.3f} at step "
            f"{step.step}, while the training loss fell; "
            + ("the best is what will be saved" if self._kept else "evaluation.keep_best would save the best")
        )


class NotFalling(Lesson):
    """The loss fell by less than 2 %.

    The latest pass over the data is compared with the first, which learned from the same rows, half-way and at the end.
    In a training of less than two passes the last third of the steps is compared with the first third, in mean, median
    and lower quartile: the mean alone would follow the kinds of rows that happen to stand there.
    """

    _FALL = 0.98

    def __init__(self, steps: int) -> None:
        self._half = max(_WINDOW, steps // 2)
        self._steps: list[tuple[float, float]] = []

    def see(self, step: Step) -> str | None:
        if step.loss is None:
            return None
        self._steps.append((step.epoch, step.loss))
        return self._judge() if len(self._steps) == self._half and step.epoch >= 2 else None

    def conclude(self) -> str | None:
        return self._judge() if len(self._steps) >= _WINDOW else None

    def _judge(self) -> str | None:
        first, last = self._ends()
        sides = [(statistics.fmean(one), statistics.median(one), float(np.quantile(one, 0.25)))
                 for one in (first, last)]  # fmt: skip
        if any(after < self._FALL * before for before, after in zip(*sides, strict=True)):
            return None
        return (
            f"the loss hardly fell in {len(self._steps)} steps ({sides[0][0]:.3f} to {sides[1][0]:.3f}): "
            "check the data, or change the learning rate"
        )

    def _ends(self) -> tuple[list[float], list[float]]:
        # Of few rows, one step learns from all of them more than once.
        one_pass, epochs = max(1.0, self._steps[0][0]), self._steps[-1][0]
        if epochs >= 2 * one_pass:
            return (
                [loss for epoch, loss in self._steps if epoch <= one_pass],
                [loss for epoch, loss in self._steps if epoch > epochs - one_pass],
            )
        third = len(self._steps) // 3
        losses = [loss for _, loss in self._steps]
        return losses[:third], losses[-third:]


class Spike(Lesson):
    """A loss half as much again as the highest of the 30 before it."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_WINDOW)

    def see(self, step: Step) -> str | None:
        if step.loss is None:
            return None
        recent, loss = list(self._recent), step.loss
        self._recent.append(loss)
        if len(recent) < _WINDOW or loss <= 1.5 * max(recent):
            return None
        return (
            f"the loss jumped to {loss:.3f} at step {step.step} (it was about {statistics.median(recent):.3f}): "
            "look at the rows of that step, or lower the learning rate"
        )


class ExplodingGradient(Lesson):
    """A gradient ten times as long as the longest of the 30 before it, and longer than what is clipped.

    Args:
        limit: The length from which on gradients are clipped.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._recent: deque[float] = deque(maxlen=_WINDOW)

    def see(self, step: Step) -> str | None:
        if step.grad_norm is None:
            return None
        recent, norm = list(self._recent), step.grad_norm
        self._recent.append(norm)
        if len(recent) < _WINDOW or norm <= max(self._limit, 10 * max(recent)):
            return None
        return (
            f"the gradient exploded to a norm of {norm:.3g} at step {step.step} "
            f"(it was about {statistics.median(recent):.3g}): lower the learning rate"
        )


class AlwaysClipped(Lesson):
    """Fifty gradients in a row that are cut to less than a tenth of their length."""

    _ROW = 50

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._row: list[float] = []

    def see(self, step: Step) -> str | None:
        if step.grad_norm is None:
            return None
        self._row = [*self._row, step.grad_norm] if step.grad_norm > 10 * self._limit else []
        if len(self._row) < self._ROW:
            return None
        return (
            f"{self._ROW} gradients in a row were cut to max_grad_norm {self._limit:g} from a norm of about "
            f"{statistics.median(self._row):.3g}: raise max_grad_norm, or look for outliers in the data"
        )


class KnownBefore(Lesson):
    """A loss near zero in the first five steps: there was nothing to learn."""

    _FIRST, _ZERO = 5, 0.05

    def __init__(self) -> None:
        self._losses: list[float] = []

    def see(self, step: Step) -> str | None:
        if step.loss is None or len(self._losses) == self._FIRST:
            return None
        self._losses.append(step.loss)
        if len(self._losses) < self._FIRST or max(self._losses) > self._ZERO:
            return None
        return (
            f"the loss is near zero from the start ({statistics.fmean(self._losses):.3f}): "
            "the base knows these rows, or each prompt holds its answer"
        )
