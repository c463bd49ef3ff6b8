"""Who hears of each step of a training: its log, its trackers, whoever watches, and its tutor."""

from collections.abc import Callable, Iterable

from harness.training.loop.plan import Plan
from harness.training.loop.steps import Step, StepLog
from harness.training.loop.tracking import Tracking
from harness.training.loop.tutor import Tutor, beforehand
from harness.training.recipes.recipe import Recipe


class Follower:
    """Passes steps on. Of a resumed training, the tutor first sees the steps that are not repeated.

    Args:
        say: Called with each warning of the tutor.
        watch: Called with each step.

    Attributes:
        warnings: What was said, before a kill included.
    """

    def __init__(
        self,
        recipe: Recipe,
        plan: Plan,
        log: StepLog,
        tracking: Tracking,
        say: Callable[[str], None],
        watch: Callable[[Step], None],
    ) -> None:
        self._log, self._tracking, self._say, self._watch = log, tracking, say, watch
        self.warnings: list[str] = []
        self._heard(beforehand(recipe, plan.steps), say)
        self._tutor = Tutor(recipe, plan.steps)
        for step in log.steps:
            self._heard(self._tutor.see(step), lambda text: None)

    def __call__(self, step: Step) -> None:
        self._log.add(step)
        self._tracking.log(step)
        self._watch(step)
        self._heard(self._tutor.see(step), self._say)

    def conclude(self) -> None:
        """Hear the tutor out."""
        self._heard(self._tutor.conclude(), self._say)

    def _heard(self, texts: Iterable[str], say: Callable[[str], None]) -> None:
        for text in texts:
            self.warnings.append(text)
            say(text)
