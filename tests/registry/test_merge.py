"""A merged model says what base and adapter say, or is not written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.models import resolve_adapter, resolve_base
from harness.records import InputError
from harness.registry.merge import merge

Make = Callable[..., Path]


def lora(**more: Any) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        **({"r": 8, "target_modules": ["q_proj", "v_proj", "up_proj"], "init_lora_weights": False} | more)
    )


def ia3() -> Any:
    from peft import IA3Config

    return IA3Config(target_modules=["k_proj", "down_proj"], feedforward_modules=["down_proj"], init_ia3_weights=False)


def prompt_learning(kind: str) -> Any:
    import peft

    return getattr(peft, kind)(task_type="CAUSAL_LM", num_virtual_tokens=4)


@pytest.mark.parametrize(("name", "config"), [("lora", lora), ("dora", lambda: lora(use_dora=True)), ("ia3", ia3)])
def test_a_merged_model_says_what_base_and_adapter_say(
    make_adapter: Make, tmp_path: Path, name: str, config: Callable[[], Any]
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base, adapter = resolve_base("reference"), resolve_adapter(str(make_adapter(name, config())))
    merged = merge(base, adapter, tmp_path / "full", dtype="float32")
    assert merged.max_difference < 0.01 < merged.effect and merged.tokens > 5
    ids = AutoTokenizer.from_pretrained(merged.folder)("The capital of France is", return_tensors="pt")
    plain = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    with torch.no_grad():
        found = AutoModelForCausalLM.from_pretrained(merged.folder, dtype=torch.float32)(**ids).logits
        expected = PeftModel.from_pretrained(plain, str(adapter.folder))(**ids).logits
    assert torch.allclose(found, expected, atol=1e-3)
    assert resolve_base(str(merged.folder)).fingerprint == merged.fingerprint


@pytest.mark.parametrize("kind", ["PrefixTuningConfig", "PromptTuningConfig"])
def test_a_method_that_changes_no_weights_is_refused_in_one_line(make_adapter: Make, tmp_path: Path, kind: str) -> None:
    adapter = resolve_adapter(str(make_adapter(kind, prompt_learning(kind))))
    with pytest.raises(InputError, match="adapters cannot be merged into the weights") as caught:
        merge(resolve_base("reference"), adapter, tmp_path / "full")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_says_something_else_is_not_kept(
    make_adapter: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a merge that forgets the scale would."""
    import peft

    adapter = resolve_adapter(str(make_adapter("lora", lora())))

    def forget(self: Any, **options: Any) -> Any:
        return self.unload()

    monkeypatch.setattr(peft.tuners.lora.LoraModel, "merge_and_unload", forget)
    for tolerance in (None, 1e9):
        with pytest.raises(InputError, match=r"is not base \+ adapter: .Δ log p. is up to"):
            merge(resolve_base("reference"), adapter, tmp_path / "full", dtype="float32", tolerance=tolerance)
    assert list(tmp_path.iterdir()) == []


def test_an_update_of_weights_that_are_shared_is_refused(make_adapter: Make, tmp_path: Path) -> None:
    """The reference model's output layer is its embedding; merged into one, the update acts in the other too."""
    adapter = resolve_adapter(str(make_adapter("head", lora(target_modules=["lm_head", "q_proj"]))))
    with pytest.raises(InputError, match=r"is not base \+ adapter"):
        merge(resolve_base("reference"), adapter, tmp_path / "full", dtype="float32")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_not_written_over(make_adapter: Make, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(InputError, match="is already there"):
        merge(resolve_base("reference"), resolve_adapter(str(make_adapter("lora", lora()))), tmp_path / "full")
