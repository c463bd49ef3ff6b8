"""Modules of Hugging Face evaluate: only trusted ones run, per sample, and corpus metrics are refused."""

from pathlib import Path

import numpy as np
import pytest

from harness.metrics import build_metric
from harness.metrics.foreign.evaluate_module import TRUST
from harness.records import InputError
from tests.metrics.helpers import figure, said

pytest.importorskip("evaluate")

SCRIPT = """
import datasets
import evaluate


class Own(evaluate.Metric):
    def _info(self):
        features = {{"predictions": datasets.Value("{kind}"), "references": {references}}}
        return evaluate.MetricInfo(
            description="d", citation="c", inputs_description="i", features=datasets.Features(features)
        )

    def _compute(self, predictions, references, factor=1):
        {body}
"""
ONE, MANY = 'datasets.Value("string")', 'datasets.Sequence(datasets.Value("string"))'
EQUAL = 'return {"equal": factor * sum(p == r for p, r in zip(predictions, references)) / len(predictions)}'


def module(folder: Path, name: str = "own", body: str = EQUAL, references: str = ONE, kind: str = "string") -> str:
    place = folder / name
    place.mkdir()
    script = SCRIPT.format(kind=kind, references=references, body=body)
    (place / f"{name}.py").write_text(script)
    return str(place)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(TRUST, str(tmp_path))
    return tmp_path


PAIRS = [said("a", "a"), said("b", "c"), said("", "d")]


def test_a_modules_figure_is_the_mean_of_its_values_and_the_signature_names_its_code(trusted):
    metric = build_metric({"name": "evaluate", "module": module(trusted), "arguments": {"factor": 3}})
    assert [score.value for score in metric.measure(PAIRS)] == [3.0, 0.0, 0.0]
    assert figure(metric, PAIRS) == 1.0
    assert metric.name == "evaluate:own"
    other = build_metric({"name": "evaluate", "module": module(trusted, "other", body=f"# changed\n        {EQUAL}")})
    assert other.name == "evaluate:other"
    codes = [one.signature.split("|")[2] for one in (metric, other)]
    assert codes[0].startswith("code:") and codes[0] != codes[1]


def test_a_module_that_gives_a_value_a_sample_is_asked_once(trusted):
    body = 'return {"lengths": [float(len(p)) for p in predictions], "count": len(predictions)}'
    path = module(trusted, body=body)
    metric = build_metric({"name": "evaluate", "module": path, "figure": "lengths"})
    assert [score.value for score in metric.measure(PAIRS)] == [1.0, 1.0, 0.0]
    assert metric.name == "evaluate:own.lengths"
    with pytest.raises(InputError, match="gives the figures lengths, count, not one named None"):
        build_metric({"name": "evaluate", "module": path}).measure(PAIRS)


def test_a_module_with_lists_of_references_gets_them_all(trusted):
    body = 'return {"any": sum(p in r for p, r in zip(predictions, references)) / len(predictions)}'
    metric = build_metric({"name": "evaluate", "module": module(trusted, body=body, references=MANY)})
    assert figure(metric, [said("b", "a", "b"), said("c", "a", "b")]) == 0.5


def test_a_corpus_metric_is_refused_because_it_could_have_no_interval(trusted):
    body = 'return {"kinds": len(set(predictions))}'
    metric = build_metric({"name": "evaluate", "module": module(trusted, body=body)})
    with pytest.raises(InputError, match=r"is a corpus metric: its figure of all samples \(3\)"):
        metric.measure(PAIRS)
    assert metric.measure([]) == []
    assert np.isnan(metric.aggregate(np.zeros(2)))


def test_python_runs_only_where_a_person_trusts_its_folder(tmp_path, monkeypatch):
    flag = tmp_path / "ran"
    path = module(tmp_path, "spy")
    script = Path(path) / "spy.py"
    script.write_text(f"open({str(flag)!r}, 'w').close()\n" + script.read_text())
    for named in ("", str(tmp_path / "elsewhere")):
        monkeypatch.setenv(TRUST, named)
        with pytest.raises(InputError, match="which runs only if you trust it"):
            build_metric({"name": "evaluate", "module": path})
    with pytest.raises(InputError, match="which runs only if you trust it"):
        build_metric({"name": "evaluate", "module": "someone/metric"})
    assert not flag.exists()
    monkeypatch.setenv(TRUST, str(tmp_path))
    build_metric({"name": "evaluate", "module": path})
    assert flag.exists()


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("int32", EQUAL, "does not read texts"),
        ("string", "raise RuntimeError('no luck')", r"fails \(RuntimeError: no luck\)"),
        ("string", "return None", "gives the figures none"),
        ("string", "return {'a': 'high'}", "gives str where a number was due"),
    ],
)
def test_what_is_wrong_with_a_module_is_said_in_a_line(trusted, kind, body, message):
    path = module(trusted, body=body, kind=kind)
    with pytest.raises(InputError, match=message):
        build_metric({"name": "evaluate", "module": path}).measure(PAIRS)


def test_a_module_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(TRUST, "no/such")
    with pytest.raises(InputError, match="evaluate module no/such: cannot be loaded"):
        build_metric({"name": "evaluate", "module": "no/such"})
    with pytest.raises(InputError, match=r"evaluate module './such' is not there"):
        build_metric({"name": "evaluate", "module": "./such"})
