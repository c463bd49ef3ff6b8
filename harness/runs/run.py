"""A run: a folder with everything about it, and reading it back."""

import json
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from harness.records import Comparison, InputError, Results, Verdict
from harness.records.files import write_json
from harness.runs.tables import read_tables

Record = TypeVar("Record", bound=BaseModel)


class Run:
    """A run folder.

    ``manifest.json`` says what ran; ``samples/`` and ``scores/`` hold one Parquet file a task; ``results.json``,
    ``comparison.json`` and ``verdict.json`` hold what was made of them; ``answers.sqlite`` lets the run go on.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    @classmethod
    def open(cls, folder: Path | str) -> "Run":
        """An existing run.

        Raises:
            InputError: the folder is not a run's.
        """
        run = cls(folder)
        if not run.manifest_path.is_file():
            raise InputError(
                "is not a run folder (no manifest.json)", where=str(folder), mend="name a folder that harness run wrote"
            )
        return run

    @property
    def manifest_path(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def answers_path(self) -> Path:
        return self.folder / "answers.sqlite"

    @property
    def samples_folder(self) -> Path:
        return self.folder / "samples"

    @property
    def scores_folder(self) -> Path:
        return self.folder / "scores"

    @property
    def manifest(self) -> dict[str, Any]:
        """What ran: suite, models, tasks, versions, settings, hardware."""
        value: dict[str, Any] = _read_json(self.manifest_path, "run the suite first: harness run SUITE")
        return value

    @property
    def results(self) -> Results:
        return self._read("results.json", Results, "harness score RUN")

    @property
    def comparison(self) -> Comparison:
        return self._read("comparison.json", Comparison, "harness compare RUN")

    @property
    def verdict(self) -> Verdict:
        return self._read("verdict.json", Verdict, "harness gate RUN")

    def samples(self) -> pd.DataFrame:
        """One row a sample and model: task, model, key, repetition, cluster, prompt, references, choices,
        document, answer, text."""
        return read_tables(self.samples_folder)

    def scores(self) -> pd.DataFrame:
        """One row a sample, model and metric: task, model, key, repetition, cluster, metric, outcome, value,
        statistics, extracted, findings."""
        return read_tables(self.scores_folder)

    def frame(self) -> pd.DataFrame:
        """Scores joined with the samples they judge."""
        samples = self.samples().drop(columns="cluster")
        return self.scores().merge(
            samples, on=["task", "model", "key", "repetition"], how="left", validate="many_to_one"
        )

    def save(self, name: str, record: BaseModel) -> None:
        """Write a record beside the samples, whole or not at all."""
        write_json(self.folder / name, record.model_dump(mode="json"))

    def _read(self, name: str, kind: type[Record], mend: str) -> Record:
        path = self.folder / name
        try:
            return kind.model_validate(_read_json(path, mend))
        except ValidationError as error:
            raise InputError(
                f"does not have the expected form ({error.error_count()} faults)", where=str(path), mend=mend
            ) from None


def _read_json(path: Path, mend: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), mend=mend) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path), mend=mend) from None
