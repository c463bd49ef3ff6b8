"""Asks the model that is being trained, and the base below it, what is watched."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from harness.engines import EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.transformers import TransformersEngine
from harness.engines.transformers.live import LiveBench, undisturbed
from harness.engines.transformers.load import load_base
from harness.models import Base
from harness.records import Answer, Kind, Request
from harness.records.files import write_text
from harness.records.progress import Progress, silent
from harness.training.forgetting.measure import Measurement, Reading, measure, read_answers, requests
from harness.training.forgetting.settings import STAGE
from harness.training.forgetting.watched import Watched
from harness.training.loop.processes import is_first_process
from harness.training.recipes.methods import Full, TrainingMethod

_BASE_ANSWERS = "forgetting-base.json"


class Prober:
    """Puts base and tuned model side by side.

    Both are one model with its adapter switched off and on. Where that does not give the base (every weight is
    trained, or starting factors were taken out of the base), the base is loaded apart for as long as it is asked.

    Args:
        partial: Where the base's answers are kept, so that a resumed training asks for them once.
        dtype: Number format of the training's forward pass.
        progress: Called with the questions answered and those in all, of each look.
    """

    def __init__(
        self,
        watched: Watched,
        base: Base,
        method: TrainingMethod,
        partial: Path,
        dtype: str,
        progress: Progress = silent,
    ) -> None:
        self._watched, self._base, self._method, self._dtype = watched, base, method, dtype
        self._progress = progress
        self._encoder = Encoder.load(base.folder)
        self._kept = partial / _BASE_ANSWERS
        self._reading: Reading | None = None

    def ask_base(self, module: Any) -> None:
        """Get the base's answers, if they are not kept yet."""
        asked = requests(self._watched, LiveBench.BASE)
        keys = {request: request.key(self._base.fingerprint) for request in asked}
        known = _read_kept(self._kept)
        if missing := [request for request in asked if keys[request] not in known]:
            with undisturbed(module):
                answered = self._answers(self._bench(module), missing)
            known |= {keys[request]: answer for request, answer in answered.items()}
            if is_first_process():
                _keep(self._kept, known)
        answers = {request: known[keys[request]] for request in asked}
        self._reading = read_answers(self._watched, LiveBench.BASE, answers)

    def measure(self, module: Any, step: int) -> Measurement:
        """One look at the model after ``step`` steps. Nothing of the training is moved by it.

        Raises:
            RunError: the model gives no finite probabilities, or one request does not fit into memory.
        """
        if self._reading is None:
            self.ask_base(module)
        assert self._reading is not None
        asked = requests(self._watched, LiveBench.TUNED)
        apart = self._watched.text_requests(LiveBench.TUNED, Kind.DIVERGENCE)
        with undisturbed(module):
            answers = self._answers(self._bench(module), [*asked, *apart])
        tuned = read_answers(self._watched, LiveBench.TUNED, answers)
        return measure(self._watched, step, self._reading, tuned, [answers[one].divergence for one in apart])

    def _bench(self, module: Any) -> LiveBench:
        def load() -> Any:
            return load_base(self._base.folder, torch.float32, module.device)

        apart = isinstance(self._method, Full) or self._method.moves_base
        return LiveBench(module, self._dtype, self._method.context_taken > 0, load if apart else None)

    def _answers(self, bench: LiveBench, asked: Sequence[Request]) -> dict[Request, Answer]:
        settings = EngineSettings(max_model_len=self._watched.room)
        engine = TransformersEngine(settings, LiveBench.models(self._base), self._encoder, bench)
        answers: dict[Request, Answer] = {}
        total = len(set(asked))
        self._progress(STAGE, 0, total)
        for batch in engine.answer(asked):
            answers |= dict(batch)
            self._progress(STAGE, len(answers), total)
        return answers


def _read_kept(path: Path) -> dict[str, Answer]:
    if not path.is_file():
        return {}
    return {key: Answer.from_json(value) for key, value in json.loads(path.read_text(encoding="utf-8")).items()}


def _keep(path: Path, answers: dict[str, Answer]) -> None:
    write_text(path, json.dumps({key: answer.to_json() for key, answer in answers.items()}))
