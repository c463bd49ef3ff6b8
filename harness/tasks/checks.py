"""What is wrong with a task beyond its syntax: rows that fail, duplicates, leaking targets, labels that never occur."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from statistics import fmean

from harness.records import InputError, Prompt, Request, Sample, prompt_text
from harness.tasks.base import Task
from harness.tasks.files import Row
from harness.tasks.filters import find_label
from harness.tasks.prompts import question
from harness.tasks.task import PackTask
from harness.tasks.templates import fields

#: A target of at least so many words that stands whole in its prompt is taken for a leak.
LEAK_WORDS = 8
#: The share of prompts that name their own label, less the share that name another, from which on labels leak.
LABEL_LEAK = 0.5


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    Attributes:
        kind: ``row``, ``duplicate``, ``contradiction``, ``leak``, ``label``, ``overlap``, ``length``, ``pin`` or
            ``metric``.
        where: File and line.
    """

    kind: str
    where: str
    what: str


def check_task(
    task: Task, encode: Callable[[Prompt], Sized] | None = None, context_length: int | None = None
) -> list[Problem]:
    """Every problem of a task's data, prompts and metrics.

    Args:
        encode, context_length: Of a model, to find prompts that do not fit; None leaves that out.

    Raises:
        InputError: the data cannot be read at all.
    """
    pairs, problems = _built(task)
    problems += _metrics(task)
    problems += _repeated(task, pairs)
    if isinstance(task, PackTask):
        problems += _pinned(task)
        problems += _leaking(task, pairs)
        problems += _missing_labels(task, [sample for _, sample in pairs])
        problems += _overlapping(task, pairs)
    if encode is not None and context_length is not None:
        problems += _too_long(task, pairs, encode, context_length)
    return problems


def _built(task: Task) -> tuple[list[tuple[Row, Sample]], list[Problem]]:
    rows, build = task.rows, task.builder()
    pairs, problems = [], []
    for row in rows:
        try:
            pairs.append((row, build(row)))
        except InputError as error:
            problems.append(Problem("row", row.where, "; ".join(filter(None, (error.what, error.mend)))))
    return pairs, problems


def _metrics(task: Task) -> Iterator[Problem]:
    try:
        _ = task.metrics
    except InputError as error:
        yield Problem("metric", str(task.path), "; ".join(filter(None, (error.what, error.mend))))


def _pinned(task: PackTask) -> Iterator[Problem]:
    data = task.definition.data
    if data.hub is not None and data.revision is None:
        yield Problem("pin", str(task.path), f"data set {data.hub} is not pinned; set data.revision to a commit")


def _repeated(task: Task, pairs: Sequence[tuple[Row, Sample]]) -> Iterator[Problem]:
    closed = bool(task.definition.labels) or task.output == "multiple_choice"
    first: dict[tuple[Prompt, tuple[str, ...]], tuple[Row, Sample]] = {}
    for row, sample in pairs:
        earlier, known = first.setdefault((sample.prompt, sample.choices), (row, sample))
        if earlier is row:
            continue
        if known.references == sample.references:
            yield Problem("duplicate", row.where, f"the same prompt and answer as {earlier.where}")
        else:
            kind = "contradiction" if closed else "duplicate"
            yield Problem(kind, row.where, f"the same prompt as {earlier.where}, with another answer")


def _leaking(task: PackTask, pairs: Sequence[tuple[Row, Sample]]) -> Iterator[Problem]:
    if task.definition.labels and task.output == "generate":
        yield from _leaking_labels(task, pairs)
        return
    if task.output == "multiple_choice":
        return
    shown = fields(task.definition.prompt) & fields(task.definition.target or "")
    for row, sample in pairs:
        asked, target = question(task.definition, row), sample.target.strip()
        whole = bool(target) and target in asked
        if whole and any(str(row.values.get(name)).strip() == target for name in shown):
            yield Problem("leak", row.where, f"the prompt shows the field that is the target ({', '.join(shown)})")
        elif whole and len(target.split()) >= LEAK_WORDS:
            yield Problem("leak", row.where, f"the whole target stands in the prompt: {target[:60]!r}")


def _leaking_labels(task: PackTask, pairs: Sequence[tuple[Row, Sample]]) -> Iterator[Problem]:
    labels = task.definition.labels
    own, others = [], []
    for row, sample in pairs:
        asked = question(task.definition, row)
        own.append(find_label(asked, [sample.target]) is not None)
        rest = [label for label in labels if label != sample.target]
        others.append(fmean(find_label(asked, [label]) is not None for label in rest) if rest else 0.0)
    if own and fmean(own) - fmean(others) > LABEL_LEAK:
        what = f"{fmean(own):.0%} of prompts name their right label, {fmean(others):.0%} name a given other one"
        yield Problem("leak", str(task.path), what)


def _missing_labels(task: PackTask, samples: Sequence[Sample]) -> Iterator[Problem]:
    occurring = {reference for sample in samples for reference in sample.references}
    for label in task.definition.labels:
        if label not in occurring:
            yield Problem("label", str(task.path), f"label {label!r} never occurs in the data")


def _overlapping(task: PackTask, pairs: Sequence[tuple[Row, Sample]]) -> Iterator[Problem]:
    examples: dict[str, list[str]] = defaultdict(list)
    for row in task.fewshot_rows:
        examples[question(task.definition, row)].append(row.where)
    for row, _ in pairs:
        known = [where for where in examples.get(question(task.definition, row), []) if where != row.where]
        if known:
            yield Problem("overlap", row.where, f"also among the few-shot data: {known[0]}")


def _too_long(
    task: Task, pairs: Sequence[tuple[Row, Sample]], encode: Callable[[Prompt], Sized], context_length: int
) -> Iterator[Problem]:
    if task.output == "perplexity":
        return
    for row, sample in pairs:
        length = max(_length(request, encode) for request in task.requests(sample, ""))
        if length > context_length:
            shown = f"{prompt_text(sample.prompt)[:40]!r}"
            what = f"prompt and answer take up to {length} tokens, the model {context_length}: {shown}"
            yield Problem("length", row.where, what)


def _length(request: Request, encode: Callable[[Prompt], Sized]) -> int:
    longest = max((len(encode(one)) for one in request.continuations), default=0)
    return len(encode(request.prompt)) + (request.decoding.max_tokens if request.decoding else longest)
