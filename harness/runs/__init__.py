"""The run folder and the store of answers: append, resume, read back."""

from harness.records.files import replacing, write_json, write_text
from harness.runs.answers import AnswerStore
from harness.runs.run import Run
from harness.runs.tables import (
    SAMPLES,
    SCORES,
    prompt_from_json,
    response_of,
    sample_row,
    score_of,
    score_rows,
    write_table,
)

__all__ = [
    "SAMPLES",
    "SCORES",
    "AnswerStore",
    "Run",
    "prompt_from_json",
    "replacing",
    "response_of",
    "sample_row",
    "score_of",
    "score_rows",
    "write_json",
    "write_table",
    "write_text",
]
