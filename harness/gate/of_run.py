"""From a run folder to its verdict."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.comparison import compare, lacks_views
from harness.gate.decide import decide
from harness.records import Comparison, Rule, Unavailable, Verdict, Waiver, read_document
from harness.runs import Run
from harness.sandbox import parse_level


class Policy(BaseModel):
    """Rules in a file of their own, so that those who release own them and those who train do not.

    ``waivers`` let through what is not met, for a reason, by somebody, until a date. ``sandbox`` is the isolation that
    generated code must have been run in (``landlock+seccomp``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: str
    rules: Annotated[list[Rule], Field(min_length=1)]
    waivers: list[Waiver] = []
    sandbox: str = ""


def gate_run(run: Run | Path | str, policy: Path | str | None = None) -> Verdict:
    """Decide whether the candidates of a run may ship, and write ``verdict.json``.

    Args:
        run: The run, or its folder.
        policy: A file with rules; those of the run's suite if left out.

    Raises:
        InputError: there is no comparison, no rule, or a rule names what is not there.
        Unavailable: the run's generated code was not isolated as the policy demands.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    waivers = []
    if policy is not None:
        read = read_policy(policy)
        waivers = read.waivers
        _check_isolation(run, read.sandbox)
    rules = run_rules(run, policy)
    verdict = decide(_compared(run, rules), rules, waivers=waivers)
    run.save("verdict.json", verdict)
    return verdict


def _check_isolation(run: Run, wanted: str) -> None:
    found = run.manifest.get("sandbox")
    if found is not None and not set(parse_level(wanted)) <= set(parse_level(found)):
        raise Unavailable(
            f"generated code was run in {found}, the policy demands {wanted}",
            where=str(run.folder),
            mend="run the suite where `harness doctor` names that level",
        )


def _compared(run: Run, rules: Sequence[Rule]) -> Comparison:
    """The run's comparison; made again from its scores where rules read a class or a slice that it lacks."""
    comparison = run.comparison
    if not lacks_views(comparison, rules):
        return comparison
    references = sorted({difference.reference for difference in comparison.differences})
    return compare(run, models=references, rules=[*run_rules(run), *rules])


def run_rules(run: Run, policy: Path | str | None = None) -> list[Rule]:
    """The rules of a policy file, or those of the suite that a run was made from."""
    if policy is not None:
        return policy_rules(policy)
    return [Rule.model_validate(rule) for rule in run.manifest["suite"]["gate"]]


def policy_rules(policy: Path | str) -> list[Rule]:
    """The rules of a policy file; errors as `read_policy`."""
    return read_policy(policy).rules


def read_policy(policy: Path | str) -> Policy:
    """A policy file.

    Raises:
        InputError: the file cannot be read, or holds no rule.
    """
    return read_document(Path(policy), Policy)
