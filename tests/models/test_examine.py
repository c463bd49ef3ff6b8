"""Bad adapters are told from good ones by their files alone, each in a line: what, where and how to mend it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.models import Adapter, examine_adapter, method_of, resolve_adapter, resolve_base, unmatched_tensors
from harness.records import InputError

Tiny = Callable[..., Path]
Adapt = Callable[..., Path]
WEIGHTS = "adapter_model.safetensors"


def change(folder: Path, edit: Callable[[str, Any], Any]) -> None:
    """Pass every tensor through ``edit``; None drops it."""
    from safetensors.torch import load_file, save_file

    tensors = {name: edit(name, tensor) for name, tensor in load_file(folder / WEIGHTS).items()}
    save_file({name: tensor.contiguous() for name, tensor in tensors.items() if tensor is not None}, folder / WEIGHTS)


def examine(folder: Path, base: Path) -> list[str]:
    return examine_adapter(resolve_adapter(str(folder)), resolve_base(str(base)))


def test_a_good_adapter_passes_without_a_warning(tiny: Tiny, adapt: Adapt) -> None:
    assert examine(adapt(tiny()), tiny()) == []


def test_every_method_that_acts_passes(tiny: Tiny, adapt: Adapt) -> None:
    from peft import (
        AdaLoraConfig,
        IA3Config,
        LoHaConfig,
        LoKrConfig,
        LoraConfig,
        PrefixTuningConfig,
        PromptTuningConfig,
        RandLoraConfig,
        VeraConfig,
    )

    targets = ["q_proj", "v_proj"]
    configs: dict[str, Any] = {
        "dora": LoraConfig(r=2, target_modules=targets, use_dora=True, init_lora_weights=False),
        "ada": AdaLoraConfig(init_r=4, target_modules=targets, init_lora_weights=False, total_step=10),
        "ia3": IA3Config(target_modules=targets, feedforward_modules=[], init_ia3_weights=False),
        "loha": LoHaConfig(r=2, target_modules=targets, init_weights=False),
        "lokr": LoKrConfig(r=2, target_modules=targets, init_weights=False),
        "vera": VeraConfig(r=4, target_modules=targets, init_weights=False),
        "randlora": RandLoraConfig(r=4, target_modules=targets, init_weights=False),
        "prefix": PrefixTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM"),
        "prompt": PromptTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM"),
        "embedding": LoraConfig(r=2, target_modules=["embed_tokens", "lm_head"], init_lora_weights=False),
        "saved": LoraConfig(r=2, target_modules=targets, modules_to_save=["lm_head"]),
    }
    for name, config in configs.items():
        folder = adapt(tiny(), config, name)
        assert examine(folder, tiny()) == [], name
        assert unmatched_tensors(resolve_adapter(str(folder)), resolve_base(str(tiny()))) == [], name


def no_config(folder: Path) -> None:
    (folder / "adapter_config.json").unlink()


def no_method(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")


def not_json(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{")


def pickled(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "adapter_model.bin")


def no_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def cut_off(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-64])


def garbage(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"\xff" * 256)


def empty(folder: Path) -> None:
    change(folder, lambda name, tensor: None)


def one_nan(folder: Path) -> None:
    change(folder, lambda name, t: t.index_fill_(0, t.new_tensor([0]).long(), float("nan")) if "1.mlp" in name else t)


def infinite(folder: Path) -> None:
    change(folder, lambda name, tensor: tensor / 0 if "lora_B" in name else tensor)


def zero_b(folder: Path) -> None:
    change(folder, lambda name, tensor: tensor * 0 if "lora_B" in name else tensor)


def zero_a(folder: Path) -> None:
    change(folder, lambda name, tensor: tensor * 0 if "lora_A" in name else tensor)


def no_b(folder: Path) -> None:
    change(folder, lambda name, tensor: None if "lora_B" in name else tensor)


def zero_alpha(folder: Path) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"lora_alpha": 0}))


@pytest.mark.parametrize(
    ("spoil", "what", "mend"),
    [
        (no_config, "no adapter_config.json", "save_pretrained"),
        (no_method, "peft_type is missing", "save the adapter again"),
        (not_json, "cannot be read as JSON", "adapter_config.json"),
        (pickled, "pickled (adapter_model.bin)", "save them as safetensors"),
        (no_weights, "adapter_model.safetensors is absent", "check the folder"),
        (cut_off, "is cut off", "download it again"),
        (garbage, "not safetensors", "download it again"),
        (empty, "holds no tensors", "save_pretrained"),
        (one_nan, "holds NaN or infinite values", "lower learning rate"),
        (infinite, "holds NaN or infinite values", "lower learning rate"),
        (zero_b, "untrained: every B is zero", "train it"),
        (zero_a, "untrained: every A is zero", "train it"),
        (no_b, "holds no lora_B tensor", "save_pretrained"),
        (zero_alpha, "lora_alpha is zero", "set lora_alpha"),
    ],
)
def test_a_bad_adapter_is_refused_in_one_line(
    tiny: Tiny, adapt: Adapt, spoil: Callable[[Path], None], what: str, mend: str
) -> None:
    folder = adapt(tiny())
    spoil(folder)
    with pytest.raises(InputError) as caught:
        examine(folder, tiny())
    line = str(caught.value)
    assert str(folder) in line and what in line and mend in line and "\n" not in line


@pytest.mark.parametrize("other", [{"hidden_size": 64}, {"intermediate_size": 80}, {"num_hidden_layers": 3}])
def test_an_adapter_of_a_base_of_other_dimensions_is_refused(tiny: Tiny, adapt: Adapt, other: dict[str, int]) -> None:
    with pytest.raises(InputError, match="trained on another base"):
        examine(adapt(tiny(**other)), tiny())


def test_an_untrained_adapter_of_another_method_is_refused(tiny: Tiny, adapt: Adapt) -> None:
    from peft import AdaLoraConfig, IA3Config, LoHaConfig

    targets = ["q_proj"]
    for name, config in {
        "ia3": IA3Config(target_modules=targets, feedforward_modules=[]),
        "loha": LoHaConfig(r=2, target_modules=targets),
        "ada": AdaLoraConfig(init_r=4, target_modules=targets, total_step=10),
    }.items():
        with pytest.raises(InputError, match="untrained"):
            examine(adapt(tiny(), config, name), tiny())


def test_a_name_of_another_base_is_a_warning_because_folders_move(tiny: Tiny, adapt: Adapt, tmp_path: Path) -> None:
    folder = adapt(tiny())
    moved = shutil.copytree(tiny(), tmp_path / "moved")
    (warning,) = examine(folder, moved)
    assert tiny().name in warning and "moved" in warning


def test_a_training_record_of_another_base_is_a_warning(tiny: Tiny, adapt: Adapt) -> None:
    folder = adapt(tiny())
    (folder / "training.json").write_text(json.dumps({"base_fingerprint": "0" * 20}))
    (warning,) = examine(folder, tiny())
    assert "fingerprint" in warning


def test_renamed_modules_pass_examination_and_are_listed(tiny: Tiny, adapt: Adapt) -> None:
    from safetensors.torch import load_file, save_file

    folder = adapt(tiny())
    base = resolve_base(str(tiny()))
    assert unmatched_tensors(resolve_adapter(str(folder)), base) == []
    tensors = load_file(folder / WEIGHTS)
    save_file(
        {n.replace(".model.layers.", ".model.language_model.layers."): t for n, t in tensors.items()}, folder / WEIGHTS
    )
    adapter = resolve_adapter(str(folder))
    assert examine_adapter(adapter, base) == []
    assert len(unmatched_tensors(adapter, base)) == len(tensors)


def test_names_of_a_checkpoint_of_the_bare_model_are_matched(tmp_path: Path, adapt: Adapt) -> None:
    from transformers import GPT2Config, GPT2Model

    model = GPT2Model(GPT2Config(n_embd=32, n_layer=2, n_head=2, vocab_size=64, n_positions=64))
    model.save_pretrained(tmp_path / "gpt2")
    base = resolve_base(str(tmp_path / "gpt2"))
    folder = adapt(tmp_path / "gpt2")
    adapter = resolve_adapter(str(folder))
    assert unmatched_tensors(adapter, base) == []
    assert examine_adapter(adapter, base) == []


def test_what_a_mixed_batch_honours_depends_on_the_configuration() -> None:
    def lora(**config: Any) -> Adapter:
        return Adapter("a", Path("a"), {"peft_type": "LORA", **config}, "LORA", 8, "0")

    assert method_of(lora()).mixes_in_batch
    assert method_of(lora(use_rslora=True)).mixes_in_batch
    assert not method_of(lora(use_dora=True)).mixes_in_batch
    assert not method_of(lora(bias="all")).mixes_in_batch
    assert method_of(lora(init_lora_weights="pissa_niter_4")).moves_base
    assert not method_of(Adapter("a", Path("a"), {}, "IA3", 0, "0")).mixes_in_batch
    assert method_of(Adapter("a", Path("a"), {}, "PREFIX_TUNING", 0, "0")).is_prompt_learning
    assert not method_of(Adapter("a", Path("a"), {}, "SOMETHING_NEW", 0, "0")).merges_exactly
