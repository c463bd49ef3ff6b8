"""The first bad checkpoint is found wherever it is, with few evaluations, and among real adapters, too."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from harness.cli.main import run as harness
from harness.evaluation.bisect import bisect
from harness.records import InputError
from tests.packs import word_rows, write_pack, write_suite


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
def test_the_first_bad_checkpoint_is_found_with_few_evaluations(case: tuple[int, int]) -> None:
    count, first_bad = case
    found = bisect([str(i) for i in range(count)], lambda place: place >= first_bad)
    assert found.first_bad == first_bad
    assert len(set(found.tried)) == len(found.tried) <= math.ceil(math.log2(count)) + 2


def test_nothing_to_find_is_said() -> None:
    with pytest.raises(InputError, match="no checkpoints"):
        bisect([], lambda _: True)
    with pytest.raises(InputError, match="9, does not fail"):
        bisect([str(i) for i in range(10)], lambda _: False)


def test_checkpoints_of_an_adapter_are_searched_and_the_answers_of_the_base_asked_once(
    tmp_path: Path, make_adapter: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    full = make_adapter("full")
    strengths = {2: 0.1, 4: 0.1, 6: 0.1, 8: 1.0, 10: 1.0, 12: 1.0}  # from step 8 on the adapter garbles everything
    for step, strength in strengths.items():
        folder = tmp_path / "train" / f"checkpoint-{step}"
        shutil.copytree(full, folder)
        tensors = load_file(folder / "adapter_model.safetensors")
        save_file({name: t * strength for name, t in tensors.items()}, folder / "adapter_model.safetensors")
    write_pack(
        tmp_path, "words", word_rows(40), output="perplexity", metrics=["perplexity"], prompt="{{ text }} {{ label }}."
    )
    suite = write_suite(
        tmp_path, {"candidate": full}, gate=[{"tasks": "words", "rule": "no_worse", "than": "base", "margin": 5.0}]
    )
    folders = [str(path) for path in (tmp_path / "train").iterdir()]
    assert harness(["bisect", str(suite), *folders, "--out", str(tmp_path / "search"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert Path(found["first_bad"]).name == "checkpoint-8"
    assert Path(found["last_good"]).name == "checkpoint-6"
    assert len(found["evaluated"]) == 4
    assert harness(["bisect", str(suite), *folders[:1], "--model", "candidat"]) == 2
    assert "did you mean 'candidate'" in capsys.readouterr().err
