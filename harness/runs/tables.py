"""Samples and scores as Parquet: one row a sample and model, one row a score. Readable with pandas and duckdb."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from harness.records import Answer, Finding, InputError, Message, Outcome, Prompt, Response, Sample, Score
from harness.records.files import replacing

_TEXTS = pa.list_(pa.string())
SAMPLES = pa.schema(
    [
        ("task", pa.string()),
        ("model", pa.string()),
        ("key", pa.string()),
        ("repetition", pa.int32()),
        ("cluster", pa.string()),
        ("prompt", pa.string()),
        ("references", _TEXTS),
        ("choices", _TEXTS),
        ("document", pa.string()),
        ("answer", pa.string()),
        ("text", pa.string()),
    ]
)
SCORES = pa.schema(
    [
        ("task", pa.string()),
        ("model", pa.string()),
        ("key", pa.string()),
        ("repetition", pa.int32()),
        ("cluster", pa.string()),
        ("metric", pa.string()),
        ("outcome", pa.string()),
        ("value", pa.float64()),
        ("statistics", pa.list_(pa.float64())),
        ("extracted", pa.string()),
        ("findings", pa.string()),
    ]
)


def write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as Parquet, whole or not at all."""
    with replacing(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), temporary, compression="zstd")


def read_tables(folder: Path) -> pd.DataFrame:
    """All Parquet files of a folder as one frame, in the order of their names.

    Raises:
        InputError: there are none, or one is damaged.
    """
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise InputError("holds no samples", where=str(folder), mend="run the suite first: harness run SUITE")
    try:
        return pd.concat([pq.read_table(path).to_pandas() for path in paths], ignore_index=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"damaged ({error})", where=str(folder), mend="run the suite again") from error


def sample_row(model: str, response: Response) -> dict[str, Any]:
    """A response as a row of the samples table."""
    sample = response.sample
    return {
        "task": sample.task,
        "model": model,
        "key": sample.key,
        "repetition": response.repetition,
        "cluster": sample.cluster,
        "prompt": _prompt_to_json(sample.prompt),
        "references": list(sample.references),
        "choices": list(sample.choices),
        "document": json.dumps(dict(sample.document), ensure_ascii=False, default=str),
        "answer": json.dumps(response.answer.to_json(), ensure_ascii=False),
        "text": response.text,
    }


def response_of(row: dict[str, Any]) -> Response:
    """The response that `sample_row` wrote."""
    sample = Sample(
        task=row["task"],
        key=row["key"],
        prompt=prompt_from_json(row["prompt"]),
        references=tuple(row["references"]),
        choices=tuple(row["choices"]),
        document=json.loads(row["document"]),
        cluster=_text(row["cluster"]),
    )
    answer = Answer.from_json(json.loads(row["answer"]))
    return Response(sample, answer, _text(row["text"]), int(row["repetition"]))


def score_rows(task: str, model: str, metric: str, pairs: Iterable[tuple[Response, Score]]) -> list[dict[str, Any]]:
    """Scores of one metric as rows of the scores table; ``pairs`` are responses and their scores."""
    return [
        {
            "task": task,
            "model": model,
            "key": response.sample.key,
            "repetition": response.repetition,
            "cluster": response.sample.cluster,
            "metric": metric,
            "outcome": score.outcome.value,
            "value": score.value,
            "statistics": list(score.statistics),
            "extracted": score.extracted,
            "findings": json.dumps([asdict(finding) for finding in score.findings], ensure_ascii=False),
        }
        for response, score in pairs
    ]


def score_of(row: dict[str, Any]) -> Score:
    """The score that `score_rows` wrote."""
    findings = (
        Finding(**{**one, "span": tuple(one["span"]) if one["span"] else None}) for one in json.loads(row["findings"])
    )
    value = None if pd.isna(row["value"]) else float(row["value"])
    return Score(Outcome(row["outcome"]), value, tuple(row["statistics"]), row["extracted"], tuple(findings))


def _text(cell: object) -> str | None:
    """A text, or None where pandas holds nothing."""
    return cell if isinstance(cell, str) else None


def prompt_from_json(text: str) -> Prompt:
    """A prompt from its cell in the samples table."""
    value = json.loads(text)
    return value if isinstance(value, str) else tuple(Message(role, content) for role, content in value)


def _prompt_to_json(prompt: Prompt) -> str:
    value = prompt if isinstance(prompt, str) else [[message.role, message.content] for message in prompt]
    return json.dumps(value, ensure_ascii=False)
