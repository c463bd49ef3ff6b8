"""Samples from rows of data: prompt, references, choices and keys, with each wrong row named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness.records import InputError, Sample, nearest, sample_key
from harness.tasks.definition import TaskDefinition
from harness.tasks.files import Row
from harness.tasks.prompts import Shot, build_prompt, draw_shots, question, rank_shots
from harness.tasks.templates import render, render_list


def build_samples(definition: TaskDefinition, rows: Sequence[Row], fewshot_rows: Sequence[Row]) -> list[Sample]:
    """One sample a row, in their order. Rows that are equal get keys told apart by a suffix.

    Raises:
        InputError: a row lacks a field, names an unknown label or choice; with file and line.
    """
    ranked = rank_shots([_shot(definition, row) for row in fewshot_rows], definition.fewshot.seed)
    count = definition.fewshot.count
    if len(ranked) < count:
        raise InputError(
            f"{len(ranked)} different few-shot examples, {count} wanted",
            where=fewshot_rows[0].where.rsplit(":", 1)[0],
            mend="lower fewshot.count",
        )
    samples = [_sample(definition, row, ranked) for row in rows]
    return _tell_apart(samples)


def _sample(definition: TaskDefinition, row: Row, ranked: Sequence[Shot]) -> Sample:
    asked = question(definition, row)
    prompt = build_prompt(definition, row, asked, draw_shots(ranked, definition.fewshot.count, asked))
    choices = _texts(definition.choices, row)
    references = _references(definition, row, choices)
    return Sample(
        task=definition.task,
        key=sample_key(row.values, prompt, references),
        prompt=prompt,
        references=references,
        choices=choices,
        document=row.values,
    )


def _shot(definition: TaskDefinition, row: Row) -> Shot:
    references = _references(definition, row, _texts(definition.choices, row))
    if not references:
        raise InputError("a few-shot example needs an answer", where=row.where, mend="give the task a 'target'")
    return Shot(question(definition, row), references[0])


def _texts(source: str | list[str] | None, row: Row) -> tuple[str, ...]:
    if source is None:
        return ()
    if isinstance(source, str):
        return tuple(render_list(source, row.values, where=row.where))
    return tuple(render(one, row.values, where=row.where) for one in source)


def _references(definition: TaskDefinition, row: Row, choices: tuple[str, ...]) -> tuple[str, ...]:
    if definition.target is not None:
        references: tuple[str, ...] = (render(definition.target, row.values, where=row.where),)
    else:
        references = _texts(definition.references, row)
    if choices:
        return (_choice(references[0], choices, row),)
    if definition.labels:
        for label in references:
            if label not in definition.labels:
                raise InputError(f"unknown label {label!r}", where=row.where, mend=nearest(label, definition.labels))
    return references


def _choice(target: str, choices: tuple[str, ...], row: Row) -> str:
    if target in choices:
        return target
    if target.isdecimal() and int(target) < len(choices):
        return choices[int(target)]
    raise InputError(f"target {target!r} is none of the choices", where=row.where, mend=nearest(target, list(choices)))


def _tell_apart(samples: list[Sample]) -> list[Sample]:
    seen: Counter[str] = Counter()
    out = []
    for sample in samples:
        seen[sample.key] += 1
        out.append(sample if seen[sample.key] == 1 else replace(sample, key=f"{sample.key}-{seen[sample.key]}"))
    return out
