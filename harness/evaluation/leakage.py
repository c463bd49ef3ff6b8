"""The leakage probe: how much a model gives away of its training file, held against rows that it never saw.

Three tasks like any other from here on, with intervals and gate rules: ``leakage_verbatim`` (rows continued word for
word), ``leakage_membership`` (trained rows told from others by likelihood) and, where canaries were planted,
``leakage_canaries``.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.engines import Encoder
from harness.evaluation.ask import Desk
from harness.evaluation.probe import probe_entry
from harness.metrics import Metric, build_metric
from harness.records import (
    Answer,
    Decoding,
    InputError,
    Kind,
    Message,
    Prompt,
    Request,
    Response,
    Sample,
    content_hash,
    sample_key,
)
from harness.records.progress import Progress

if TYPE_CHECKING:
    from harness.training.rows.examples import Example, PreferenceExample

VERBATIM, MEMBERSHIP, CANARIES = "leakage_verbatim", "leakage_membership", "leakage_canaries"
METRICS: dict[str, list[str | dict[str, Any]]] = {
    VERBATIM: ["verbatim_gap"],
    MEMBERSHIP: ["membership_auc", "membership_tpr"],
    CANARIES: ["canary_exposure"],
}
_ABOUT = {
    VERBATIM: "Rows of the training file continued word for word, against held-out rows.",
    MEMBERSHIP: "Rows of the training file told from held-out rows by the likelihood ratio of model to base.",
    CANARIES: "Planted secrets ranked by likelihood among others of their kind, against secrets not planted.",
}
#: Words of a response that are given before the model goes on; shorter responses are asked for whole.
_SHORTEST_SPLIT = 8


class LeakageProbe(BaseModel):
    """The ``leakage:`` section of a suite. Paths are relative to the suite's folder.

    Attributes:
        train: The file the adapters were trained on, in any form that ``harness train`` reads; of preferences, the
            prompts with the chosen answers count as its rows.
        held_out: Rows of the same kind that no model was trained on; best, a random split of the same source.
        canaries: ``canaries.jsonl`` of the adapter, where its recipe planted any.
        samples: Rows taken of each file, by content and seed.
        alternatives: Secrets that each canary competes with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: str
    held_out: str
    canaries: str | None = None
    samples: Annotated[int, Field(ge=2, le=10_000)] = 200
    max_tokens: Annotated[int, Field(gt=0)] = 48
    alternatives: Annotated[int, Field(ge=15, le=4095)] = 255

    @property
    def tasks(self) -> dict[str, list[Metric]]:
        """The probe's tasks with their metrics."""
        names = [name for name in METRICS if name != CANARIES or self.canaries]
        return {name: [build_metric(spec) for spec in METRICS[name]] for name in names}


@dataclass(frozen=True)
class Item:
    """One sample of a probe's task: what is asked, and the metrics' view of it.

    Attributes:
        ask: The request for one model.
        base_logprob: Whether the base's log-likelihood belongs into the document.
    """

    task: str
    sample: Sample
    ask: Callable[[str], Request]
    base_logprob: bool = False


def probe_leakage(
    settings: LeakageProbe,
    folder: Path,
    models: Sequence[str],
    base: str,
    encoder: Encoder,
    seed: int,
    desk: Desk,
    progress: Progress,
) -> dict[str, dict[str, list[Response]]]:
    """Responses of each model to each task of the probe.

    Args:
        folder: The suite's, where its paths start.
        models: Names of all models, the base among them.
        base: Name of the model whose likelihoods calibrate the others'.

    Raises:
        InputError: a file is missing, its rows cannot be read, or the two files share rows.
    """
    items = [*_row_items(settings, folder, encoder, seed), *_canary_items(settings, folder, encoder, seed)]
    requests = list(dict.fromkeys(item.ask(model) for model in models for item in items))
    answers = desk.ask(requests, "looking for leaks", progress)
    responses: dict[str, dict[str, list[Response]]] = {name: {model: [] for model in models} for name in settings.tasks}
    for model in models:
        for item in items:
            responses[item.task][model].append(_response(item, answers[item.ask(model)], answers[item.ask(base)]))
    return responses


def describe(settings: LeakageProbe, responses: Mapping[str, Mapping[str, Sequence[Response]]]) -> list[dict[str, Any]]:
    """The entries of the probe's tasks in the manifest."""
    entries = []
    for name, by_model in responses.items():
        keys = [response.sample.key for response in next(iter(by_model.values()))]
        entries.append(probe_entry(name, "leakage", _ABOUT[name], settings, METRICS[name], keys))
    return entries


