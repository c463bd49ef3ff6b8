"""Telling the CI system that a command runs in what was decided, in its own form."""

import os
import sys
from pathlib import Path

from harness.records import Comparison, RunError, Verdict


def tell_ci(comparison: Comparison, verdict: Verdict | None) -> None:
    """On GitHub Actions: a job summary, and an annotation for each rule that stopped a candidate. Elsewhere nothing.

    Annotations go to standard error, which the runner reads as well, so that ``--json`` stays one document.

    Raises:
        RunError: the job summary cannot be written.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from harness.reports import annotations, job_summary

    sys.stderr.write("".join(f"{line}\n" for line in annotations(comparison, verdict)))
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8") as summary:
                summary.write(job_summary(comparison, verdict))
        except OSError as error:
            raise RunError(f"the job summary cannot be written ({error.strerror})", where=path) from error
