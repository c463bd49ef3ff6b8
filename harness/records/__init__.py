"""The plain values that flow through the house. No torch here."""

from harness.records.answer import Answer, Generation, LogLikelihood
from harness.records.content import content_root, reference_model
from harness.records.documents import nearest, read_document, read_yaml
from harness.records.errors import HarnessError, InputError, RunError, Unavailable, reason
from harness.records.hashing import content_hash, files_hash
from harness.records.names import HubId, Name, Word, is_name, mended_name
from harness.records.request import Decoding, Kind, Request
from harness.records.response import Response
from harness.records.results import (
    Comparison,
    Decision,
    Difference,
    Figure,
    Forgetting,
    Interval,
    Loss,
    ModelRow,
    Repeats,
    Results,
    RuleVerdict,
    TaskRow,
    Transfer,
    Verdict,
)
from harness.records.rule import Rule
from harness.records.sample import Message, Prompt, Sample, prompt_text, sample_key
from harness.records.score import Finding, Outcome, Score
from harness.records.waiver import Waiver

__all__ = [
    "Answer",
    "Comparison",
    "Decision",
    "Decoding",
    "Difference",
    "Figure",
    "Finding",
    "Forgetting",
    "Generation",
    "HarnessError",
    "HubId",
    "InputError",
    "Interval",
    "Kind",
    "LogLikelihood",
    "Loss",
    "Message",
    "ModelRow",
    "Name",
    "Outcome",
    "Prompt",
    "Repeats",
    "Request",
    "Response",
    "Results",
    "Rule",
    "RuleVerdict",
    "RunError",
    "Sample",
    "Score",
    "TaskRow",
    "Transfer",
    "Unavailable",
    "Verdict",
    "Waiver",
    "Word",
    "content_hash",
    "content_root",
    "files_hash",
    "is_name",
    "mended_name",
    "nearest",
    "prompt_text",
    "read_document",
    "read_yaml",
    "reason",
    "reference_model",
    "sample_key",
]
