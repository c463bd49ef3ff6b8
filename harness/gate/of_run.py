"""From a run folder to its verdict."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.gate.decide import decide
from harness.records import Rule, Verdict, read_document
from harness.runs import Run


class Policy(BaseModel):
    """Rules in a file of their own, so that those who release own them and those who train do not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: str
    rules: Annotated[list[Rule], Field(min_length=1)]


def gate_run(run: Run | Path | str, policy: Path | str | None = None) -> Verdict:
    """Decide whether the candidates of a run may ship, and write ``verdict.json``.

    Args:
        run: The run, or its folder.
        policy: A file with rules; those of the run's suite if left out.

    Raises:
        InputError: there is no comparison, no rule, or a rule names what is not there.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    verdict = decide(run.comparison, run_rules(run, policy))
    run.save("verdict.json", verdict)
    return verdict


def run_rules(run: Run, policy: Path | str | None = None) -> list[Rule]:
    """The rules of a policy file, or those of the suite that a run was made from."""
    if policy is not None:
        return policy_rules(policy)
    return [Rule.model_validate(rule) for rule in run.manifest["suite"]["gate"]]


def policy_rules(policy: Path | str) -> list[Rule]:
    """The rules of a policy file.

    Raises:
        InputError: the file cannot be read, or holds no rule.
    """
    return read_document(Path(policy), Policy).rules
