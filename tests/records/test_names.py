"""A name that cannot be used is refused in words, with the nearest name that can: never with a regular expression."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.evaluation.suite import load_suite
from harness.judging.settings import read_judge
from harness.records import InputError, is_name, mended_name
from harness.registry.names import checked_name, checked_tag
from harness.serving.models import open_models
from harness.tasks.definition import TaskDefinition
from harness.tasks.scaffold import new_pack
from harness.training.recipes.recipe import read_recipe

FILES = [
    (read_recipe, "adapter: {}\ndata: rows.jsonl\n"),
    (load_suite, "suite: {}\nmodels: {{base: {{}}}}\ntasks: [support_queue]\n"),
    (load_suite, "suite: one\nmodels:\n  base: {{}}\n  {}: {{adapter: here}}\ntasks: [support_queue]\n"),
    (read_judge, "judge: {}\nbase: reference\n"),
]


@pytest.mark.parametrize(("read", "text"), FILES)
def test_a_file_with_a_bad_name_is_told_what_a_name_may_have(
    tmp_path: Path, read: Callable[[Path], Any], text: str
) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(text.format('"my adapter/v1"'))
    with pytest.raises(InputError, match=r"^[^^]*letters, digits.*did you mean 'my-adapter-v1'\?[^^]*$"):
        read(path)
    path.write_text(text.format("my-adapter-v1"))
    read(path)


@pytest.mark.parametrize(
    "use",
    [checked_name, checked_tag, lambda name: open_models("reference", {name: "nowhere"}),
     lambda name: new_pack(name, "generation", Path("nowhere"))],
)  # fmt: skip
def test_a_bad_name_on_the_command_line_is_told_the_same(use: Callable[[str], Any]) -> None:
    with pytest.raises(InputError, match=r"letters, digits.*did you mean 'released-2'\?"):
        use("../released 2")


def test_a_criterion_of_a_judge_is_told_its_form(tmp_path: Path) -> None:
    path = tmp_path / "judge.yaml"
    path.write_text("judge: one\nbase: reference\ncriteria: [{name: Good Tone, question: q, low: l, high: h}]\n")
    with pytest.raises(InputError, match=r"judge.yaml:3: [^^]*small letters[^^]*$"):
        read_judge(path)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"hub": "org/name/test"}, "a hub id is org/name"),
        ({"hub": "../name"}, "a hub id is org/name"),
        ({"hub": "org/name", "split": "a b"}, "letters, digits"),
    ],
)
def test_a_bad_hub_id_or_split_is_told_its_form(data: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        TaskDefinition.model_validate({"task": "one", "prompt": "p", "metrics": ["exact_match"], "data": data})
    assert "pattern" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "mended"),
    [("mon modèle", "mon-modele"), ("..", None), ("", None), ("日本", None), ("-x", "x"), ("a" * 101, "a" * 100)],
)
def test_the_mended_name_is_one_or_none_is_offered(text: str, mended: str | None) -> None:
    assert not is_name(text)
    assert ("did you mean" in mended_name(text)) == (mended is not None)
    if mended is not None:
        assert is_name(mended) and f"did you mean {mended!r}?" in mended_name(text)
