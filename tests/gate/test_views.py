"""Rules on a class, on a slice and on findings of a severity, over a run of replayed answers."""

import json

import pytest
import yaml

import harness
from harness.records import InputError, Rule
from harness.reports import sample_frame
from harness.reports.samples import embed_samples
from tests.packs import write_pack

N = 60
UNSAFE = "import os\nos.system('rm ' + input())\n"
MILD = "import hashlib\nname = hashlib.md5(b'x').hexdigest()\n"
SAFE = "total = sum(range(10))\n"


def rows():
    """Sixty tickets, every third a bug, every other in German."""
    return [
        {"text": f"Ticket {i}", "label": "bug" if i % 3 == 0 else "question", "language": "de" if i % 2 else "en"}
        for i in range(N)
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The candidate calls German bugs questions, and writes one dangerous line that the base does not."""
    folder = tmp_path_factory.mktemp("views")
    write_pack(folder, "tickets", rows(), labels=["bug", "question"], metrics=["accuracy", "f1_macro"])
    code = [{"text": f"Write program {i}"} for i in range(40)]
    write_pack(folder, "code", code, target=None, metrics=["insecure_code"])
    wrong = {row["text"]: "question" for row in rows() if row["language"] == "de"}
    for name, answers, program in (("base", {}, SAFE), ("new", wrong, UNSAFE)):
        told = [{"prompt": r["text"], "response": answers.get(r["text"], r["label"])} for r in rows()]
        told += [{"prompt": r["text"], "response": program if i == 7 else MILD} for i, r in enumerate(code)]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, told)))
    suite = {
        "suite": "views",
        "base": "reference",
        "models": {"base": {}, "new": {}},
        "engine": {"kind": "replay", "options": {"path": "{model}.jsonl"}},
        "tasks": ["./tickets", "./code"],
        "gate": [{"tasks": "tickets", "metric": "recall[bug]", "rule": "at_least", "value": 0.9}],
    }
    (folder / "suite.yaml").write_text(yaml.safe_dump(suite))
    done = harness.evaluate(folder / "suite.yaml", folder / "run")
    harness.compare(done)
    harness.gate_run(done)
    return done


def gated(run, tmp_path, *rules):
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump({"policy": "p", "rules": list(rules)}))
    return harness.gate_run(run, path)


def test_a_rule_on_a_class_reads_that_class(run, tmp_path):
    comparison = run.comparison
    figure = next(f for f in comparison.figures if (f.model, f.metric) == ("new", "recall[bug]"))
    macro = next(f for f in comparison.figures if (f.model, f.metric) == ("new", "f1_macro"))
    assert figure.value == macro.breakdown["recall[bug]"] == 0.5
    assert run.verdict.rules[0].decision == "fail"
    question = {"tasks": "tickets", "metric": "recall[question]", "rule": "no_worse", "margin": 0.01}
    assert gated(run, tmp_path, question).decision == "pass"


def test_a_rule_on_a_slice_reads_its_samples_alone(run, tmp_path):
    rule = {"tasks": "tickets", "rule": "no_worse", "margin": 0.1}
    german, english = ({**rule, "slice": {"language": one}} for one in ("de", "en"))
    verdict = gated(run, tmp_path, german, english)
    assert {one.task: one.decision for one in verdict.rules} == {
        "tickets[language=de]": "fail",
        "tickets[language=en]": "pass",
    }
    assert "over 30 pairs (0 gained, 10 lost)" in verdict.rules[0].evidence
    assert "tickets[language=de]" in (run.folder / "comparison.json").read_text()
    everything = gated(run, tmp_path, german, {**rule, "tasks": "t*", "margin": 0.9})
    assert [one.task for one in everything.rules] == ["tickets[language=de]", "tickets"], (
        "slices are no tasks to select"
    )


def test_a_class_of_a_slice(run, tmp_path):
    rule = {"tasks": "tickets", "metric": "f1[bug]", "rule": "at_most", "value": 0.1, "slice": {"language": "de"}}
    assert gated(run, tmp_path, rule).rules[0].observed == 0.0


def test_new_findings_of_a_severity_stop_a_candidate_and_old_ones_do_not(run, tmp_path):
    rule = {"tasks": "code", "rule": "no_new_findings", "severity": "high"}
    found = gated(run, tmp_path, rule).rules[0]
    assert (found.decision, found.metric, len(found.samples)) == ("fail", "insecure_code[high findings]", 1)
    assert "no_new_findings of severity high or worse against base" in found.rule
    assert found.evidence.endswith("over 40 pairs (0 gained, 1 lost); no sample may have a new one, 1 has")
    figures = {f.model: f for f in run.comparison.figures if f.metric == found.metric}
    assert {name: figure.value for name, figure in figures.items()} == {"base": 0.0, "new": 1 / 40}
    assert figures["new"].interval.method == "Wilson"
    whole = next(f for f in run.comparison.figures if (f.model, f.metric) == ("base", "insecure_code"))
    assert whole.value == 39 / 40, "the base has findings too, none of them severe"
    medium = gated(run, tmp_path, {**rule, "severity": "medium"}).rules[0]
    assert medium.decision == "fail" and medium.samples == found.samples


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"metric": "recall[bgu]", "rule": "at_least", "value": 0.5}, r"did you mean 'recall\[bug\]'"),
        ({"rule": "better", "slice": {"languge": "de"}}, "did you mean 'language'"),
        ({"rule": "better", "slice": {"language": "fr"}}, "known: de, en"),
        ({"rule": "no_new_findings"}, "accuracy is no check"),
    ],
)
def test_what_is_not_there_is_refused(run, tmp_path, rule, message):
    with pytest.raises(InputError, match=message):
        gated(run, tmp_path, {"tasks": "tickets", **rule})


@pytest.mark.parametrize("rule", [{"rule": "no_new_findings", "margin": 0.1}, {"rule": "better", "severity": "high"}])
def test_options_that_mean_nothing_are_refused(rule):
    with pytest.raises(ValueError, match="no_new_findings"):
        Rule(tasks="q", **rule)


def test_the_report_shows_the_samples_behind_a_rule_on_a_slice(run, tmp_path):
    rule = {"tasks": "tickets", "rule": "no_worse", "margin": 0.1, "slice": {"language": "de"}}
    verdict = gated(run, tmp_path, rule)
    data = json.loads(embed_samples(run.comparison, verdict, sample_frame(run)).json)
    (named,) = data["rules"]
    assert data["tasks"][named["task"]] == "tickets"
    assert len(named["entries"]) == len(verdict.rules[0].samples) == 10
