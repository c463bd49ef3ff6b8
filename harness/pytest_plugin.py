"""``pytest --harness suite.yaml``: every rule of a suite's gate, for every candidate and task, is one test.

Loaded by every pytest of an environment that has the harness, so nothing heavy is imported before it is needed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin."""
    group = parser.getgroup("harness", "gate fine-tuned models")
    group.addoption("--harness", action="append", default=[], metavar="SUITE", help="make tests of this suite's rules")
    group.addoption("--harness-policy", metavar="FILE", help="rules that decide instead of the suites' own")
    group.addoption("--harness-out", default="runs", metavar="FOLDER", help="where the run folders are (runs)")


def pytest_configure(config: pytest.Config) -> None:
    """Collect the suites beside whatever else pytest was told to collect."""
    config.args.extend(path for path in config.getoption("harness") if path not in config.args)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "SuiteFile | None":
    """A file that ``--harness`` named is a suite."""
    if file_path.resolve() in _named(parent.config):
        return SuiteFile.from_parent(parent, path=file_path)
    return None


class RuleNotMet(Exception):
    """A rule did not pass; the text is its evidence."""


class SuiteFile(pytest.File):
    """A suite. Which rules apply is read from it; the run itself waits until the first of them is tested."""

    def collect(self) -> Iterator[pytest.Item]:
        from harness.gate import planned_trials
        from harness.records import HarnessError

        try:
            for candidate, rules in planned_trials(self.path, self.config.getoption("harness_policy")).items():
                for place, (words, task) in enumerate(rules):
                    yield RuleItem.from_parent(
                        self, name=f"{candidate}[{task} {words}]", trial=(candidate, task, place)
                    )
        except HarnessError as error:
            raise self.CollectError(str(error)) from None


class RuleItem(pytest.Item):
    """One rule put to one candidate on one task."""

    def __init__(self, *, trial: tuple[str, str, int], **known: Any) -> None:
        super().__init__(**known)
        self._trial = trial

    def runtest(self) -> None:
        from harness.records import HarnessError

        candidate, task, place = self._trial
        try:
            rules = [rule for rule in evaluated(self.config, self.path).verdict.rules if rule.candidate == candidate]
        except HarnessError as error:
            raise RuleNotMet(str(error)) from error
        rule = rules[place]
        assert rule.task == task, "the verdict lists its rules in another order than the suite"
        if rule.decision == "waived":
            pytest.skip(rule.evidence)
        if rule.stops:
            against = f"\nsamples against it: {', '.join(rule.samples[:5])}" if rule.samples else ""
            raise RuleNotMet(
                f"{rule.decision}: {candidate}, {task}, {rule.metric}: {rule.rule}\n{rule.evidence}{against}"
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, RuleNotMet):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


def evaluated(config: pytest.Config, suite: Path) -> Any:
    """The run of a suite, evaluated, compared, decided and reported; done once, also where several workers ask."""
    from filelock import FileLock

    from harness.cli.decide import conclude
    from harness.evaluation import evaluate, load_suite

    done = config.stash.setdefault(_RUNS, {})
    if suite not in done:
        folder = Path(config.getoption("harness_out")) / load_suite(suite).suite
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            run = evaluate(suite, folder)
            conclude(run, config.getoption("harness_policy"))
        done[suite] = run
    return done[suite]


@pytest.fixture(scope="session")
def harness_runs(pytestconfig: pytest.Config) -> "dict[str, Any]":
    """The runs of all suites named by ``--harness``, by the suite's name."""
    runs = [evaluated(pytestconfig, path) for path in sorted(_named(pytestconfig))]
    return {run.manifest["suite"]["suite"]: run for run in runs}


@pytest.fixture(scope="session")
def harness_run(harness_runs: "dict[str, Any]") -> Any:
    """The run of the one suite named by ``--harness``: its comparison, verdict, samples and scores."""
    if len(harness_runs) != 1:
        pytest.fail(f"harness_run needs one --harness SUITE, here are {len(harness_runs)}", pytrace=False)
    return next(iter(harness_runs.values()))


@pytest.fixture
def evaluate_suite(tmp_path: Path) -> "Callable[..., Any]":
    """A function that evaluates and compares a suite (a path or a `Suite`) in the test's own folder."""
    from harness.comparison import compare
    from harness.evaluation import evaluate

    def run(suite: Any, name: str = "run") -> Any:
        made = evaluate(suite, tmp_path / name)
        compare(made)
        return made

    return run


_RUNS = pytest.StashKey[dict[Path, Any]]()


def _named(config: pytest.Config) -> set[Path]:
    return {Path(path).resolve() for path in config.getoption("harness")}
