"""The noise floor: some greedy requests asked again, to see how often answers flip by themselves.

Greedy decoding is not deterministic on most machines: sums come out differently in another batch, and a token that was
nearly tied falls the other way. A difference between two models that is no larger than this is no difference.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.evaluation.ask import Desk
from harness.evaluation.plan import Plan, Question
from harness.evaluation.probe import NOISE_METRICS, NOISE_TASK, NoiseAudit, probe_entry
from harness.records import Answer, InputError, Kind, Request, Response, Sample, sample_key
from harness.records.progress import Progress


def audit_noise(
    plan: Plan, answers: Mapping[Request, Answer], settings: NoiseAudit, desk: Desk, progress: Progress
) -> dict[str, list[Response]]:
    """For each model, the second answers beside the first ones.

    Args:
        plan: What was asked.
        answers: The first answers, which batches gave or a cache.
        desk: Asks again, one request at a time, past all stored answers.

    Raises:
        InputError: the plan holds nothing greedy.
        RunError: the engine broke.
    """
    chosen = _chosen(plan, settings.samples)
    if not chosen:
        raise InputError("no task decodes greedily", where="noise", mend="leave the section out, or add such a task")
    requests = list(dict.fromkeys(question.requests[0] for question in chosen))
    again = desk.ask_again(requests, "asking some again", progress)
    pairs: dict[tuple[str, str], list[tuple[Response, Response]]] = {}
    for question in chosen:
        first, second = (_response(question, given[question.requests[0]]) for given in (answers, again))
        pairs.setdefault((question.model, question.task.name), []).append((first, second))
    metric_of = {question.task.name: question.task.metrics[0] for question in chosen}
    responses: dict[str, list[Response]] = {question.model: [] for question in plan.questions}
    for (model, task), some in pairs.items():
        firsts, seconds = (metric_of[task].measure([pair[side] for pair in some]) for side in (0, 1))
        responses[model] += [
            _sample(task, *pair, [one.value, two.value]) for pair, one, two in zip(some, firsts, seconds, strict=True)
        ]
    return responses


def describe(settings: NoiseAudit, responses: Mapping[str, Sequence[Response]]) -> dict[str, Any]:
    """The audit's entry among the tasks of the manifest."""
    keys = [response.sample.key for response in next(iter(responses.values()))]
    about = "Greedy requests of this suite asked a second time, each alone."
    return probe_entry(NOISE_TASK, "noise", about, settings, NOISE_METRICS, keys)


def _chosen(plan: Plan, count: int) -> list[Question]:
    """The same few samples for every model, taken evenly from the greedy questions of all tasks."""
    greedy = [question for question in plan.questions if _is_greedy(question.requests[0])]
    places = list(dict.fromkeys((question.task.name, question.sample.key) for question in greedy))
    step = max(1, len(places) // count)
    kept = set(places[::step][:count])
    return [question for question in greedy if (question.task.name, question.sample.key) in kept]


def _is_greedy(request: Request) -> bool:
    return request.kind is not Kind.ROLLING and not (request.decoding and request.decoding.temperature)


def _response(question: Question, answer: Answer) -> Response:
    return question.task.response(question.sample, [answer])


def _sample(task: str, first: Response, second: Response, scores: list[float | None]) -> Response:
    """What the probe's metrics judge: the first answer is the target of the second."""
    key = sample_key({"task": task, "sample": first.sample.key}, first.sample.prompt, ())
    sample = Sample(NOISE_TASK, key, first.sample.prompt, (_said(first),), document={"task": task, "scores": scores})
    return Response(sample, second.answer, _said(second))


def _said(response: Response) -> str:
    generation = response.answer.generation
    return generation.text if generation else response.text or ""
