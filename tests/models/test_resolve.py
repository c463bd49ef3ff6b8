"""References become folders, fingerprints follow content, and what must not be loaded is refused in one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.models import resolve_adapter, resolve_base
from harness.records import InputError, reference_model

Tiny = Callable[..., Path]
Adapt = Callable[..., Path]


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_folder_is_found_relative_to_the_suite(tiny: Tiny) -> None:
    folder = tiny()
    base = resolve_base(folder.name, folder=folder.parent)
    assert base.folder == folder.resolve()
    assert base.config["hidden_size"] == 32
    assert base.context_length == 2048


def test_reference_names_the_model_that_ships() -> None:
    assert resolve_base("reference").folder == reference_model()


def test_a_fingerprint_follows_content_and_not_the_folder(tiny: Tiny, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny(), tmp_path / "elsewhere")
    before = resolve_base(str(copy)).fingerprint
    assert before == resolve_base(str(tiny())).fingerprint
    edit(copy / "config.json", rms_norm_eps=1e-3)
    assert resolve_base(str(copy)).fingerprint != before


def test_a_fingerprint_follows_one_changed_weight(tiny: Tiny, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny(), tmp_path / "copy")
    before = resolve_base(str(copy)).fingerprint
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert resolve_base(str(copy)).fingerprint != before


def test_an_adapter_keeps_its_fingerprint_when_its_base_moves(tiny: Tiny, adapt: Adapt) -> None:
    folder = adapt(tiny())
    before = resolve_adapter(str(folder))
    edit(folder / "adapter_config.json", base_model_name_or_path="/somewhere/else")
    assert resolve_adapter(str(folder)).fingerprint == before.fingerprint
    edit(folder / "adapter_config.json", lora_alpha=99)
    assert resolve_adapter(str(folder)).fingerprint != before.fingerprint


def test_the_rank_of_an_adapter_is_the_largest_of_its_pattern(tiny: Tiny, adapt: Adapt) -> None:
    from peft import LoraConfig

    folder = adapt(tiny(), LoraConfig(r=4, target_modules=["q_proj", "v_proj"], rank_pattern={"q_proj": 12}))
    adapter = resolve_adapter(str(folder))
    assert (adapter.method, adapter.rank) == ("LORA", 12)


@pytest.mark.parametrize("change", [{"r": "four"}, {"r": float("inf")}, {"rank_pattern": [4]}])
def test_a_rank_that_is_no_number_is_refused_in_one_line(tiny: Tiny, adapt: Adapt, change: dict[str, object]) -> None:
    folder = adapt(tiny())
    edit(folder / "adapter_config.json", **change)
    with pytest.raises(InputError, match=r"adapter_config\.json: its rank is no number"):
        resolve_adapter(str(folder))


def remove_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def pickle_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def remove_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def lose_a_shard(folder: Path) -> None:
    remove_weights(folder)
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def leave_a_pointer(folder: Path) -> None:
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")


def need_own_code(folder: Path) -> None:
    edit(folder / "config.json", model_type="novel", auto_map={"AutoModelForCausalLM": "modeling_novel.Novel"})


def become_an_adapter(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")


@pytest.mark.parametrize(
    ("spoil", "what", "mend"),
    [
        (remove_config, "no config.json", "check the folder"),
        (pickle_weights, "pickled (pytorch_model.bin)", "save them as safetensors"),
        (remove_weights, "no weights: model.safetensors is absent", "check the folder"),
        (cut_weights, "is cut off", "download it again"),
        (lose_a_shard, "this shard is absent", "copy or download the whole folder"),
        (leave_a_pointer, "Git LFS pointer", "git lfs pull"),
        (need_own_code, "needs code of its own", "part of transformers"),
        (become_an_adapter, "is an adapter, not a base", "name the base"),
    ],
)
def test_a_bad_base_is_refused_in_one_line(
    tiny: Tiny, tmp_path: Path, spoil: Callable[[Path], None], what: str, mend: str
) -> None:
    folder = shutil.copytree(tiny(), tmp_path / "bad")
    spoil(folder)
    with pytest.raises(InputError) as caught:
        resolve_base(str(folder))
    line = str(caught.value)
    assert str(folder) in line and what in line and mend in line and "\n" not in line


def test_a_native_architecture_that_kept_its_auto_map_is_taken(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny(), tmp_path / "kept")
    edit(folder / "config.json", auto_map={"AutoModelForCausalLM": "modeling_llama.Llama"})
    assert resolve_base(str(folder)).config["model_type"] == "llama"


def test_a_path_that_does_not_exist_is_not_asked_of_the_hub(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        resolve_base("./missing", folder=tmp_path)


def test_a_hub_that_cannot_be_reached_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError) as caught:
        resolve_base("nobody/nothing", revision="main", folder=tmp_path)
    assert str(caught.value) == (
        f"nobody/nothing@main: neither a folder ({tmp_path}/nobody/nothing) nor in the hub's cache ({tmp_path}/cache), "
        "and the hub (https://huggingface.co) is not asked, since HF_HUB_OFFLINE is set; check the name, or download "
        "the model once where there is a network (hf download nobody/nothing --revision main)"
    )


def test_a_hub_that_refuses_says_so_in_its_own_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"the hub \(http://127.0.0.1:9\) could not be reached \(.*refused\); check"):
        resolve_base("nobody/nothing", folder=tmp_path)
