"""Proof that an adapter changes anything at all, before a sample is spent on it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.evaluation.ask import Desk
from harness.evaluation.candidates import Candidates
from harness.evaluation.plan import Plan
from harness.evaluation.suite import Suite
from harness.models import Model, unmatched_tensors
from harness.records import Answer, InputError, Kind, Prompt, Request
from harness.records.progress import Progress

#: Prompts whose log-probabilities are compared with the base's.
PROMPTS = 8
#: Text scored after each prompt. What it says does not matter: an adapter that acts moves it.
CONTINUATION = " the answer is"
#: The largest change must pass this. Adding zeros moves float32 log-probabilities by up to about 1e-5, and the
#: mildest useful adapter by far more than a thousandth. In 16 bit, batches alone move them more than that; there the
#: tensors' names and values, which are always looked at, are what finds an adapter without effect.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Pulse:
    """How far an adapter moves the base's log-probabilities (nats per token) on a few prompts."""

    model: str
    prompts: int
    mean_change: float
    max_change: float

    @property
    def alive(self) -> bool:
        return self.max_change > TOLERANCE

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def prove_alive(
    suite: Suite, plan: Plan, candidates: Candidates, desk: Desk, progress: Progress
) -> tuple[dict[str, Pulse], Candidates]:
    """Take every adapter's pulse; leave out those that do not act as trained, where the suite says so.

    Raises:
        InputError: an adapter does not act as trained, and the suite stops for it.
    """
    models = {model.name: model for model in candidates.models if model.adapter or model.name == suite.base_name}
    if len(models) < 2:
        return {}, candidates
    asked = liveness_requests(plan, list(models.values()))
    answers = desk.ask([one for some in asked.values() for one in some], "checking that each adapter acts", progress)
    pulses = take_pulses(asked, answers, suite.base_name)
    dead = {name: why for name, pulse in pulses.items() if (why := fault(pulse, models[name]))}
    if dead and suite.refused == "stop":
        name, reason = next(iter(dead.items()))
        raise InputError(reason, where=f"model {name!r}")
    return pulses, candidates.without(dead)


def liveness_requests(plan: Plan, models: Sequence[Model]) -> dict[str, list[Request]]:
    """For each model, the same few prompts, taken evenly from the whole plan."""
    chosen = spread_prompts(plan, PROMPTS)
    return {
        model.name: [Request(model.name, Kind.LOGLIKELIHOOD, prompt, (CONTINUATION,)) for prompt in chosen]
        for model in models
    }


def spread_prompts(plan: Plan, count: int) -> list[Prompt]:
    """A few different prompts, taken evenly from all questions of a plan."""
    asked = [question.requests[0] for question in plan.questions]
    prompts = list(dict.fromkeys(request.prompt for request in asked if request.kind is not Kind.ROLLING))
    prompts = prompts or list(dict.fromkeys(str(request.prompt)[:200] for request in asked))
    step = max(1, len(prompts) // count)
    return prompts[::step][:count]


def take_pulses(
    requests: Mapping[str, Sequence[Request]], answers: Mapping[Request, Answer], base: str
) -> dict[str, Pulse]:
    """Compare each adapter's log-probabilities with the base's, prompt by prompt and token by token."""
    reference = [answers[request].likelihoods[0].per_token for request in requests[base]]
    pulses = {}
    for name, asked in requests.items():
        if name == base:
            continue
        own = [answers[request].likelihoods[0].per_token for request in asked]
        changes = [
            abs(a - b) for left, right in zip(own, reference, strict=True) for a, b in zip(left, right, strict=True)
        ]
        pulses[name] = Pulse(name, len(own), sum(changes) / len(changes), max(changes))
    return pulses


def fault(pulse: Pulse, model: Model) -> str | None:
    """What is wrong with an adapter that does not act as it was trained, with how to mend it; None if it does.

    Tensors that name no module of the base are left out by every library, mostly in silence. Where the adapter's
    configuration asks for random initial weights, PEFT fills the gap with those, and the adapter moves the base
    without being the one that was trained.
    """
    assert model.adapter is not None
    unmatched = unmatched_tensors(model.adapter, model.base)
    if pulse.alive and not unmatched:
        return None
    said = "the adapter changes nothing" if not pulse.alive else "the adapter that acts is not the one that was trained"
    if not pulse.alive:
        said += f": on {pulse.prompts} prompts its log-probabilities are the base's"
    if unmatched:
        return (
            f"{said}; {len(unmatched)} of its tensors name no module of the base (first: {unmatched[0]}); "
            "rename them to the base's modules, or name the base it was trained on"
        )
    return f"{said}; its tensors fit the base but have no effect; train it, or check alpha and rank"
