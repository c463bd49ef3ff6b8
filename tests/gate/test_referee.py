"""Which tasks may stop early, and why the others are asked whole."""

import pytest

from harness.evaluation import load_suite
from harness.gate import until_decided
from harness.tasks import find_tasks
from tests.packs import word_rows, write_pack, write_suite

METRICS = ["exact_match", "rougeL", "bleu"]


@pytest.mark.parametrize(
    ("rules", "definition", "why"),
    [
        ([{"rule": "better"}], {}, ""),
        ([{"rule": "no_worse", "margin": 0.1}, {"rule": "at_least", "value": 0.5, "metric": "rougeL"}], {}, ""),
        ([{"rule": "better"}, {"rule": "better", "metric": "bleu"}], {}, "bleu: no mean of bounded values"),
        ([{"rule": "better", "metric": "recall[a]"}], {"labels": ["a", "b"], "metrics": ["f1_macro"]}, "recall[a]: no"),
        ([{"rule": "better", "slice": {"label": "1"}}], {}, "a rule reads a slice"),
        ([{"rule": "at_most", "value": 0.1, "metric": "contaminated"}], {}, "contaminated: not read from answers"),
        ([{"rule": "no_new_findings"}], {"metrics": ["insecure_code"]}, "needs them all"),
        ([{"rule": "better"}], {"cluster": "label"}, "not independent"),
        ([{"rule": "better"}], {"generation": {"temperature": 1.0, "repeats": 2}}, "not independent"),
        ([{"rule": "better", "tasks": "other"}], {}, "no rule reads it"),
    ],
)
def test_a_task_stops_early_only_where_all_of_its_rules_can_be_watched(tmp_path, rules, definition, why):
    write_pack(tmp_path, "words", word_rows(3), **({"metrics": METRICS} | definition))
    write_pack(tmp_path, "other", word_rows(3))
    gate = [{"tasks": "words", **rule} for rule in rules]
    suite = load_suite(write_suite(tmp_path, tasks=["./words", "./other"], gate=gate))
    (task,) = find_tasks(["./words"], folder=tmp_path)
    found = until_decided(suite).why_whole(task)
    assert found == why if not why else why in found
