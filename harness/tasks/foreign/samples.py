"""Samples of a task of lm-evaluation-harness, and the pairs of context and continuation that it scores."""

from collections.abc import Sequence

from harness.metrics.lm_eval import GOLD
from harness.records import InputError, Sample, sample_key
from harness.tasks.files import Row
from harness.tasks.foreign.config import LmEvalConfig
from harness.tasks.foreign.fields import Document, Fields
from harness.tasks.foreign.prompts import PromptBuilder, Sampler

#: A context, and the texts that are scored after it.
Scored = tuple[str, tuple[str, ...]]


class LmEvalSampleBuilder:
    """Makes samples of one task's rows, in their order.

    Whether targets are lists, and whether choices are endings of the question, is read from the first row, as there.

    Args:
        columns: Names of the columns of the measured split.
        first: Its first row.
        pool: The rows that examples are drawn from.
        where: The task's file.
    """

    def __init__(
        self, config: LmEvalConfig, columns: Sequence[str], first: Row, pool: Sequence[Document], where: str
    ) -> None:
        self._config, self._fields = config, Fields(config, columns)
        target = self._fields.target(first.values, first.where)
        self._many_targets = isinstance(target, list) and bool(target)
        asked = self._fields.text(first.values, first.where) if config.doc_to_choice is not None else ""
        self._endings = isinstance(asked, int)
        self._prompts = PromptBuilder(config, self._fields, self._endings)
        self._sampler = Sampler(config, pool, where)
        self._excludes_own = config.example_split == config.test_split
        self._mutual = any(one.get("metric") == "acc_mutual_info" for one in config.metric_list or ())

    def build(self, row: Row) -> Sample:
        """One sample; its few-shot examples are the next of the task's random stream.

        Raises:
            InputError: the row lacks a field, or a template or function fails on it.
        """
        document, where = row.values, row.where
        choices: tuple[str, ...] = ()
        references: tuple[str, ...] = ()
        if self._config.output_type == "loglikelihood_rolling":
            prompt = self._whole_text(document, where)
        else:
            shots = self._sampler.draw(document if self._excludes_own else None)
            prompt = self._prompts.beginning(document, shots, where)
            prompt += "" if self._endings else self._prompts.question(document, where)
            if self._config.output_type == "multiple_choice":
                choices = tuple(self._fields.choices(document, where))
                gold = self._gold(document, choices, where)
                document = {**document, GOLD: list(gold)}
                references = tuple(choices[place] for place in gold)
            else:
                references = self._references(document, where)
        key = sample_key(document, prompt, references)
        return Sample(self._config.task, key, prompt, references, choices, document)

    def scored(self, sample: Sample) -> list[Scored]:
        """The contexts of a sample and what is scored after each.

        White space at the end of a context moves to the continuation, as `lm_eval.api.model.TemplateLM` does, so that
        both are tokenized as they would be read.
        """
        context, where = str(sample.prompt), f"{sample.task} {sample.key}"
        if self._config.output_type == "loglikelihood":
            return [_moved(context, (sample.target,))]
        delimiter = self._config.target_delimiter
        if self._endings:
            target = self._fields.target(sample.document, where)
            contexts = [context + self._prompts.asked(one, sample.document, where) for one in sample.choices]
            return [_moved(one, (f"{delimiter}{target}",)) for one in contexts]
        continuations = tuple(f"{delimiter}{choice}" for choice in sample.choices)
        alone = [_moved("", continuations)] if self._mutual else []
        return [_moved(context, continuations), *alone]

    def _whole_text(self, document: Document, where: str) -> str:
        text = self._fields.target(document, where)
        if not isinstance(text, str):
            raise InputError("doc_to_target gives no text to score", where=where)
        return text

    def _gold(self, document: Document, choices: tuple[str, ...], where: str) -> tuple[int, ...]:
        """Places of the right choices; none where the target names no choice."""
        value = self._fields.text(document, where) if self._endings else self._fields.target(document, where)
        if isinstance(value, str):
            value = choices.index(value) if value in choices else len(choices)
        places = value if isinstance(value, list) else [value]
        if not all(isinstance(place, int) for place in places):
            raise InputError(f"the target {value!r:.60} is no place among the choices", where=where)
        return tuple(int(place) for place in places if 0 <= place < len(choices))

    def _references(self, document: Document, where: str) -> tuple[str, ...]:
        value = self._fields.target(document, where)
        if self._config.output_type == "loglikelihood":
            if not isinstance(value, str):
                raise InputError("doc_to_target gives no text to score", where=where)
            return (value,)
        if self._config.doc_to_choice is not None:
            choices = self._fields.choices(document, where)
            if not isinstance(value, int) or not -len(choices) <= value < len(choices):
                raise InputError(f"the target {value!r:.60} is no place among the choices", where=where)
            return (choices[value],)
        if self._many_targets and isinstance(value, list):
            if not value:
                raise InputError("doc_to_target gives an empty list", where=where)
            return tuple(str(one) for one in value)
        return (str(value),)


def _moved(context: str, continuations: tuple[str, ...]) -> Scored:
    bare = context.rstrip()
    return bare, tuple(context[len(bare) :] + one for one in continuations)