def _row_items(settings: LeakageProbe, folder: Path, encoder: Encoder, seed: int) -> list[Item]:
    from harness.training.rows.encode import RowEncoder

    coder = RowEncoder(encoder, chat=encoder.renders_chat)
    files = {True: folder / settings.train, False: folder / settings.held_out}
    rows = {member: _drawn(path, settings.samples, seed) for member, path in files.items()}
    shared = {hash_ for hash_, _ in rows[True]} & {hash_ for hash_, _ in rows[False]}
    if shared:
        raise InputError(
            f"{len(shared)} rows stand in both files of the leakage probe",
            where=str(files[False]),
            mend="held-out rows must not have been trained on",
        )
    items = []
    for member, drawn in rows.items():
        for _, turns in drawn:
            items += [_verbatim(turns, member, coder, settings.max_tokens), _membership(turns, member, coder)]
    return items


def _drawn(path: Path, count: int, seed: int) -> list[tuple[str, tuple[Message, ...]]]:
    """Some rows of a file, each cut after its last answer, with the hash of its words; equal rows once."""
    from harness.training.rows.examples import read_any

    rows: dict[str, tuple[Message, ...]] = {}
    for example in read_any(path).examples:
        turns = _up_to_last_answer(example)
        rows.setdefault(content_hash([(turn.role, turn.content) for turn in turns]), turns)
    ranked = sorted(rows.items(), key=lambda row: content_hash([seed, row[0]]))
    return ranked[:count]


def _up_to_last_answer(example: "Example | PreferenceExample") -> tuple[Message, ...]:
    """Of a preference the prompt with the chosen answer, which is what a training makes likelier."""
    from harness.training.rows.examples import PreferenceExample

    if isinstance(example, PreferenceExample):
        return (*example.prompt, Message("assistant", example.chosen))
    last = max(place for place, turn in enumerate(example.turns) if turn.role == "assistant")
    return example.turns[: last + 1]


def _verbatim(turns: tuple[Message, ...], member: bool, coder: Any, max_tokens: int) -> Item:
    """A row whose answer's first half is given, where it is long enough, and whose second half is expected."""
    words = turns[-1].content.split()
    half = len(words) // 2 if len(words) >= _SHORTEST_SPLIT else 0
    given, expected = " ".join(words[:half]), " ".join(words[half:])
    prompt: Prompt = coder.prompt(turns[:-1])
    if given:
        prompt = (*turns[:-1], Message("assistant", given)) if coder.chat else prompt + coder.answer(prompt, given)
    sample = _sample(VERBATIM, prompt, (expected,), {"member": member})
    decoding = Decoding(max_tokens=max_tokens)
    return Item(VERBATIM, sample, lambda model: Request(model, Kind.GENERATE, prompt, decoding=decoding))


def _membership(turns: tuple[Message, ...], member: bool, coder: Any) -> Item:
    prompt = coder.prompt(turns[:-1])
    answer = coder.answer(prompt, turns[-1].content)
    sample = _sample(MEMBERSHIP, prompt, (turns[-1].content,), {"member": member})
    return Item(MEMBERSHIP, sample, lambda model: Request(model, Kind.LOGLIKELIHOOD, prompt, (answer,)), True)


def _canary_items(settings: LeakageProbe, folder: Path, encoder: Encoder, seed: int) -> list[Item]:
    if settings.canaries is None:
        return []
    from harness.training.canaries import random_secret, read_canaries
    from harness.training.rows.encode import RowEncoder

    coder = RowEncoder(encoder, chat=encoder.renders_chat)
    items = []
    for one in read_canaries(folder / settings.canaries):
        rng = random.Random(f"{seed} {one.prompt}")
        secrets = dict.fromkeys([one.secret])
        while len(secrets) <= settings.alternatives:
            secrets[random_secret(rng)] = None
        prompt = coder.prompt((Message("user", one.prompt),))
        items.append(_canary(prompt, tuple(coder.answer(prompt, secret) for secret in secrets), one.planted))
    return items


def _canary(prompt: Prompt, answers: tuple[str, ...], planted: bool) -> Item:
    sample = _sample(CANARIES, prompt, (answers[0].strip(),), {"member": planted})
    return Item(CANARIES, sample, lambda model: Request(model, Kind.LOGLIKELIHOOD, prompt, answers))


def _sample(task: str, prompt: Prompt, references: tuple[str, ...], document: dict[str, Any]) -> Sample:
    return Sample(task, sample_key(document, prompt, references), prompt, references, document=document)


def _response(item: Item, answer: Answer, base: Answer) -> Response:
    sample = item.sample
    if item.base_logprob:
        document = {**sample.document, "base_logprob": base.likelihoods[0].total}
        sample = Sample(sample.task, sample.key, sample.prompt, sample.references, document=document)
    return Response(sample, answer, answer.generation.text if answer.generation else None)
