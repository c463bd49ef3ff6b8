"""Measures the reference model on its held-out packs and writes its card. ``python -m harness.reference.card``."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np

from harness.engines import Encoder, EngineSettings, open_engine
from harness.metrics import Metric
from harness.models import Base, Model, resolve_base
from harness.records import Answer, Request, Response, content_root, reference_model
from harness.reference.packs import PACKS
from harness.tasks import PackTask, Task

COMMAND = "python -m harness.reference.card"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the card."""

    pack: str
    metric: str
    figure: float
    samples: int


def measure(folder: Path, packs: Sequence[str] = tuple(PACKS), limit: int | None = None) -> list[Line]:
    """Held-out figures of the model in ``folder``, greedy and in float32; ``limit`` samples a pack."""
    tasks = [PackTask.read(content_root() / "tasks" / pack / "task.yaml") for pack in packs]
    asked = {
        (task.name, sample.key): request
        for task in tasks
        for sample in task.samples(limit)
        for request in task.requests(sample, "base")
    }
    answers = _answers(resolve_base(str(folder)), list(dict.fromkeys(asked.values())))
    return [line for task in tasks for line in _lines(task, limit, asked, answers)]


def _answers(base: Base, requests: list[Request]) -> dict[Request, Answer]:
    from rich.progress import track

    settings = EngineSettings(kind="transformers", dtype="float32", device="cpu")
    with open_engine(settings, [Model("base", base)], Encoder.load(base.folder)) as engine:
        batches = track(engine.answer(requests), description="answering", total=None)
        return {request: answer for batch in batches for request, answer in batch}


def _lines(
    task: Task, limit: int | None, asked: dict[tuple[str, str], Request], answers: dict[Request, Answer]
) -> list[Line]:
    samples = task.samples(limit)
    responses = [task.response(sample, [answers[asked[task.name, sample.key]]]) for sample in samples]
    return [Line(task.name, metric.name, _figure(metric, responses), len(samples)) for metric in task.metrics]


def _figure(metric: Metric, responses: list[Response]) -> float:
    scores = metric.measure(responses)
    return float(metric.aggregate(np.sum([score.statistics for score in scores], axis=0)))


def table(lines: Sequence[Line]) -> str:
    """The figures as a Markdown table."""
    head = "| Task | Metric | Figure | Samples |\n|---|---|---:|---:|\n"
    return head + "\n".join(f"| {one.pack} | {one.metric} | {one.figure:.3f} | {one.samples} |" for one in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=reference_model())
    given = parser.parse_args()
    text = Template(Path(__file__).with_name("card.md").read_text(encoding="utf-8"))
    shown = table(measure(given.model))
    (given.model / "README.md").write_text(text.substitute(table=shown, command=COMMAND), encoding="utf-8")
    print(shown)  # noqa: T201 - what a script says


if __name__ == "__main__":
    main()
