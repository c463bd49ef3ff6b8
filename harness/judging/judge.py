"""Judging the generated answers of a run: grades and preferences become figures of their tasks, like any other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd

from harness.engines import Encoder
from harness.evaluation.candidates import examine
from harness.evaluation.desks import suite_desk
from harness.evaluation.suite import ModelEntry, Suite
from harness.judging.agreement import agreement
from harness.judging.prompts import comparing, grade_of, grading, side_of
from harness.judging.settings import GRADES, JudgeSettings
from harness.records import Decoding, InputError, Kind, Outcome, Prompt, Request, Response, Score, prompt_text
from harness.records.progress import Progress, silent
from harness.runs import SCORES, Run, response_of, score_rows, write_json, write_table

PREFERENCE = "judge_preference"
_DECODING = Decoding(max_tokens=8)
_MODEL = "judge"


@dataclass(frozen=True)
class _Item:
    """One answer under judgement, the base's answer to the same sample, and what the judge is asked of them."""

    task: str
    model: str
    response: Response
    base: Response
    grades: Mapping[str, Request]
    pair: tuple[Request, Request] | None

    @property
    def requests(self) -> Iterator[Request]:
        yield from self.grades.values()
        yield from self.pair or ()


def judge_run(run: Run, settings: JudgeSettings, progress: Progress = silent) -> dict[str, Any]:
    """Let a model judge the answers of a run; adds figures to it and writes ``judge.json``.

    Grades from 1 to 5 become values from 0 to 1 (``judge_helpfulness``). A preference is 1 where the judge prefers the
    answer to the base's in both orders, 0 where it prefers the base's in both, else 0.5. What is neither grade nor side
    is unscorable. Answers of the judge are stored in the run, so that a judging that was killed goes on.

    Returns:
        How often the judge agreed with the run's checks, with labels, and with itself when the order was swapped.

    Raises:
        InputError: the run holds no generated answers of these tasks, or the judge cannot be used.
        RunError: the engine broke.
    """
    frame = run.samples()
    suite = _suite(settings)
    candidates = examine(suite)
    encoder = Encoder.load(candidates.models[0].base.folder)
    items = list(_items(frame, run.manifest["base_name"], settings, encoder.renders_chat))
    if not items:
        raise InputError(f"no generated answers of {', '.join(settings.tasks)}", where=str(run.folder))
    with suite_desk(suite, candidates, encoder, run, None) as desk:
        requests = list(dict.fromkeys(request for item in items for request in item.requests))
        answers = desk.ask(requests, "asking the judge", progress)
    said = {request: answer.generation.text for request, answer in answers.items() if answer.generation}
    scored = [(item, _scores(item, said)) for item in items]
    fingerprint = candidates.rows[-1].fingerprint
    _write(run, scored, settings, f"{settings.judge} {fingerprint}")
    found = agreement(run.scores(), frame, settings) | {"pairs": _self_agreement(items, said)}
    found |= {"judge": settings.judge, "fingerprint": fingerprint, "answers": len(items)}
    write_json(run.folder / "judge.json", found)
    return found


def _suite(settings: JudgeSettings) -> Suite:
    """The judge as the one model of a suite; with an adapter, beside its base."""
    models = {_MODEL: ModelEntry(adapter=settings.adapter)}
    if settings.adapter:
        models = {"base": ModelEntry()} | models
    suite = Suite(
        suite="judge", base=settings.base, revision=settings.revision, models=models, engine=settings.engine,
        tasks=["judge"],
    )  # fmt: skip
    suite._folder = settings.folder
    return suite


def _items(frame: pd.DataFrame, base: str, settings: JudgeSettings, chat: bool) -> Iterator[_Item]:
    wanted = [task for task in frame["task"].unique() if any(fnmatchcase(task, one) for one in settings.tasks)]
    rows = [{str(k): v for k, v in row.items()} for row in frame[frame["task"].isin(wanted)].to_dict("records")]
    generated = [(row["task"], row["model"], response_of(row)) for row in rows if "text" in json.loads(row["answer"])]
    of_base = {_place(task, response): response for task, model, response in generated if model == base}
    for task, model, response in generated:
        reference = of_base.get(_place(task, response))
        if reference is not None:
            pair = _pair(response, reference, chat) if settings.pairwise and model != base else None
            yield _Item(task, model, response, reference, _grades(response, settings, chat), pair)


