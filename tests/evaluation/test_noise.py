"""The noise floor: some greedy requests asked again, to see how often answers flip by themselves."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.engines.transformers import TransformersEngine
from harness.records import InputError
from tests.packs import word_rows, write_pack, write_suite

CHOICE = {"output": "multiple_choice", "choices": ["{{ label }}", "zebra"], "metrics": ["accuracy"]}


def audited(folder: Path, **suite: Any) -> harness.Run:
    write_pack(folder, "words", word_rows(20))
    write_pack(folder, "choice", word_rows(20), **CHOICE)
    settings = {"tasks": ["./words", "./choice"], "noise": {"samples": 8}} | suite
    return harness.evaluate(write_suite(folder, **settings), folder / "run")


def figures(run: harness.Run, model: str = "base") -> dict[str, tuple[float | None, int]]:
    found = harness.compare(run).figures
    return {f.metric: (f.value, f.samples) for f in found if f.task == "noise_floor" and f.model == model}


def test_a_machine_without_noise_gives_every_answer_again(tmp_path: Path, make_adapter: Any) -> None:
    run = audited(tmp_path, models={"base": {}, "tuned": {"adapter": str(make_adapter("tuned"))}})
    for model in ("base", "tuned"):
        assert figures(run, model) == {"text_mismatch": (0.0, 8), "score_mismatch": (0.0, 8)}
    tasks = run.samples().query("task == 'noise_floor'")["document"]
    assert {"words", "choice"} == {task for task in ("words", "choice") if tasks.str.contains(f'"{task}"').any()}


class Moody:
    """An engine that says something else when it is asked alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
        self.alone, self.every = 0, every
        self.plain = TransformersEngine.answer
        moody = self

        def answer(engine: Any, requests: Sequence[Any], known: Any = ()) -> Iterator[Any]:
            for batch in moody.plain(engine, requests, known):
                yield [(one, moody.changed(given) if len(requests) == 1 else given) for one, given in batch]

        monkeypatch.setattr(TransformersEngine, "answer", answer)

    def changed(self, answer: Any) -> Any:
        from dataclasses import replace

        self.alone += 1
        if self.alone % self.every or answer.generation is None:
            return answer
        return replace(answer, generation=replace(answer.generation, text=answer.generation.text + "!"))


def test_answers_that_flip_are_counted_and_asked_past_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moody = Moody(monkeypatch, every=2)
    rule = {"tasks": "noise_floor", "metric": "text_mismatch", "rule": "at_most", "value": 0.01}
    run = audited(tmp_path, tasks=["./words"], gate=[rule], noise={"samples": 10})
    assert moody.alone == 10
    assert figures(run)["text_mismatch"] == (0.5, 10)
    again = harness.evaluate(tmp_path / "suite.yaml", tmp_path / "run")
    assert moody.alone == 10, "a finished audit is kept, so that a resumed run ends in the same bytes"
    assert figures(again) == figures(run)
    words = run.samples().query("task == 'words'")
    assert not words["text"].str.endswith("!").any(), "second answers are no answers to the tasks"


def test_the_audit_needs_something_greedy(tmp_path: Path) -> None:
    write_pack(tmp_path, "words", word_rows(3), generation={"max_tokens": 4, "temperature": 1.0})
    with pytest.raises(InputError, match="no task decodes greedily"):
        harness.evaluate(write_suite(tmp_path, noise={}), tmp_path / "run")
