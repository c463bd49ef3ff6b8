"""Serving parity: does one engine say what another says, for each model, on a sample of prompts?

The reference is usually transformers + PEFT, which is what an adapter was trained with; the other side is what will
be served: vLLM, merged weights, a 4-bit base, an endpoint.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from harness.engines.base import Engine
from harness.engines.encoding import Encoder
from harness.records import Answer, Decoding, Kind, Prompt, Request, RunError

#: Scored after a prompt that the reference engine answers with nothing.
FILLER = " the answer is"


@dataclass(frozen=True)
class Parity:
    """How far two engines agree on one model.

    Attributes:
        prompts: Prompts compared.
        tokens: Tokens whose log-probabilities were compared: those of the reference's own greedy texts.
        mean_difference: Mean of |Δ log p| over tokens, in nats.
        max_difference: Largest |Δ log p|, in nats.
        greedy_agreement: Share of prompts on which both engines call the reference's text greedy, or neither does.
        equal_texts: Share of prompts with equal greedy texts.
        divergences: For each prompt, the first token at which the texts part; None where they are equal.
        effect: Largest |log p - base's log p| in the served engine, in nats; 0 means that an adapter changes nothing
            there. None for the base itself.
    """

    model: str
    prompts: int
    tokens: int
    mean_difference: float
    max_difference: float
    greedy_agreement: float
    equal_texts: float
    divergences: tuple[int | None, ...]
    effect: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure_parity(
    reference: Engine,
    served: Engine,
    models: Sequence[str],
    base: str,
    prompts: Sequence[Prompt],
    encoder: Encoder,
    max_tokens: int = 32,
) -> list[Parity]:
    """Compare two engines on the same prompts, model by model.

    Both are asked for greedy texts and for the log-probabilities of the reference's texts, so that one token that
    falls the other way costs text equality but not the comparison of probabilities.

    Args:
        base: Name of the model without an adapter; it need not be one of ``models``.
    """
    names = list(dict.fromkeys([base, *models]))
    asked = {(n, i): _generate(n, p, max_tokens) for n in names for i, p in enumerate(prompts)}
    theirs, ours = (_answers(engine, list(asked.values())) for engine in (reference, served))
    texts = {place: _text(theirs[request]) for place, request in asked.items()}
    scored = {place: _score(*place, prompts, texts[place]) for place in asked}
    # The base scores each model's texts too: what an adapter changes is measured on the adapter's own words.
    against = {(n, i): _score(base, i, prompts, texts[n, i]) for n, i in asked}
    known = _answers(reference, list(scored.values()))
    found = _answers(served, [*scored.values(), *against.values()])
    return [
        _compare(
            name,
            [(_text(theirs[asked[name, i]]), _text(ours[asked[name, i]])) for i in range(len(prompts))],
            [(known[scored[name, i]], found[scored[name, i]]) for i in range(len(prompts))],
            None if name == base else [(found[against[name, i]], found[scored[name, i]]) for i in range(len(prompts))],
            encoder,
        )
        for name in models
    ]


def _compare(
    name: str,
    texts: Sequence[tuple[str, str]],
    scores: Sequence[tuple[Answer, Answer]],
    effects: Sequence[tuple[Answer, Answer]] | None,
    encoder: Encoder,
) -> Parity:
    differences = _differences(scores)
    divergences = tuple(first_divergence(encoder.text(one), encoder.text(two)) for one, two in texts)
    agree = [one.likelihoods[0].greedy == two.likelihoods[0].greedy for one, two in scores]
    return Parity(
        model=name,
        prompts=len(texts),
        tokens=len(differences),
        mean_difference=sum(differences) / len(differences),
        max_difference=max(differences),
        greedy_agreement=sum(agree) / len(agree),
        equal_texts=sum(one == two for one, two in texts) / len(texts),
        divergences=divergences,
        effect=None if effects is None else max(_differences(effects)),
    )


def first_divergence(one: Sequence[int], two: Sequence[int]) -> int | None:
    """Place of the first token at which two sequences part; None where they are equal."""
    return next((i for i, (a, b) in enumerate(zip_longest(one, two)) if a != b), None)


def _differences(pairs: Sequence[tuple[Answer, Answer]]) -> list[float]:
    return [
        abs(a - b)
        for one, two in pairs
        for a, b in zip(one.likelihoods[0].per_token, two.likelihoods[0].per_token, strict=True)
    ]


def _generate(name: str, prompt: Prompt, max_tokens: int) -> Request:
    return Request(name, Kind.GENERATE, prompt, decoding=Decoding(max_tokens=max_tokens))


def _score(name: str, place: int, prompts: Sequence[Prompt], text: str) -> Request:
    return Request(name, Kind.LOGLIKELIHOOD, prompts[place], (text or FILLER,))


def _answers(engine: Engine, requests: Sequence[Request]) -> dict[Request, Answer]:
    answers = {request: answer for batch in engine.answer(requests) for request, answer in batch}
    lost = next((request for request in requests if request not in answers), None)
    if lost is not None:
        raise RunError(f"engine {engine.name} lost a request", where=f"model {lost.model!r}")
    return answers


def _text(answer: Answer) -> str:
    return answer.generation.text if answer.generation else ""
