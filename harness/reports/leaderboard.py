"""A static site of a leaderboard: pages that open offline, and the same figures as CSV and JSON beside them."""

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from harness.comparison.leaderboard import Board, Leaderboard, Standing
from harness.reports.numbers import decimals
from harness.reports.pages import asset, content_security_policy, environment
from harness.reports.plots import Axis, axis
from harness.reports.visible import csv_text
from harness.runs import write_text

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Page:
    """A board with what its page and its column need besides."""

    board: Board
    file: str
    places: int
    axis: Axis

    def standing(self, model: str) -> Standing | None:
        return next((one for one in self.board.standings if one.entry.name == model), None)

    def ends(self, standing: Standing) -> tuple[float, float, float]:
        """Low end, value and high end of a standing's interval on the page's axis, in percent."""
        value = float(standing.figure.value or 0.0)
        interval = standing.figure.interval
        low, high = (interval.low, interval.high) if interval else (value, value)
        return self.axis.at(low), self.axis.at(value), self.axis.at(high)


def write_leaderboard(board: Leaderboard, folder: Path, title: str) -> None:
    """Write ``index.html``, ``tasks/*.html``, ``leaderboard.csv`` and ``leaderboard.json`` into ``folder``.

    Raises:
        RunError: a file could not be saved.
    """
    pages = _pages(board)
    write_text(folder / "index.html", _render("index.html.j2", board=board, pages=pages, title=title, home=""))
    for page in pages:
        write_text(folder / page.file, _render("task.html.j2", page=page, title=title, home="../"))
    frame = leaderboard_frame(board)
    write_text(folder / "leaderboard.csv", _csv(frame))
    write_text(folder / "leaderboard.json", json.dumps(frame.to_dict("records"), indent=1, ensure_ascii=False) + "\n")


def leaderboard_frame(board: Leaderboard) -> pd.DataFrame:
    """One row a model and task, and one a model over all tasks (task ``*``, metric ``mean relative score``)."""
    rows: list[dict[str, Any]] = []
    for overall in board.overall:
        one = {"task": "*", "task_fingerprint": "", "metric": "mean relative score", "model": overall.entry.name}
        rows.append(one | {"fingerprint": overall.entry.model.fingerprint, "value": overall.score, "low": None,
                           "high": None, "samples": None} | _rank(overall.rank))  # fmt: skip
    for task in board.boards:
        rows += [_row(task, standing) for standing in task.standings]
    return pd.DataFrame(rows).astype(object).where(lambda frame: frame.notna(), None)


def letters(groups: Sequence[int]) -> str:
    """Groups as letters: models that share one cannot be told apart."""
    return "".join(_LETTERS[g] if g < len(_LETTERS) else f"[{g + 1}]" for g in groups)


def _row(board: Board, standing: Standing) -> dict[str, Any]:
    figure = standing.figure
    interval = figure.interval
    return {
        "task": board.task.name,
        "task_fingerprint": board.task.fingerprint,
        "metric": board.metric,
        "model": standing.entry.name,
        "fingerprint": standing.entry.model.fingerprint,
        "value": figure.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "samples": figure.samples,
    } | _rank(standing.rank)


def _rank(rank: Any) -> dict[str, Any]:
    return {"rank": rank.rank, "rank_low": rank.low, "rank_high": rank.high, "groups": letters(rank.groups)}


def _csv(frame: pd.DataFrame) -> str:
    texts = ("task", "metric", "model", "groups")
    written = io.StringIO()
    frame.assign(**{name: frame[name].map(csv_text) for name in texts}).to_csv(written, index=False)
    return written.getvalue()


def _pages(board: Leaderboard) -> list[Page]:
    names = [one.task.name for one in board.boards]
    pages: list[Page] = []
    for place, one in enumerate(board.boards):
        # Two versions of a task, or two sets of its samples, are two boards, and need two files.
        version = f"-{place}" if names.count(one.task.name) > 1 else ""
        file = f"tasks/{re.sub(r'[^A-Za-z0-9._-]', '-', one.task.name)}{version}.html"
        values = [float(s.figure.value or 0.0) for s in one.standings]
        ends = [
            end for s in one.standings if s.figure.interval for end in (s.figure.interval.low, s.figure.interval.high)
        ]
        pages.append(Page(one, file, decimals(values), axis([*values, *ends])))
    return pages


def _render(template: str, **values: Any) -> str:
    style = asset("report.css") + asset("leaderboard/leaderboard.css")
    script = asset("leaderboard/leaderboard.js")
    made = environment()
    made.filters["letters"] = letters
    policy = content_security_policy(style, script)
    return made.get_template(f"leaderboard/{template}").render(style=style, script=script, policy=policy, **values)
