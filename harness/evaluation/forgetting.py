"""What a suite says about forgetting: its probes, what is measured on them, and the order of its trainings."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.metrics import Metric, build_metric
from harness.records import TaskRow
from harness.records.forgetting import KL_METRIC
from harness.records.selection import select

#: Tasks that are probes where a suite does not name them.
TAG = "forgetting"


class ForgettingSettings(BaseModel):
    """The ``forgetting:`` section of a suite. Tasks are named as in rules: by name, pattern or ``tag:``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    probes: Annotated[list[str], Field(min_length=1)] = Field(
        [f"tag:{TAG}"], description="tasks that must not get worse"
    )
    targets: list[str] = Field([], description="tasks that were trained for; all but probes and safety if left out")
    kl: bool = Field(False, description="measure KL(base‖model) on texts of the probes, over the whole vocabulary")
    kl_texts: Annotated[int, Field(ge=2)] = Field(64, description="texts of each probe that kl takes, by content")

    def metrics(self) -> list[Metric]:
        return [build_metric(KL_METRIC)]


class Trained(BaseModel):
    """One step of a suite's ``sequence:``: a model, trained after the one before it, and the task that it learnt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    task: str


def probe_tasks(settings: ForgettingSettings | None, tasks: Sequence[TaskRow]) -> list[TaskRow]:
    """The tasks that must not get worse; none where the suite names none and no task is tagged so.

    Raises:
        InputError: a task is named that is not there.
    """
    settings = settings or ForgettingSettings()
    if settings.probes == ForgettingSettings().probes and not any(TAG in task.tags for task in tasks):
        return []
    return select(settings.probes, tasks, where="forgetting: probes")


def target_tasks(settings: ForgettingSettings | None, tasks: Sequence[TaskRow], probes: Sequence[str]) -> list[TaskRow]:
    """The tasks that were trained for: those named, else all that are neither probes nor tagged for safety.

    Raises:
        InputError: a task is named that is not there.
    """
    if settings and settings.targets:
        return select(settings.targets, tasks, where="forgetting: targets")
    return [task for task in tasks if task.name not in probes and not any("safety" in tag for tag in task.tags)]
