"""What vLLM cannot serve is found before it starts, and each policy does what it says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.engines import Encoder, EngineSettings
from harness.engines.vllm import VllmEngine
from harness.engines.vllm.capability import capability_table, lora_ranks, rank_to_reserve, refusal
from harness.engines.vllm.options import VllmOptions
from harness.engines.vllm.routes import plan_routes
from harness.models import resolve_adapter
from harness.records import Answer, Decoding, InputError, Kind, Request
from tests.engines.plain import PlainLoop
from tests.engines.vllm.conftest import models_of

pytestmark = pytest.mark.vllm

#: Kinds served by every vLLM that this project takes; patterns since 0.32 (read past without a word before).
ALWAYS = {"LoRA", "rsLoRA", "EVA"}
SINCE_0_32 = {"rank pattern", "alpha pattern"}


@pytest.fixture(scope="module")
def odd(make_adapter: Callable[..., Path]) -> dict[str, Path]:
    from peft import IA3Config, LoraConfig, PrefixTuningConfig

    def lora(**settings: object) -> LoraConfig:
        return LoraConfig(r=4, init_lora_weights=False, **settings)  # type: ignore[arg-type]

    modules = ["k_proj", "v_proj", "down_proj"]
    return {
        "head": make_adapter("head", lora(target_modules=["q_proj", "lm_head"]), seed=5),
        "dora": make_adapter("dora", lora(target_modules=["q_proj"], use_dora=True), seed=6),
        "ia3": make_adapter(
            "ia3",
            IA3Config(target_modules=modules, feedforward_modules=["down_proj"], init_ia3_weights=False),
            seed=7,
        ),
        "prefix": make_adapter("prefix", PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4), seed=8),
    }


def test_the_capability_table_of_the_installed_version_has_not_drifted() -> None:
    table = capability_table()
    served = {kind for kind, reason in table.items() if not reason}
    assert ALWAYS <= served <= ALWAYS | SINCE_0_32
    assert "PREFIX_TUNING" in table["PREFIX_TUNING"]
    assert "DoRA" in table["DoRA"] or "use_dora" in table["DoRA"]
    assert str(max(lora_ranks())) in table["rank 1024"]


def test_the_rank_to_reserve_holds_every_adapter(folders: dict[str, Path | None]) -> None:
    adapters = [resolve_adapter(str(path)) for path in folders.values() if path]
    assert max(adapter.rank for adapter in adapters) == rank_to_reserve(adapters) == 8


def test_real_adapters_are_judged_from_their_files(odd: dict[str, Path]) -> None:
    reasons = {name: refusal(resolve_adapter(str(path))) for name, path in odd.items()}
    assert "lm_head" in reasons["head"]
    assert "DoRA" in reasons["dora"]
    assert "IA3" in reasons["ia3"] and "PREFIX_TUNING" in reasons["prefix"]


def test_stop_names_the_model_before_anything_starts(base_folder: Path, odd: dict[str, Path]) -> None:
    settings = EngineSettings(kind="vllm", options={"unsupported": "stop"})
    with pytest.raises(InputError, match=r"model 'dora': vLLM cannot serve this adapter: .*DoRA.*unsupported"):
        VllmEngine(settings, models_of(base_folder, {"base": None, "dora": odd["dora"]}), Encoder.load(base_folder))


@pytest.mark.parametrize("name", ["prefix", "head"])  # the reference model ties its head to its embedding
def test_what_cannot_be_merged_exactly_is_refused_under_merge(
    name: str, base_folder: Path, odd: dict[str, Path]
) -> None:
    with pytest.raises(InputError, match="cannot be merged exactly"):
        plan_routes(models_of(base_folder, {name: odd[name]}), VllmOptions(unsupported="merge"))


def test_an_unknown_option_is_named_with_its_neighbour(base_folder: Path) -> None:
    settings = EngineSettings(kind="vllm", options={"quantisation": "awq"})
    with pytest.raises(InputError, match="unknown option 'quantisation'; did you mean 'quantization'"):
        VllmEngine(settings, models_of(base_folder, {"base": None}), Encoder.load(base_folder))


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["transformers", "merge"])
def test_each_policy_answers_as_a_plain_loop_does(policy: str, base_folder: Path, odd: dict[str, Path]) -> None:
    chosen = {"transformers": ("head", "prefix"), "merge": ("base", "dora")}[policy]
    models = models_of(base_folder, {name: odd.get(name) for name in chosen})
    requests = [
        request
        for name in chosen
        for request in (
            Request(name, Kind.LOGLIKELIHOOD, "Question: who is there? Answer:", (" a friend", " b")),
            Request(name, Kind.GENERATE, "Question: who is there? Answer:", decoding=Decoding(max_tokens=12)),
        )
    ]
    settings = EngineSettings(kind="vllm", options={"unsupported": policy})
    with VllmEngine(settings, models, Encoder.load(base_folder)) as engine:
        answers = {request: answer for batch in engine.answer(requests) for request, answer in batch}
        served = engine.describe()["served_by"]
    word = "merged" if policy == "merge" else "transformers engine"
    assert [name for name in chosen if word in served[name]] == [name for name in chosen if name in odd]
    for request in requests:
        _equals(answers[request], request, PlainLoop(base_folder, odd.get(request.model)))


def _equals(answer: Answer, request: Request, loop: PlainLoop) -> None:
    if answer.generation is not None:
        assert answer.generation.text.strip() == loop.text(request.prompt, 12).strip()
        return
    for option, said in zip(request.continuations, answer.likelihoods, strict=True):
        assert said.per_token == pytest.approx(loop.logprobs(request.prompt, option), abs=2e-4)


def test_modules_that_vllm_cannot_wrap_are_named_in_one_line(
    base_folder: Path, folders: dict[str, Path | None], tmp_path: Path
) -> None:
    """Judged fit by its configuration, but its tensors are of a module that vLLM has no LoRA layer for."""
    from safetensors.torch import load_file, save_file

    source = folders["small"]
    assert source is not None
    (tmp_path / "adapter_config.json").write_bytes((source / "adapter_config.json").read_bytes())
    tensors = load_file(source / "adapter_model.safetensors")
    renamed = {name.replace("q_proj", "input_layernorm"): tensor for name, tensor in tensors.items()}
    save_file(renamed, tmp_path / "adapter_model.safetensors")
    models = models_of(base_folder, {"odd": tmp_path})
    with pytest.raises(InputError, match=r"vLLM refuses .*input_layernorm"):
        VllmEngine(EngineSettings(kind="vllm"), models, Encoder.load(base_folder))
