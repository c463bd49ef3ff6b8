"""One prompt, one answer, the same tokens: in training, in generation and in scoring, with exactly one start token."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.engines import Encoder, EngineSettings, open_engine
from harness.engines.vllm.asks import plan_work
from harness.models import Model, resolve_base
from harness.records import Decoding, Kind, Message, Prompt, Request, Sample
from harness.tasks import continuation, find_tasks
from harness.training.rows.encode import IGNORED, RowEncoder
from harness.training.rows.examples import Example
from tests.packs import write_pack

ROWS = [{"text": f"What is {n} plus one? ", "label": f"It is {n + 1}."} for n in range(6)]
FORMS: dict[str, dict[str, Any]] = {
    "text": {"format": "text"},
    "text_after_newline": {"format": "text", "prompt": "{{ text }}\nAnswer:\n"},
    "chat": {"format": "chat"},
    "instruction": {"format": "instruction", "input": "{{ label | length }} letters"},
}
MODELS = ("reference", "tinystories-260k")


@pytest.fixture(scope="module", params=MODELS)
def folder(request: pytest.FixtureRequest) -> Path:
    if request.param == "reference":
        return Path(request.getfixturevalue("base_folder"))
    return Path(request.getfixturevalue("shared")) / "models" / request.param


@pytest.fixture
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Sample:
    shots = {"data": {"path": "test.jsonl", "fewshot": "test.jsonl"}, "fewshot": {"count": 2}}
    write_pack(tmp_path, "form", ROWS, **(shots | {"system": "Be brief."} | FORMS[request.param]))
    (task,) = find_tasks(["./form"], folder=tmp_path)
    return task.samples()[0]


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The token ids that a model is given, call by call."""
    seen: list[list[int]] = []
    plain: Callable[..., torch.Tensor] = torch.nn.Embedding.forward

    def forward(module: torch.nn.Embedding, ids: torch.Tensor) -> torch.Tensor:
        seen.append(ids[0].tolist())
        return plain(module, ids)

    monkeypatch.setattr(torch.nn.Embedding, "forward", forward)
    return seen


def trained_on(encoder: Encoder, prompt: Prompt, answer: str) -> tuple[list[int], list[int]]:
    """Ids of the prompt and of the answer in a training row, the token that ends the answer left out."""
    turns = prompt if isinstance(prompt, tuple) else (Message("user", prompt),)
    coder = RowEncoder(encoder, chat=isinstance(prompt, tuple))
    row = coder.rows(Example((*turns, Message("assistant", answer)), "data.jsonl:1"))[-1]
    assert not row.merged and row.ids[-1] == coder.end
    start = len(encoder.prompt(prompt))
    assert row.labels[start - 1] == IGNORED and IGNORED not in row.labels[start:]
    return list(row.ids[:start]), list(row.ids[start:-1])


@pytest.mark.parametrize("sample", FORMS, indirect=True)
def test_training_generation_and_scoring_see_the_same_tokens(
    sample: Sample, folder: Path, embedded: list[list[int]]
) -> None:
    encoder = Encoder.load(folder)
    prompt, answer = trained_on(encoder, sample.prompt, sample.target)
    scored = continuation(sample.prompt, sample.target)
    generate = Request("base", Kind.GENERATE, sample.prompt, decoding=Decoding(max_tokens=1))
    score = Request("base", Kind.LOGLIKELIHOOD, sample.prompt, (scored,))

    with open_engine(
        EngineSettings(kind="transformers", device="cpu"), [Model("base", resolve_base(str(folder)))], encoder
    ) as engine:
        list(engine.answer([generate]))
        generated_after = embedded[0]
        embedded.clear()
        ((_, scoring),) = next(iter(engine.answer([score])))
        scored_after, scored_tokens = embedded

    assert generated_after == scored_after == prompt
    assert scored_tokens == answer[:-1]
    assert len(scoring.likelihoods[0].per_token) == len(answer)
    assert list(plan_work(encoder, generate, 512).asks[0].prompt) == prompt
    assert encoder.tokenizer.decode(answer).strip() == sample.target


@pytest.mark.parametrize("sample", FORMS, indirect=True)
def test_a_prompt_starts_with_one_start_token_and_holds_no_other(sample: Sample, folder: Path) -> None:
    encoder = Encoder.load(folder)
    start = encoder.tokenizer.bos_token_id
    prompt, answer = trained_on(encoder, sample.prompt, sample.target)
    assert prompt[0] == start
    assert [*prompt, *answer].count(start) == 1
    if isinstance(sample.prompt, str):
        assert encoder.prompt(encoder.tokenizer.bos_token + sample.prompt).count(start) == 1
