"""A bottleneck adapter stands where the papers put it, is nothing until trained, and is refused where not known."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.models import Method, examine_adapter, method_of, resolve_adapter, resolve_base, unmatched_tensors
from harness.records import InputError
from tests.bottlenecks import NON_LINEARITIES, bottleneck_on, save_bottleneck

Tiny = Callable[..., Path]
IDS = torch.tensor([[3, 9, 27, 5, 11, 40], [7, 7, 21, 2, 63, 1]])
SIZES = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
#: Decoders whose parts have other names, return more than hidden states, or hold experts.
DECODERS: dict[str, dict[str, Any]] = {
    "llama": SIZES,
    "qwen3": SIZES | {"num_key_value_heads": 2, "head_dim": 16},
    "gemma2": SIZES | {"num_key_value_heads": 2, "head_dim": 16},
    "mixtral": SIZES | {"num_key_value_heads": 2, "num_local_experts": 4},
    "gpt_neox": SIZES,
    "gpt2": {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64},
    "opt": {"vocab_size": 64, "hidden_size": 32, "word_embed_proj_dim": 32, "num_hidden_layers": 2, "ffn_dim": 48,
            "num_attention_heads": 2},
    "falcon": {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
}  # fmt: skip
STRANGE: dict[str, tuple[dict[str, Any], str]] = {
    "bloom": ({"vocab_size": 64, "hidden_size": 32, "n_layer": 2, "n_head": 2}, "adds the residual itself"),
    "mamba": ({"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2}, "no modules known as its attention"),
    "granitemoeshared": (
        SIZES | {"num_key_value_heads": 2, "num_local_experts": 4, "shared_intermediate_size": 16},
        "shared_mlp is neither",
    ),
}


def decoder(kind: str, sizes: dict[str, Any]) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **sizes), dtype=torch.float32).eval()


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=IDS).logits


@pytest.mark.parametrize("kind", DECODERS)
def test_in_any_decoder_it_starts_as_nothing_acts_when_trained_and_leaves_no_trace(kind: str) -> None:
    model = decoder(kind, DECODERS[kind])
    bare = logits(model)
    adapted = bottleneck_on(model, scale=0.0, reduction_factor=4)
    assert torch.equal(logits(adapted), bare)
    adapted = bottleneck_on(adapted.unload(), scale=0.3, reduction_factor=4)
    assert {name.split(".bottleneck_")[0] for name, w in adapted.named_parameters() if w.requires_grad} == {
        f"base_model.model.{name}" for name in adapted.peft_config["default"].target_modules
    }
    assert len(adapted.peft_config["default"].target_modules) == 4
    acting = logits(adapted)
    assert not torch.allclose(acting, bare, atol=1e-3)
    with adapted.disable_adapter():
        assert torch.equal(logits(adapted), bare)
    assert torch.equal(logits(adapted), acting)
    assert torch.equal(logits(adapted.unload()), bare)


def written_out(model: Any, folder: Path, placement: str, non_linearity: str) -> torch.Tensor:
    """A Llama's forward pass with adapters, as Houlsby et al. (2019, section 2.1) and Pfeiffer et al. describe it."""
    from safetensors.torch import load_file
    from transformers.masking_utils import create_causal_mask

    tensors = {name.removeprefix("base_model.model.model.layers."): t
               for name, t in load_file(folder / "adapter_model.safetensors").items()}  # fmt: skip

    def adapter(place: str, h: torch.Tensor) -> torch.Tensor:
        down, up = (tensors[f"{place}.bottleneck_{side}.weight"] for side in ("down", "up"))
        narrow = NON_LINEARITIES[non_linearity](h @ down.T + tensors[f"{place}.bottleneck_down.bias"])
        return h + narrow @ up.T + tensors[f"{place}.bottleneck_up.bias"]

    inner = model.model
    x = inner.embed_tokens(IDS)
    places = torch.arange(IDS.shape[1]).unsqueeze(0)
    mask = create_causal_mask(model.config, x, None, past_key_values=None, position_ids=places)
    for number, layer in enumerate(inner.layers):
        attended, _ = layer.self_attn(
            hidden_states=layer.input_layernorm(x),
            attention_mask=mask,
            position_ids=places,
            position_embeddings=inner.rotary_emb(x, position_ids=places),
        )
        x = x + (adapter(f"{number}.self_attn", attended) if placement == "houlsby" else attended)
        x = x + adapter(f"{number}.mlp", layer.mlp(layer.post_attention_layernorm(x)))
    return model.lm_head(inner.norm(x))


@pytest.mark.parametrize("placement", ["houlsby", "pfeiffer"])
@pytest.mark.parametrize("non_linearity", NON_LINEARITIES)
def test_it_follows_sub_layers_before_the_residual(
    tiny: Tiny, tmp_path: Path, placement: str, non_linearity: str
) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny()).eval()
    settings = {"placement": placement, "non_linearity": non_linearity, "bottleneck_size": 5}
    adapted = bottleneck_on(model, scale=0.3, **settings)
    adapted.save_pretrained(tmp_path)
    found, bare = logits(adapted), adapted.unload()
    with torch.no_grad():
        assert torch.allclose(found, written_out(bare, tmp_path, placement, non_linearity), atol=1e-5)


