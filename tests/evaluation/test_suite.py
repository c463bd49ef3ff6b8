"""A suite is read strictly: what is wrong is named with its file, its line and the nearest known key."""

from pathlib import Path

import pytest

from harness.evaluation import load_suite
from harness.records import InputError

GOOD = """\
suite: release
base: reference
models:
  base: {}
  released: {adapter: ./a}
  candidate: {adapter: ./b}
baseline: released
tasks: [sentiment, "tag:forgetting"]
gate:
  - {tasks: sentiment, rule: better, than: baseline, margin: 0.02}
  - {tasks: "tag:forgetting", rule: no_worse, than: base, margin: 0.02}
  - {tasks: sentiment, metric: accuracy, rule: at_least, value: 0.8}
"""

FAULTS = [
    ("tasks:", "taks:", r"suite.yaml:8: unknown key 'taks'; did you mean 'tasks'\?"),
    ("adapter: ./b", "adaptor: ./b", r"suite.yaml:6: unknown key 'models.candidate.adaptor'; did you mean 'adapter'\?"),
    ("rule: better", "rule: beter", r"suite.yaml:10: .*gate.0.rule.*'better'.*got 'beter'"),
    ("margin: 0.02}\n  - {tasks: s", "margin: -1}\n  - {tasks: s", r"suite.yaml:11: .*margin.*greater than or equal"),
    ("value: 0.8", "valeu: 0.8", r"suite.yaml:12: unknown key 'gate.2.valeu'; did you mean 'value'\?"),
    (", value: 0.8", "", r"suite.yaml:12: .*at_least needs a value"),
    ("base: {}", "base: {adapter: ./c}", r"exactly one model is the bare base.*none"),
    ("baseline: released", "baseline: relesed", r"baseline 'relesed' is no model.*did you mean 'released'\?"),
    ("than: base,", "than: bse,", r"'bse' is no model of the suite.*did you mean 'base'\?"),
    ('tasks: [sentiment, "tag:forgetting"]', "tasks: []", r"suite.yaml:8: .*tasks.*at least 1"),
    ("suite: release", "suite: ../escape", r"suite.yaml:1: .*letters, digits"),
    ("suite: release\n", "", r"'suite' is missing; add it"),
    ("base: reference", "base: reference\nbase: other", r"suite.yaml:3: key 'base' stands twice"),
    # The keys of a model are not those of the models, nor the engine's those of its options.
    ("base: reference", "engine: {options: 3}", r"suite.yaml:2: 'engine.options': should be .* and values \(got 3\)"),
    ("models:", "models: [", r"suite.yaml:\d+: not valid YAML"),
]


def test_a_good_suite_is_read(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(GOOD)
    suite = load_suite(path)
    assert suite.base_name == "base" and suite.baseline_name == "released" and len(suite.gate) == 3


@pytest.mark.parametrize(("old", "new", "message"), FAULTS)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = tmp_path / "suite.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        load_suite(path)
    assert "\n" not in str(caught.value)


def test_a_missing_suite_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml: no such file"):
        load_suite(tmp_path / "nowhere.yaml")
