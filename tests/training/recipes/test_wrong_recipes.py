"""A wrong recipe is refused in one line that names file, line, key, and what may stand there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.records import InputError
from harness.training import prepare, read_recipe, train

HEAD = "adapter: a\nbase: reference\ndata: rows.jsonl\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("method: {kind: lora, rank: 16}", "4: unknown key 'method.rank'; known: alpha, dropout, init, kind, r"),
        ("method: {kind: bottleneck, r: 8}", "4: unknown key 'method.r'; known: bottleneck_size, dropout, kind"),
        ("method: lora", "4: 'method': should be a section of keys and values (kind, ...) (got 'lora')"),
        ("evaluation: [0.1]", "4: 'evaluation': should be a section of keys and values (data, early_stopping, every, "),
        ("evaluation: {early_stopping: true}", "a section of keys and values (patience, threshold) (got True)"),
        ("start: {adaptor: x}", "4: unknown key 'start.adaptor'; did you mean 'adapter'?"),
        ("start: {revision: main}", "4: 'start.adapter' is missing; add it"),
        ("start: {adapter: 'registry:x', revision: main}", "a registered adapter has no revision: write registry:NAME"),
        ("start: [one, two]", "4: 'start': should be text, not a list"),
        ("track: tensorboard", "4: 'track': should be a list (got 'tensorboard')"),
        ("seed:", "4: 'seed': input should be a valid integer"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_where_and_what_is_known(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "recipe.yaml").write_text(HEAD + text)
    with pytest.raises(InputError) as refused:
        read_recipe(tmp_path / "recipe.yaml")
    assert says in str(refused.value)
    assert len(str(refused.value)) < 300 + len(str(tmp_path)) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{split: train}", "3: 'data.hub' is missing; add it"),
        ("[1, rows.jsonl]", "3: 'data.0': should be text (got 1)"),
        ("[]", "3: 'data': list should have at least 1 item"),
        ("", "3: 'data': should be text, not empty"),
    ],
)
def test_data_that_is_none_is_said(tmp_path: Path, data: str, says: str) -> None:
    (tmp_path / "recipe.yaml").write_text(HEAD.replace("rows.jsonl", data))
    with pytest.raises(InputError) as refused:
        read_recipe(tmp_path / "recipe.yaml")
    assert says in str(refused.value)


@pytest.mark.parametrize("kind", ["lora", "adalora", "ia3"])
def test_a_module_that_the_base_does_not_have_is_refused_although_another_one_is_there(
    write: Callable[..., Path], chat_model: Path, tmp_path: Path, kind: str
) -> None:
    path = write(chat_model, method={"kind": kind, "target_modules": ["q_proj", "v_prj"]})
    with pytest.raises(InputError, match=r"no module of this base is called 'v_prj'; did you mean 'v_proj'\?"):
        train(path, tmp_path / "a")


@pytest.mark.parametrize("start", ["support:prod", "support"])
def test_a_registered_start_without_its_prefix_is_told_how_it_is_written(
    write: Callable[..., Path], chat_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    path = write(chat_model, start=start)
    with pytest.raises(InputError, match=f"a registered adapter is written registry:{start}"):
        prepare(read_recipe(path), tmp_path)
