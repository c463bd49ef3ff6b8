"""Samples from rows of data: prompt, references, choices and keys, with each wrong row named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness.records import InputError, Sample, content_hash, nearest, sample_key
from harness.tasks.definition import TaskDefinition
from harness.tasks.files import Row, cell
from harness.tasks.prompts import Shot, build_prompt, draw_shots, question, rank_shots
from harness.tasks.templates import render, render_list


class SampleBuilder:
    """Makes samples of one task's rows.

    Args:
        fewshot_rows: The rows that solved examples are drawn from.

    Raises:
        InputError: there are fewer different examples than the task wants.
    """

    def __init__(self, definition: TaskDefinition, fewshot_rows: Sequence[Row]) -> None:
        self._definition = definition
        self._ranked = rank_shots([_shot(definition, row) for row in fewshot_rows], definition.fewshot.seed)
        if len(self._ranked) < definition.fewshot.count:
            raise InputError(
                f"{len(self._ranked)} different few-shot examples, {definition.fewshot.count} wanted",
                where=fewshot_rows[0].where,
                mend="lower fewshot.count",
            )

    def build(self, row: Row) -> Sample:
        """One sample.

        Raises:
            InputError: the row lacks a field, or names an unknown label or choice; with file and line.
        """
        definition = self._definition
        asked = question(definition, row)
        prompt = build_prompt(definition, row, asked, draw_shots(self._ranked, definition.fewshot.count, asked))
        choices = _texts(definition.choices, row)
        references = _references(definition, row, choices)
        return Sample(
            task=definition.task,
            key=sample_key(row.values, prompt, references),
            prompt=prompt,
            references=references,
            choices=choices,
            document=row.values,
            cluster=_cluster(definition.cluster, row),
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


def _cluster(source: str | None, row: Row) -> str | None:
    # A hash, because a shared passage may be long and stands in every row of the scores.
    return None if source is None else content_hash(cell(source, row))


def _choice(target: str, choices: tuple[str, ...], row: Row) -> str:
    if target in choices:
        return target
    if target.isdecimal() and int(target) < len(choices):
        return choices[int(target)]
    raise InputError(f"target {target!r} is none of the choices", where=row.where, mend=nearest(target, list(choices)))


def tell_apart(samples: Sequence[Sample]) -> list[Sample]:
    """Samples whose keys all differ: those of equal rows get a suffix."""
    seen: Counter[str] = Counter()
    out = []
    for sample in samples:
        seen[sample.key] += 1
        out.append(sample if seen[sample.key] == 1 else replace(sample, key=f"{sample.key}-{seen[sample.key]}"))
    return out
