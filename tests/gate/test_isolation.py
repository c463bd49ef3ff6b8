"""A policy can demand how generated code was isolated; a run that did less is not decided on."""

import json
from pathlib import Path

import pytest
import yaml

import harness
from harness.records import InputError, Unavailable


def gated(folder: Path, ran_in: str | None, wanted: str) -> None:
    (folder / "manifest.json").write_text(json.dumps({"sandbox": ran_in}))
    rules = [{"tasks": "humaneval", "rule": "at_least", "value": 0.5}]
    policy = folder / "policy.yaml"
    policy.write_text(yaml.safe_dump({"policy": "release", "rules": rules, "sandbox": wanted}))
    harness.gate_run(folder, policy)


@pytest.mark.parametrize(
    ("ran_in", "wanted"), [("none", "seccomp"), ("landlock+seccomp", "bwrap"), ("seccomp+bwrap", "landlock+seccomp")]
)
def test_less_isolation_than_the_policy_demands_is_never_a_pass(tmp_path: Path, ran_in: str, wanted: str) -> None:
    with pytest.raises(Unavailable, match="the policy demands"):
        gated(tmp_path, ran_in, wanted)


@pytest.mark.parametrize("ran_in", [None, "landlock+seccomp", "landlock+seccomp+bwrap"])
def test_enough_isolation_or_no_generated_code_is_decided_on(tmp_path: Path, ran_in: str | None) -> None:
    # This folder has no comparison, which is what the gate says next.
    with pytest.raises(InputError, match="comparison"):
        gated(tmp_path, ran_in, "landlock+seccomp")


def test_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="docker"):
        gated(tmp_path, "landlock+seccomp", "docker")
