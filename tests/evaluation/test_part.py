"""Parts of a task's samples share nothing, together are everything, and are fixed by content."""

from pathlib import Path

import pytest

import harness
from harness.evaluation.part import Part
from harness.records import InputError, Sample
from tests.packs import word_rows, write_pack, write_suite

SAMPLES = [Sample("t", f"key{i}", "prompt") for i in range(200)]


def test_two_halves_share_no_sample_and_lack_none() -> None:
    first, second = Part(high=0.5).of(SAMPLES), Part(low=0.5).of(SAMPLES)
    assert not {s.key for s in first} & {s.key for s in second}
    assert len(first) + len(second) == len(SAMPLES) and 70 < len(first) < 130


def test_samples_of_one_source_stay_together() -> None:
    clustered = [Sample("t", f"key{i}", "prompt", cluster=f"source{i // 20}") for i in range(200)]
    first = {s.cluster for s in Part(high=0.5).of(clustered)}
    assert first and not first & {s.cluster for s in Part(low=0.5).of(clustered)}


def test_a_part_without_samples_is_refused() -> None:
    with pytest.raises(InputError, match="none of its 2 samples lies in the part from 0 to 1e-06"):
        Part(high=1e-6).of(SAMPLES[:2])


def test_a_suite_of_a_part_asks_only_its_samples(tmp_path: Path, make_adapter: object) -> None:
    write_pack(tmp_path, "words", word_rows(20))
    keys = []
    for name, part in (("whole", None), ("low", {"high": 0.5}), ("high", {"low": 0.5})):
        run = harness.evaluate(write_suite(tmp_path, **({"part": part} if part else {})), tmp_path / name)
        keys.append(set(run.samples()["key"]))
    assert keys[1] | keys[2] == keys[0] and not keys[1] & keys[2] and keys[1] and keys[2]