def _place(task: str, response: Response) -> tuple[str, str, int]:
    return task, response.sample.key, response.repetition


def _grades(response: Response, settings: JudgeSettings, chat: bool) -> dict[str, Request]:
    sample = response.sample
    question = prompt_text(sample.prompt)
    return {
        one.name: _request(grading(one, question, _text(response), sample.target, chat)) for one in settings.criteria
    }


def _pair(ours: Response, theirs: Response, chat: bool) -> tuple[Request, Request] | None:
    """Both orders; None where both say the same, which needs no judge."""
    one, other, question = _text(ours), _text(theirs), prompt_text(ours.sample.prompt)
    if one == other:
        return None
    return _request(comparing(question, one, other, chat)), _request(comparing(question, other, one, chat))


def _request(prompt: Prompt) -> Request:
    return Request(_MODEL, Kind.GENERATE, prompt, decoding=_DECODING)


def _text(response: Response) -> str:
    assert response.answer.generation is not None  # only generated answers are judged
    return response.answer.generation.text


def _scores(item: _Item, said: Mapping[Request, str]) -> dict[str, Score]:
    grades = {name: grade_of(said[request]) for name, request in item.grades.items()}
    scores = {f"judge_{name}": _value(None if g is None else (g - 1) / (GRADES - 1)) for name, g in grades.items()}
    return scores | {PREFERENCE: _value(_preference(item, said))}


def _preference(item: _Item, said: Mapping[Request, str]) -> float | None:
    if item.pair is None:
        return 0.5
    first, second = (side_of(said[request]) for request in item.pair)
    if first is None or second is None:
        return None
    return ((first == "A") + (second == "B")) / 2


def _value(value: float | None) -> Score:
    if value is None:
        return Score(Outcome.UNSCORABLE, None, (0.0, 0.0))
    return Score(Outcome.SCORED, value, (value, 1.0))


def _self_agreement(items: Sequence[_Item], said: Mapping[Request, str]) -> dict[str, float | int | None]:
    """How often the judge says the same when the two answers change places."""
    sides = [(side_of(said[item.pair[0]]), side_of(said[item.pair[1]])) for item in items if item.pair]
    judged = [(one, two) for one, two in sides if one and two]
    same = sum(one != two for one, two in judged)
    first = sum((one == "A") + (two == "A") for one, two in judged)
    return {
        "judged": len(judged),
        "same_in_both_orders": same / len(judged) if judged else None,
        "prefers_the_first": first / (2 * len(judged)) if judged else None,
    }


def _write(run: Run, scored: Sequence[tuple[_Item, dict[str, Score]]], settings: JudgeSettings, source: str) -> None:
    """Add the figures to the scores of each judged task and to its definition in the manifest."""
    better = {f"judge_{one.name}": one.greater_is_better for one in settings.criteria}
    better |= {PREFERENCE: True} if settings.pairwise else {}
    before, manifest = run.scores(), run.manifest
    for task in dict.fromkeys(item.task for item, _ in scored):
        kept = before[(before["task"] == task) & ~before["metric"].isin(better)].astype(object)
        rows = [{str(k): v for k, v in row.items()} for row in kept.where(kept.notna(), None).to_dict("records")]
        for name in better:
            for item, scores in scored:
                if item.task == task:
                    rows += score_rows(task, item.model, name, [(item.response, scores[name])])
        write_table(run.scores_folder / f"{task}.parquet", rows, SCORES)
    specs = [
        {"name": "imported", "figure": name, "source": source, "greater_is_better": up} for name, up in better.items()
    ]
    judged = {item.task for item, _ in scored}
    tasks = [_with_metrics(task, specs) if task["name"] in judged else task for task in manifest["tasks"]]
    write_json(run.manifest_path, manifest | {"tasks": tasks})


def _with_metrics(task: dict[str, Any], specs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = {spec["figure"] for spec in specs}
    own = [one for one in task["definition"]["metrics"] if not (isinstance(one, dict) and one.get("figure") in names)]
    return task | {"definition": task["definition"] | {"metrics": [*own, *specs]}}
