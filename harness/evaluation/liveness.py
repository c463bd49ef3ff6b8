"""Proof that an adapter changes anything at all, before a sample is spent on it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.evaluation.plan import Plan
from harness.models import Model, unmatched_tensors
from harness.records import Answer, Kind, Request

#: Prompts whose log-probabilities are compared with the base's.
PROMPTS = 8
#: Text scored after each prompt. What it says does not matter: an adapter that acts moves it.
CONTINUATION = " the answer is"
#: A change below this is rounding. float32 noise stays under 1e-5; bf16 moves first-token logits by about 0.1
#: between batches, but an adapter that does nothing there gives the same sums.
TOLERANCE = 1e-5


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


def liveness_requests(plan: Plan, models: Sequence[Model]) -> dict[str, list[Request]]:
    """For each model, the same few prompts, taken evenly from the whole plan."""
    prompts = list(
        dict.fromkeys(q.requests[0].prompt for q in plan.questions if q.requests[0].kind is not Kind.ROLLING)
    )
    prompts = prompts or list(dict.fromkeys(str(q.requests[0].prompt)[:200] for q in plan.questions))
    step = max(1, len(prompts) // PROMPTS)
    chosen = prompts[::step][:PROMPTS]
    return {
        model.name: [Request(model.name, Kind.LOGLIKELIHOOD, prompt, (CONTINUATION,)) for prompt in chosen]
        for model in models
    }


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
