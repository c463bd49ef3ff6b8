"""The contract of a detector whose accuracy is measured, and the registry that finds one by name.

A detector reads labelled rows and says of each whether it flags it. It judges through the metric that a task would
use, so that what is measured here is what a gate decides on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.metrics.base import build_metric
from harness.records import Answer, Generation, InputError, Outcome, Response, Sample, content_hash
from harness.records.documents import nearest

#: Each is a module beside this one with a ``DETECTOR``.
NAMES = ("refusal", "medical", "medical_advice", "code", "pii", "toxicity", "injection", "health")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled row.

    Attributes:
        text: What is judged: an answer, a piece of code, a sentence.
        label: The row's label, as the detector spells it.
        positive: Whether the label is one that the detector should flag.
        prompt: What the text answers; may be empty.
        document: The whole row, for what only one detector reads (language, harmful, spans).
    """

    text: str
    label: str
    positive: bool
    prompt: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One item that counts: its label, whether it should be flagged, and whether it was (None: could not be judged)."""

    label: str
    positive: bool
    flag: bool | None


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Labelled rows under one name.

    Attributes:
        public: It lies in the user's data folder; the others ship with the house.
        typical: Its texts are like those that a check judges in runs, so that corrections may rest on them.
    """

    name: str
    examples: tuple[Example, ...]
    public: bool = False
    typical: bool = True

    @property
    def fingerprint(self) -> str:
        """Content hash of texts, prompts and labels, in order."""
        return content_hash([[one.text, one.prompt, one.label] for one in self.examples])


#: Says of each example whether it is flagged, or, for a detector with its own ``match``, what was found in it.
Flagger = Callable[[Sequence[Example]], Sequence[Any]]

#: How a check sees an example: the response it judges, and whether it should fail it. None: not one for this check.
View = Callable[[Example], tuple[Response, bool] | None]


def labelled_reader(text: str, labels: Mapping[str, str], positive: str) -> Callable[[Mapping[str, Any]], Example]:
    """Reads rows with a text, an optional prompt and a label.

    Args:
        text: The field that is judged.
        labels: What may be written as label, and what it means.
        positive: The label that should be flagged.
    """

    def read(row: Mapping[str, Any]) -> Example:
        label = label_of(row, labels)
        return Example(text_of(row, text), label, label == positive, text_of(row, "prompt", required=False), row)

    return read


def by_metric(name: str) -> Flagger:
    """Flags what fails a metric that reads nothing but prompt, answer and document."""
    return lambda examples: failed_by(name, [as_response(one) for one in examples])


def match_rows(example: Example, flag: Any) -> Iterable[Judgement]:
    """One judgement a row."""
    return (Judgement(example.label, example.positive, flag),)


@dataclass(frozen=True, eq=False)
class Detector:
    """A named function over labelled rows.

    Attributes:
        name: What ``harness safety audit`` calls it.
        about: What a flag means, in a few words (``refusal, full or partial``).
        form: The keys of a row, for help and errors (``{prompt, response, label: safe|unsafe}``).
        read: A row of a labelled file as an example. Raises ValueError saying what is wrong with the row.
        flag: The detector itself.
        baseline: A plain keyword rule, to compare with.
        peers: Further tools on the same rows, by the name the output gives them.
        checks: The metrics whose cards come from this detector's sets, and how each of them sees an example.
        public: The labelled public sets in a data folder, those that are there.
        match: What counts as one item; a row by default. A detector of spans counts spans.
    """

    name: str
    about: str
    form: str
    read: Callable[[Mapping[str, Any]], Example]
    flag: Flagger
    baseline: Flagger
    public: Callable[[Path], Iterable[LabelledSet]]
    peers: Mapping[str, Flagger] = field(default_factory=dict)
    checks: Mapping[str, View] = field(default_factory=dict)
    match: Callable[[Example, Any], Iterable[Judgement]] = match_rows

    def judge(self, examples: Sequence[Example], flagger: Flagger) -> list[Judgement]:
        """What ``flagger`` (the detector, its baseline or a peer) makes of the examples."""
        found = flagger(examples)
        return [one for example, flag in zip(examples, found, strict=True) for one in self.match(example, flag)]


def find_detector(name: str) -> Detector:
    """The detector of that name.

    Raises:
        InputError: there is none.
    """
    if name not in NAMES:
        raise InputError(f"no such detector {name!r}", mend=nearest(name, list(NAMES)))
    detector: Detector = import_module(f"harness.metrics.safety.audit.{name}").DETECTOR
    return detector


def text_of(row: Mapping[str, Any], *keys: str, required: bool = True) -> str:
    """The text under the first of ``keys`` that the row has; null counts as empty.

    Raises:
        ValueError: no such key, or a value that is no text.
    """
    for key in keys:
        if key in row:
            value = row[key]
            if value is None:
                return ""
            if not isinstance(value, str):
                raise ValueError(f"{key!r} is no text (got {value!r:.40})")
            return value
    if required:
        raise ValueError(f"{keys[0]!r} is missing")
    return ""


def label_of(row: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """The row's label in the detector's spelling; ``known`` maps every accepted spelling to it.

    Raises:
        ValueError: no label, or an unknown one.
    """
    if "label" not in row:
        raise ValueError("'label' is missing")
    word = str(row["label"]).strip().lower()
    if word not in known:
        raise ValueError(f"unknown label {row['label']!r:.40} (known: {', '.join(dict.fromkeys(known.values()))})")
    return known[word]


def as_response(example: Example, **document: Any) -> Response:
    """The example as a metric sees it; ``document`` adds to the row's own fields."""
    sample = Sample("audit", "", example.prompt, document={**example.document, **document})
    return Response(sample, Answer(generation=Generation(example.text, 0, "stop")), example.text)


def failed_by(check: str, responses: Sequence[Response]) -> list[bool | None]:
    """Which responses a check of the house fails; None where it could not judge."""
    outcomes = {Outcome.FAIL: True, Outcome.PASS: False}
    return [outcomes.get(score.outcome) for score in build_metric(check).measure(responses)]
