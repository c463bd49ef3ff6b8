"""Experiment trackers that follow a training: TensorBoard, Weights & Biases, MLflow. They never touch what is trained.

Without a server in the environment they write beside the adapters, into ``tracking/``, and nothing leaves the machine.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

from harness.records import Unavailable
from harness.training.loop.steps import Step

TrackerName = Literal["tensorboard", "wandb", "mlflow"]
#: Project or experiment under which a server lists the trainings.
_PROJECT = "harness"
#: Characters of a parameter that every MLflow store takes.
_LONGEST_PARAMETER = 500


@dataclass(frozen=True)
class Followed:
    """The training that is followed.

    Attributes:
        folder: Where trackers without a server write.
        name: Of the adapter.
        identity: Fingerprint of the training, by which a resumed one is known.
        settings: What a tracker shows of the recipe.
        resumed_from: The last step that is not trained again.
    """

    folder: Path
    name: str
    identity: str
    settings: Mapping[str, Any]
    resumed_from: int


class Tracker(Protocol):
    """One tracker, open from the first step to the last."""

    def log(self, figures: Mapping[str, float], step: int) -> None:
        """Write figures of a step."""

    def close(self) -> None:
        """Write what is still held back."""


class _TensorBoard:
    def __init__(self, followed: Followed) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # What a killed training wrote after its checkpoint is hidden by what now follows.
        folder = followed.folder / "tensorboard" / followed.name
        self._writer = SummaryWriter(str(folder), purge_step=followed.resumed_from + 1)

    def log(self, figures: Mapping[str, float], step: int) -> None:
        for figure, value in figures.items():
            self._writer.add_scalar(figure, value, step)

    def close(self) -> None:
        self._writer.close()


class _Wandb:
    def __init__(self, followed: Followed) -> None:
        import wandb

        told = any(name in os.environ for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL"))
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", _PROJECT),
            name=followed.name,
            id=followed.identity[:16],
            resume="allow",
            dir=followed.folder,
            config=dict(followed.settings),
            mode=None if told else "offline",
            settings=wandb.Settings(silent=True, console="off", disable_git=True, save_code=False),
        )

    def log(self, figures: Mapping[str, float], step: int) -> None:
        self._run.log(dict(figures), step=step)

    def close(self) -> None:
        self._run.finish()


class _Mlflow:
    def __init__(self, followed: Followed) -> None:
        from mlflow import MlflowClient

        for noisy in ("mlflow", "alembic"):
            logging.getLogger(noisy).setLevel(logging.ERROR)
        own = f"sqlite:///{followed.folder.resolve() / 'mlflow.db'}"
        self._client = MlflowClient(tracking_uri=os.environ.get("MLFLOW_TRACKING_URI", own))
        self._run = self._earlier(followed) or self._begin(followed)

    def _experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", _PROJECT)
        known = self._client.get_experiment_by_name(name)
        return str(known.experiment_id if known else self._client.create_experiment(name))

    def _earlier(self, followed: Followed) -> str | None:
        """The run that a resumed training goes on with."""
        if not followed.resumed_from:
            return None
        found = self._client.search_runs([self._experiment()], f"tags.training = '{followed.identity}'")
        return str(found[0].info.run_id) if found else None

    def _begin(self, followed: Followed) -> str:
        tags = {"training": followed.identity}
        run = str(self._client.create_run(self._experiment(), run_name=followed.name, tags=tags).info.run_id)
        for key, value in followed.settings.items():
            self._client.log_param(run, key, str(value)[:_LONGEST_PARAMETER])
        return run

    def log(self, figures: Mapping[str, float], step: int) -> None:
        for figure, value in figures.items():
            self._client.log_metric(self._run, figure, value, step=step)

    def close(self) -> None:
        self._client.set_terminated(self._run)


_KINDS: dict[TrackerName, Callable[[Followed], Tracker]] = {
    "tensorboard": _TensorBoard,
    "wandb": _Wandb,
    "mlflow": _Mlflow,
}


def check_trackers(names: Sequence[TrackerName]) -> None:
    """Make sure that the packages of these trackers are installed.

    Raises:
        Unavailable: one is not.
    """
    for name in names:
        if find_spec(name) is None:
            raise Unavailable(f"track: {name} is not installed", mend="pip install 'adapter-harness[track]'")


class Tracking:
    """The trackers of a training. One that fails is left out with a warning: the training is worth more.

    Args:
        warn: Called with each failure.
    """

    def __init__(self, names: Sequence[TrackerName], followed: Followed, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._open: dict[TrackerName, Tracker] = {}
        if names:
            followed.folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            with self._survived(name):
                self._open[name] = _KINDS[name](followed)

    def log(self, step: Step) -> None:
        """Pass on the figures of a step."""
        figures = {name: value for name, value in step.to_json().items() if name not in ("step", "steps")}
        for name, tracker in list(self._open.items()):
            with self._survived(name):
                tracker.log(figures, step.step)

    def close(self) -> None:
        """Close them all."""
        for name, tracker in list(self._open.items()):
            with self._survived(name):
                tracker.close()

    @contextmanager
    def _survived(self, name: TrackerName) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - servers fail in ways of their own, and none may end a training
            self._open.pop(name, None)
            self._warn(f"{name} no longer follows this training ({type(error).__name__}: {str(error)[:200]})")
