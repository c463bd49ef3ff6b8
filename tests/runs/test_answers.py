"""Answers survive a kill and are never given to another model."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.records import Answer, Decoding, Generation, Kind, LogLikelihood, Request, RunError
from harness.runs import AnswerStore

WRITER = """
import sys
from pathlib import Path
from harness.records import Answer, Generation
from harness.runs import AnswerStore
store = AnswerStore(Path(sys.argv[1]))
for n in range(100000):
    store.put({f"{n}-{i}": Answer(Generation("text", 1, "stop")) for i in range(3)})
    print(n, flush=True)
"""


def test_answers_come_back_as_they_were_put(tmp_path: Path) -> None:
    given = {
        "a": Answer(Generation("häß\n\u2028", 3, "length")),
        "b": Answer(likelihoods=(LogLikelihood((-0.1, -1e-17), True), LogLikelihood((), False))),
    }
    with AnswerStore(tmp_path / "new folder" / "answers.sqlite") as store:
        store.put(given)
        assert store.get(["a", "b", "c"]) == given


def test_an_answer_belongs_to_weights_and_question_not_to_a_name() -> None:
    request = Request("candidate", Kind.GENERATE, "Hi", decoding=Decoding(8))
    renamed = Request("released", Kind.GENERATE, "Hi", decoding=Decoding(8))
    longer = Request("candidate", Kind.GENERATE, "Hi", decoding=Decoding(9))
    assert request.key("weights-1") == renamed.key("weights-1")
    assert len({request.key("weights-1"), request.key("weights-2"), longer.key("weights-1")}) == 3


def test_a_killed_writer_leaves_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    last = [int(writer.stdout.readline()) for _ in range(25)][-1]
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    with AnswerStore(path) as store:
        kept = [n for n in range(last + 50) if len(store.get(f"{n}-{i}" for i in range(3))) == 3]
        torn = [n for n in range(last + 50) if 0 < len(store.get(f"{n}-{i}" for i in range(3))) < 3]
    assert set(range(last + 1)) <= set(kept) and not torn


def test_a_store_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_text("this is no database, and long enough to be read as one " * 40)
    with pytest.raises(RunError, match=r"answers\.sqlite"):
        AnswerStore(tmp_path / "answers.sqlite")
