"""Measures what a training forgets, step by step, and stops it where a limit is crossed: a callback of its loop."""

import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from harness.models.beside_weights import FORGETTING_LOG
from harness.records.progress import Progress
from harness.training.forgetting.log import ForgettingLog
from harness.training.forgetting.measure import Crossing
from harness.training.forgetting.prober import Prober
from harness.training.forgetting.watched import Watched
from harness.training.loop.kept import keep_weights, restore_weights
from harness.training.loop.processes import is_first_process
from harness.training.loop.run import Outcome
from harness.training.recipes.methods import TrainingMethod
from harness.training.repeats import LimitCrossed
from harness.training.rows.prepare import Prepared

#: The weights of the last look within all limits.
_KEPT = "forgetting-kept.safetensors"


class ForgettingGuard(TrainerCallback):
    """Looks at the model every so many steps while it is trained; `conclude` looks at what is to be saved.

    A look is repeated to the bit by a resumed training, and moves nothing of the training itself. Where a limit is
    crossed and the recipe says stop, the training ends there, and the model gets the weights of the last look that
    was within all limits.

    Args:
        partial: Where the training works; the log and the weights within the limits are kept there.
        resumed_from: Step that the training goes on from.
        say: Called with each crossed limit that does not stop the training, once for each limit.
        has_start: The training begins with an adapter, which may have forgotten too much already.

    Attributes:
        warnings: What was said.
    """

    def __init__(
        self,
        watched: Watched,
        prober: Prober,
        method: TrainingMethod,
        partial: Path,
        resumed_from: int,
        say: Callable[[str], None],
        has_start: bool = False,
    ) -> None:
        self._watched, self._prober, self._method, self._partial, self._say = watched, prober, method, partial, say
        self._has_start = has_start
        self._log = ForgettingLog(partial / FORGETTING_LOG, resumed_from)
        self._crossing: Crossing | None = None
        self._kept_step = 0
        self.warnings: list[str] = []
        self._warned: set[str] = set()
        for row in self._log.rows:
            self._warn([Crossing(**one) for one in row["crossed"]], lambda text: None)

    @property
    def stops(self) -> bool:
        """Whether a crossed limit ends the training."""
        return self._watched.settings.on_limit == "stop"

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        self._prober.ask_base(given["model"])
        if self._has_start and self.stops and state.global_step == 0:
            self._refuse_start(given["model"])

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        step = state.global_step
        if step >= state.max_steps or step % self._watched.every(state.max_steps):
            return
        self._look(given["model"], step)
        if self._crossing:
            control.should_training_stop = True
            # A training resumed from here would go on with what was just refused.
            control.should_save = False

    def conclude(self, model: Any, outcome: Outcome) -> Outcome:
        """Look at the weights that the training ended with, and put others back where these are beyond a limit.

        Returns:
            The outcome, of the weights that the model now holds.

        Raises:
            LimitCrossed: no weights of the training are within the limits.
        """
        if self._crossing is None and not self._log.has(outcome.saved_step):
            self._look(model, outcome.saved_step)
        if self._crossing is None:
            self._kept_step = outcome.saved_step
            return outcome
        kept = restore_weights(model, self._partial / _KEPT, self._method)
        if kept is None:
            raise LimitCrossed(
                f"stopped after step {self._crossing.step}, where {self._crossing}; "
                f"no weights of this training were measured within the limits, so none are kept (see {self._log.path})",
                where="forgetting.limits",
                mend="lower schedule.learning_rate, replay old data among the new, set forgetting.every lower, "
                "or raise the limit",
            )
        self._kept_step = kept
        return replace(outcome, saved_step=kept, held_out_loss=None)

    def finish(self, folder: Path) -> dict[str, Any]:
        """Put the log beside the finished adapter.

        Returns:
            For the training's record: ``forgetting`` (limits, what was measured on, and the measurement of the weights
            that are saved), and ``stopped`` where a limit ended the training.
        """
        shutil.copyfile(self._log.path, folder / FORGETTING_LOG)
        forgetting = {
            "limits": self._watched.limits.model_dump(exclude_none=True),
            "probes": [probe.task.name for probe in self._watched.probes],
            "text": self._watched.settings.text,
            "texts": len(self._watched.texts),
            "answer_forms": {"count": len(self._watched.forms.forms), "share": round(self._watched.forms.share, 4)},
            "measurements": len(self._log.rows),
            "seconds": round(sum(row["seconds"] for row in self._log.rows), 3),
            "final": self._log.of_step(self._kept_step),
        }
        if self._crossing is None:
            return {"forgetting": forgetting}
        crossing = self._crossing
        stopped = {
            "limit": crossing.limit, "probe": crossing.probe, "step": crossing.step, "value": crossing.value,
            "low": crossing.low, "high": crossing.high, "bound": crossing.bound, "kept_step": self._kept_step,
            "reason": f"stopped after step {crossing.step}: {crossing}; "
            f"kept are the weights of step {self._kept_step}, the last measured within the limits",
        }  # fmt: skip
        return {"forgetting": forgetting, "stopped": stopped}

    def _refuse_start(self, model: Any) -> None:
        """Limits are against the base: a training that begins beyond one would be stopped for what it did not lose."""
        if crossed := self._prober.measure(model, 0).crossed(self._watched.limits):
            raise LimitCrossed(
                f"the start is beyond a limit before the first step: {crossed[0]}",
                where="forgetting.limits",
                mend="start from an adapter that forgot less, raise the limit, or set forgetting.on_limit to warn",
            )

    def _look(self, model: Any, step: int) -> None:
        started = time.monotonic()
        measurement = self._prober.measure(model, step)
        crossed = measurement.crossed(self._watched.limits)
        self._log.add(measurement, crossed, time.monotonic() - started)
        if not self.stops:
            self._warn(crossed, self._say)
        elif crossed:
            self._crossing = crossed[0]
        elif is_first_process():
            keep_weights(model, self._partial / _KEPT, step)

    def _warn(self, crossed: Iterable[Crossing], say: Callable[[str], None]) -> None:
        for one in crossed:
            if one.limit not in self._warned:
                self._warned.add(one.limit)
                self.warnings.append(f"after step {one.step}, {one}")
                say(self.warnings[-1])


def open_guard(
    prepared: Prepared,
    partial: Path,
    dtype: str,
    resumed_from: int,
    say: Callable[[str], None],
    progress: Progress,
) -> ForgettingGuard | None:
    """The guard of a training whose recipe wants one.

    Args:
        partial: Where the training works.
        dtype: Number format of its forward pass.
        resumed_from: Step that it goes on from.
        say: Called with what does not stop the training.
        progress: Called with how far each look is.
    """
    if prepared.watched is None:
        return None
    method = prepared.recipe.method
    prober = Prober(prepared.watched, prepared.base, method, partial, dtype, progress)
    return ForgettingGuard(
        prepared.watched, prober, method, partial, resumed_from, say, has_start=prepared.start is not None
    )
