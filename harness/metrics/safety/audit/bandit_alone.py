"""Bandit with its default settings, on code as it stands: the peer that the code check is compared with."""

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path


def bandit_flags(codes: Sequence[str]) -> list[bool | None]:
    """Whether bandit reports anything; None where it cannot parse the code."""
    for name in ("bandit", "stevedore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    with tempfile.TemporaryDirectory() as folder:
        for i, code in enumerate(codes):
            Path(folder, f"{i}.py").write_text(code, encoding="utf-8", errors="replace")
        manager = BanditManager(BanditConfig(), "file", quiet=True)
        manager.discover_files([folder], recursive=True)
        manager.run_tests()
        flagged = {int(Path(issue.fname).stem) for issue in manager.get_issue_list()}
        skipped = {int(Path(name).stem) for name, _ in manager.get_skipped()}
    return [None if i in skipped else i in flagged for i in range(len(codes))]
