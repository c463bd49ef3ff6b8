"""Predictions that someone else made are found by prompt, and a prompt without one is an error, never an empty text."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.engines import Encoder, EngineSettings, open_engine
from harness.engines.replay import ReplayEngine, prompt_hash
from harness.models import Model, resolve_base
from harness.records import Answer, Decoding, InputError, Kind, Message, Request

CHAT = (Message("system", "Be brief."), Message("user", "Hello"))


def opened(base_folder: Path, path: Path | str, **options: Any) -> ReplayEngine:
    base = resolve_base(str(base_folder))
    settings = EngineSettings(kind="replay", options={"path": str(path), **options})
    engine = open_engine(settings, [Model("one", base), Model("two", base)], Encoder.load(base_folder))
    assert isinstance(engine, ReplayEngine)
    return engine


def written(folder: Path, *rows: object, name: str = "said.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def ask(engine: ReplayEngine, *prompts: Any, model: str = "one") -> list[str]:
    requests = [Request(model, Kind.GENERATE, prompt, decoding=Decoding()) for prompt in prompts]
    answers: dict[Request, Answer] = {request: answer for batch in engine.answer(requests) for request, answer in batch}
    return [answer.generation.text for request in requests if (answer := answers[request]).generation]


def test_a_prompt_is_found_as_text_as_turns_as_rendered_and_as_hash(base_folder: Path, tmp_path: Path) -> None:
    turns = [{"role": turn.role, "content": turn.content} for turn in CHAT]
    rendered = Encoder.load(base_folder).render(CHAT)
    for written_as in (turns, rendered, "Be brief.\nHello", prompt_hash(CHAT)):
        engine = opened(base_folder, written(tmp_path, {"prompt": written_as, "response": "Hi."}))
        assert ask(engine, CHAT) == ["Hi."]
    assert ask(opened(base_folder, written(tmp_path, {"prompt": "Q", "response": " A \n"})), "Q") == [" A \n"]


def test_a_file_may_hold_several_models_or_be_one_of_several_files(base_folder: Path, tmp_path: Path) -> None:
    rows = [{"model": name, "prompt": "Q", "response": f"from {name}"} for name in ("one", "two")]
    engine = opened(base_folder, written(tmp_path, *rows))
    assert [ask(engine, "Q", model=name) for name in ("one", "two")] == [["from one"], ["from two"]]
    for name in ("one", "two"):
        written(tmp_path, {"q": "Q", "a": f"file {name}"}, name=f"{name}.jsonl")
    engine = opened(base_folder, tmp_path / "{model}.jsonl", prompt_field="q", response_field="a")
    assert [ask(engine, "Q", model=name) for name in ("one", "two")] == [["file one"], ["file two"]]


def test_parquet_is_read_like_jsonl(base_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "said.parquet"
    turns = [{"role": turn.role, "content": turn.content} for turn in CHAT]
    pd.DataFrame({"prompt": [turns], "response": ["Hi."]}).to_parquet(path)
    assert ask(opened(base_folder, path), CHAT) == ["Hi."]


def test_missing_predictions_are_counted_and_the_first_is_shown(base_folder: Path, tmp_path: Path) -> None:
    engine = opened(base_folder, written(tmp_path, {"prompt": "Q1", "response": "A"}))
    with pytest.raises(InputError, match=r"said.jsonl: 2 of 3 requests have no prediction; the first is prompt 'Q2'"):
        ask(engine, "Q1", "Q2", "Q3")


def test_several_generations_of_a_prompt_are_told_apart_by_number(base_folder: Path, tmp_path: Path) -> None:
    rows = [{"prompt": "Q", "response": f"A{i}", "repetition": i} for i in (2, 0, 1)]
    engine = opened(base_folder, written(tmp_path, *rows))
    requests = [
        Request("one", Kind.GENERATE, "Q", decoding=Decoding(temperature=1.0, seed=seed)) for seed in (7, 3, 9, 4)
    ]
    answers = dict(pair for batch in engine.answer(requests[:3]) for pair in batch)
    assert [answers[request].generation.text for request in requests[:3]] == ["A0", "A1", "A2"]  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"1 of 4 requests have no prediction.*repetition"):
        list(engine.answer(requests))


def test_log_likelihoods_are_refused(base_folder: Path, tmp_path: Path) -> None:
    engine = opened(base_folder, written(tmp_path, {"prompt": "Q", "response": "A"}))
    with pytest.raises(InputError, match="hold no log-likelihoods"):
        list(engine.answer([Request("one", Kind.LOGLIKELIHOOD, "Q", (" a",))]))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"promt": "Q", "response": "A"}], r"said.jsonl:1: no field 'prompt'; did you mean 'promt'"),
        ([{"prompt": "Q", "response": None}], "'response' is not a text"),
        ([{"prompt": "Q", "response": "A"}, {"prompt": "Q", "response": "B"}], r"said.jsonl:2: a second, different"),
        ([["Q", "A"]], "not a JSON object"),
        ([{"prompt": "Q", "response": "A", "repetition": "first"}], "'repetition' is 'first'"),
        ([{"prompt": 7, "response": "A"}], "neither a text nor turns"),
        ([], "holds no predictions"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    rows: list[object], message: str, base_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        opened(base_folder, written(tmp_path, *rows))


def test_a_missing_file_and_a_missing_option_are_named(base_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        opened(base_folder, tmp_path / "absent.jsonl")
    base = resolve_base(str(base_folder))
    with pytest.raises(InputError, match=r"engine.options.path: is missing"):
        ReplayEngine(EngineSettings(kind="replay"), [Model("one", base)], Encoder.load(base_folder))


def test_the_manifest_knows_the_files_content(base_folder: Path, tmp_path: Path) -> None:
    first = opened(base_folder, written(tmp_path, {"prompt": "Q", "response": "A"})).describe()
    second = opened(base_folder, written(tmp_path, {"prompt": "Q", "response": "B"})).describe()
    assert first["files"].keys() == second["files"].keys() and first["files"] != second["files"]
