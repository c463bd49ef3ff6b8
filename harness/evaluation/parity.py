"""The serving parity probe: each model's prompts put to the suite's engine and to plain transformers + PEFT.

It is a task like any other from here on: its samples are prompts, its figures have intervals, a gate rule can name it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.evaluation.ask import Desk
from harness.evaluation.liveness import CONTINUATION, spread_prompts
from harness.evaluation.plan import Plan
from harness.evaluation.probe import TASK, ParityProbe, probe_entry
from harness.models import Model
from harness.records import Answer, Decoding, Kind, Request, Response, Sample, sample_key
from harness.records.progress import Progress


def probe(
    plan: Plan, models: Sequence[Model], settings: ParityProbe, served: Desk, reference: Desk, progress: Progress
) -> dict[str, list[Response]]:
    """For each model, what the suite's engine answered beside what transformers + PEFT answers.

    Log-probabilities are compared on the reference's own greedy texts, so that one token that falls the other way
    costs text equality but not the comparison of probabilities.
    """
    prompts = spread_prompts(plan, settings.prompts)
    decoding = Decoding(max_tokens=settings.max_tokens)
    texts = {(m.name, p): Request(m.name, Kind.GENERATE, p, decoding=decoding) for m in models for p in prompts}
    expected = reference.ask(list(texts.values()), "asking transformers + PEFT", progress)
    scored = {
        (name, prompt): Request(name, Kind.LOGLIKELIHOOD, prompt, (_text(expected[request]) or CONTINUATION,))
        for (name, prompt), request in texts.items()
    }
    known = reference.ask(list(scored.values()), "its log-probabilities", progress)
    found = served.ask([*texts.values(), *scored.values()], "asking the engine the same", progress)
    responses: dict[str, list[Response]] = {model.name: [] for model in models}
    for place, request in texts.items():
        sample = _sample(request, _text(expected[request]), known[scored[place]], found[scored[place]])
        responses[place[0]].append(Response(sample, found[request], _text(found[request])))
    return responses


def describe(settings: ParityProbe, responses: Mapping[str, Sequence[Response]]) -> dict[str, Any]:
    """The probe's entry among the tasks of the manifest."""
    keys = [response.sample.key for response in next(iter(responses.values()))]
    about = "What is served against transformers + PEFT, on prompts of this suite."
    return probe_entry(TASK, "parity", about, settings, settings.metric_specs, keys)


def _sample(request: Request, text: str, known: Answer, found: Answer) -> Sample:
    logprobs = {
        "reference_logprobs": list(known.likelihoods[0].per_token),
        "served_logprobs": list(found.likelihoods[0].per_token),
    }
    # The texts differ from model to model; what pairs the samples is the prompt.
    return Sample(TASK, sample_key({}, request.prompt, ()), request.prompt, (text,), document=logprobs)


def _text(answer: Answer) -> str:
    return answer.generation.text if answer.generation else ""