@pytest.mark.parametrize("kind", STRANGE)
def test_an_architecture_that_is_not_understood_is_refused_in_one_line(kind: str) -> None:
    from harness.models.bottleneck_places import sublayers

    sizes, says = STRANGE[kind]
    with pytest.raises(ValueError, match=says) as caught:
        sublayers(decoder(kind, sizes), "houlsby")
    assert "\n" not in str(caught.value)


def test_it_computes_in_float32_over_a_base_in_16_bit(tiny: Tiny) -> None:
    from transformers import AutoModelForCausalLM

    adapted = bottleneck_on(AutoModelForCausalLM.from_pretrained(tiny(), dtype=torch.bfloat16))
    assert {weight.dtype for weight in adapted.parameters() if weight.requires_grad} == {torch.float32}
    assert logits(adapted).dtype == torch.bfloat16


def test_there_is_nothing_to_merge(tiny: Tiny, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    adapted = bottleneck_on(AutoModelForCausalLM.from_pretrained(tiny()))
    with pytest.raises(ValueError, match="not a change of weights"):
        adapted.merge_and_unload()
    adapted.save_pretrained(tmp_path)
    method = method_of(resolve_adapter(str(tmp_path)))
    assert method == Method(merges_exactly=False, nature="a bottleneck adapter is not a change of weights")


def test_plain_peft_refuses_the_folder_instead_of_reading_it_as_something_else(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peft import PEFT_TYPE_TO_CONFIG_MAPPING, PEFT_TYPE_TO_TUNER_MAPPING, PeftModel
    from transformers import AutoModelForCausalLM

    save_bottleneck(tiny(), tmp_path)
    for mapping in (PEFT_TYPE_TO_CONFIG_MAPPING, PEFT_TYPE_TO_TUNER_MAPPING):
        monkeypatch.delitem(mapping, "HARNESS_BOTTLENECK")
    with pytest.raises(KeyError, match="HARNESS_BOTTLENECK"):
        PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny()), tmp_path)


def examine(folder: Path, base: Path) -> list[str]:
    return examine_adapter(resolve_adapter(str(folder)), resolve_base(str(base)))


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_good_one_passes_and_its_tensors_find_their_modules(tiny: Tiny, tmp_path: Path) -> None:
    save_bottleneck(tiny(), tmp_path, placement="pfeiffer")
    adapter = resolve_adapter(str(tmp_path))
    assert examine(tmp_path, tiny()) == []
    assert (adapter.method, adapter.rank) == ("HARNESS_BOTTLENECK", 0)
    assert unmatched_tensors(adapter, resolve_base(str(tiny()))) == []


def test_an_untrained_one_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    save_bottleneck(tiny(), tmp_path, scale=0.0)
    with pytest.raises(InputError, match="untrained: every bottleneck_up is zero"):
        examine(tmp_path, tiny())


@pytest.mark.parametrize("other", [{"hidden_size": 64}, {"num_hidden_layers": 1}])
def test_one_of_another_base_is_refused(tiny: Tiny, tmp_path: Path, other: dict[str, int]) -> None:
    save_bottleneck(tiny(), tmp_path)
    with pytest.raises(InputError, match=r"trained on another base|no part of a bottleneck"):
        examine(tmp_path, tiny(**other))


@pytest.mark.parametrize("key", ["placement", "non_linearity"])
@pytest.mark.parametrize("value", ["tanh", None, ["gelu"]])
def test_a_setting_that_is_not_known_is_refused(tiny: Tiny, tmp_path: Path, key: str, value: Any) -> None:
    save_bottleneck(tiny(), tmp_path)
    edit(tmp_path, **{key: value})
    with pytest.raises(InputError, match=rf"{key} is .*known: "):
        examine(tmp_path, tiny())


@pytest.mark.parametrize("size", [3, 0, -1, None, "8", 1 << 40, True])
def test_a_size_that_is_not_that_of_the_tensors_is_refused_before_memory_is_taken(
    tiny: Tiny, tmp_path: Path, size: Any
) -> None:
    save_bottleneck(tiny(), tmp_path)
    edit(tmp_path, bottleneck_size=size)
    with pytest.raises(InputError) as caught:
        examine_adapter(resolve_adapter(str(tmp_path)), None)
    assert "bottleneck" in str(caught.value) and "\n" not in str(caught.value)


def test_tensors_of_modules_that_are_not_there_are_listed(tiny: Tiny, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = save_bottleneck(tiny(), tmp_path) / "adapter_model.safetensors"
    save_file({name.replace(".mlp.", ".ffn."): tensor for name, tensor in load_file(path).items()}, path)
    adapter = resolve_adapter(str(tmp_path))
    assert len(unmatched_tensors(adapter, resolve_base(str(tiny())))) == 8
