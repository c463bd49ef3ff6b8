"""A bottleneck adapter beside the base and adapters of other methods: each answers as if it were alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PrefixTuningConfig

from harness.engines import Encoder, EngineSettings
from harness.engines.transformers import TransformersEngine
from harness.models import Model, resolve_adapter, resolve_base
from harness.records import Answer, Decoding, InputError, Kind, Request
from tests.bottlenecks import hooked, save_bottleneck
from tests.engines.plain import PlainLoop

Make = Callable[..., Path]
PROMPTS = ["The sky", "Once upon a time there was a small town by the river, and in it", "A dog and a cat"]
OPTIONS = (" yes", " no, it certainly is not", " perhaps")
GREEDY = Decoding(max_tokens=16)


@pytest.fixture(scope="module")
def world(base_folder: Path, make_adapter: Make, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path | None]:
    folder = tmp_path_factory.mktemp("bottlenecks")
    return {
        "base": None,
        "lora": make_adapter("lora", seed=1),
        "bottleneck": save_bottleneck(base_folder, folder / "a"),
        "prefix": make_adapter("prefix", PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4), seed=2),
        "pfeiffer": save_bottleneck(base_folder, folder / "b", seed=5, placement="pfeiffer", non_linearity="relu"),
    }


def opened(base_folder: Path, world: dict[str, Path | None], **settings: Any) -> TransformersEngine:
    base = resolve_base(str(base_folder))
    models = [Model(name, base, resolve_adapter(str(path)) if path else None) for name, path in world.items()]
    return TransformersEngine(EngineSettings(device="cpu", **settings), models, Encoder.load(base_folder))


def requests_to(name: str) -> list[Request]:
    return [
        request
        for prompt in PROMPTS
        for request in (
            Request(name, Kind.GENERATE, prompt, decoding=GREEDY),
            Request(name, Kind.LOGLIKELIHOOD, prompt, OPTIONS),
        )
    ]


def answers_of(engine: TransformersEngine, requests: list[Request]) -> dict[Request, Answer]:
    return {request: answer for batch in engine.answer(requests) for request, answer in batch}


@pytest.mark.parametrize(("name", "non_linearity"), [("bottleneck", "gelu"), ("pfeiffer", "relu")])
def test_batches_with_padding_and_cache_say_what_a_forward_pass_with_hooks_says(
    base_folder: Path, world: dict[str, Path | None], name: str, non_linearity: str
) -> None:
    with opened(base_folder, world) as engine:
        answers = answers_of(engine, [request for one in world for request in requests_to(one)])
    loop, folder = PlainLoop(base_folder), world[name]
    assert folder is not None
    plain = [loop.logprobs(prompt, OPTIONS[1]) for prompt in PROMPTS]
    with hooked(loop.model, folder, non_linearity):
        for prompt, untouched in zip(PROMPTS, plain, strict=True):
            generation = answers[Request(name, Kind.GENERATE, prompt, decoding=GREEDY)].generation
            assert generation is not None and generation.text.strip() == loop.text(prompt, 16).strip()
            likelihoods = answers[Request(name, Kind.LOGLIKELIHOOD, prompt, OPTIONS)].likelihoods
            for option, found in zip(OPTIONS, likelihoods, strict=True):
                assert found.per_token == pytest.approx(loop.logprobs(prompt, option), abs=1e-4)
            assert likelihoods[1].per_token != pytest.approx(untouched, abs=1e-2)


def test_the_others_answer_as_they_do_without_it(base_folder: Path, world: dict[str, Path | None]) -> None:
    others = {name: folder for name, folder in world.items() if name in ("base", "lora", "prefix")}
    asked = [request for name in others for request in requests_to(name)]
    with opened(base_folder, others) as engine:
        alone = answers_of(engine, asked)
    with opened(base_folder, world) as engine:
        answers_of(engine, requests_to("bottleneck"))
        # Each model's turn comes after a bottleneck's, and the base's while one is still on it.
        for name in others:
            assert answers_of(engine, requests_to(name)) == {r: alone[r] for r in asked if r.model == name}
            answers_of(engine, requests_to("pfeiffer"))


def test_switching_it_off_gives_the_base_to_the_last_bit(base_folder: Path, world: dict[str, Path | None]) -> None:
    ids = torch.tensor([[5, 17, 300, 41, 9, 2000]])
    with opened(base_folder, world) as engine, torch.inference_mode():
        with engine._bench.active("base") as module:
            before = module(input_ids=ids).logits
        with engine._bench.active("bottleneck") as module:
            assert not torch.equal(module(input_ids=ids).logits, before)
        with engine._bench.active("base") as module:
            assert torch.equal(module(input_ids=ids).logits, before)
        with engine._bench.active("lora") as module, module.disable_adapter():
            assert torch.equal(module(input_ids=ids).logits, before)


def test_answering_from_merged_weights_is_refused(base_folder: Path, world: dict[str, Path | None]) -> None:
    with (
        opened(base_folder, world, options={"merge": True}) as engine,
        pytest.raises(InputError, match=r"'bottleneck': HARNESS_BOTTLENECK adapters cannot be merged"),
    ):
        answers_of(engine, requests_to("bottleneck")[:1])


def test_vllm_leaves_it_to_the_transformers_engine(base_folder: Path, world: dict[str, Path | None]) -> None:
    pytest.importorskip("vllm", reason="asks the installed vLLM")
    from harness.engines.vllm.options import VllmOptions
    from harness.engines.vllm.routes import plan_routes

    folder = world["bottleneck"]
    assert folder is not None
    model = Model("bottleneck", resolve_base(str(base_folder)), resolve_adapter(str(folder)))
    route = plan_routes([model], VllmOptions())["bottleneck"]
    assert route.way == "transformers" and "HARNESS_BOTTLENECK" in route.reason
    with pytest.raises(InputError, match="cannot be merged exactly"):
        plan_routes([model], VllmOptions(unsupported="merge"))
