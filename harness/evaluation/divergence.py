"""The KL probe: how far each adapter moves the base's next-token distribution on old text.

It is a task like any other from here on: its samples are texts, its figures have intervals, a gate rule can name it.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from harness.evaluation.ask import Desk
from harness.evaluation.forgetting import ForgettingSettings
from harness.evaluation.plan import Plan, Question
from harness.evaluation.probe import probe_entry
from harness.records import InputError, Kind, Request, Response, Sample, sample_key
from harness.records.forgetting import KL_METRIC, KL_TASK
from harness.records.progress import Progress
from harness.records.selection import select
from harness.tasks.border import continuation


def probe_divergence(
    plan: Plan,
    settings: ForgettingSettings,
    models: Sequence[str],
    base: str,
    desk: Desk,
    progress: Progress,
) -> dict[str, list[Response]]:
    """For each model, KL(base‖model) at each token of texts of the probes.

    Of a probe's sample, the tokens are those of its target, after the prompt; of a text of a perplexity task, all.

    Args:
        plan: Of the run; its samples are taken evenly over their content hashes.
        base: Name of the bare base.
        desk: Of the transformers engine.

    Raises:
        InputError: no probe has a text to measure on.
    """
    texts = _texts(plan, settings, base)
    if not texts:
        raise InputError(
            "no probe has a target or a text", where="forgetting: kl", mend="name other probes, or leave it"
        )
    asked = [(model, sample, _request(sample, model)) for model in models for sample in texts]
    answers = desk.ask([request for *_, request in asked], "comparing distributions with the base", progress)
    responses: dict[str, list[Response]] = {model: [] for model in models}
    for model, sample, request in asked:
        found = answers[request].divergence
        said = f"{sum(found) / max(1, len(found)):.4g} nats per token over {len(found)} tokens"
        responses[model].append(Response(sample, answers[request], said))
    return responses


def describe(settings: ForgettingSettings, responses: Mapping[str, Sequence[Response]]) -> dict[str, Any]:
    """The probe's entry among the tasks of the manifest."""
    keys = [response.sample.key for response in next(iter(responses.values()))]
    about = "KL(base‖model) of next-token distributions on texts of the probes, over the whole vocabulary."
    return probe_entry(KL_TASK, "kl", about, settings, [KL_METRIC], keys)


def _texts(plan: Plan, settings: ForgettingSettings, base: str) -> list[Sample]:
    """The samples of the probe; each holds the text in its references, or in its prompt alone."""
    mine = [question for question in plan.questions if question.model == base and question.repetition == 0]
    tasks = {question.task.name: question.task for question in mine}
    texts: list[Sample] = []
    for task in select(settings.probes, list(tasks.values()), where="forgetting: probes"):
        of_task = sorted((q for q in mine if q.task.name == task.name), key=lambda q: q.sample.key)
        texts += list(islice((text for q in of_task if (text := _text(q)) is not None), settings.kl_texts))
    return list({sample.key: sample for sample in texts}.values())


def _text(question: Question) -> Sample | None:
    """What is measured of a question; None where it has no target."""
    sample, document = question.sample, {"task": question.task.name, "sample": question.sample.key}
    if question.requests[0].kind is Kind.ROLLING:
        return Sample(KL_TASK, sample_key(document, sample.prompt, ()), sample.prompt, document=document)
    if not sample.target:
        return None
    references = (continuation(sample.prompt, sample.target),)
    return Sample(KL_TASK, sample_key(document, sample.prompt, references), sample.prompt, references, (), document)


def _request(sample: Sample, model: str) -> Request:
    return Request(model, Kind.DIVERGENCE, sample.prompt, sample.references)
