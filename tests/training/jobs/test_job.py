"""What a job's folder says, whatever happened to the process that trained."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError, RunError
from harness.training import Step
from harness.training.jobs import (
    Job,
    JobFiles,
    Stopped,
    cancel,
    elsewhere_warning,
    find_job,
    find_jobs,
    job_status,
    log_lines,
)
from harness.training.jobs.files import write_atomically
from harness.training.jobs.oom_kills import oom_kills
from harness.training.jobs.process import ProcessIdentity
from harness.training.jobs.records import Record, Sent

STEP = Step(step=3, steps=10, epoch=0.3, tokens=300, loss=1.5)


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(tmp_path / "support")


def dead() -> ProcessIdentity:
    """A process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = ProcessIdentity.of(process.pid)
    process.kill()
    process.wait()
    return identity


def record(files: JobFiles, **changes: Any) -> None:
    files.folder.mkdir(exist_ok=True)
    whole = Record(adapter="support", process=dead(), began=time.time()).model_copy(update=changes)
    write_atomically(files.record, whole.model_dump(mode="json"))


def finish(files: JobFiles, **more: Any) -> None:
    files.target.mkdir()
    made = {"adapter": "support", "steps": 10, "tokens": 1000, "seconds": 4.0, "losses": {"last_loss": 0.5}} | more
    (files.target / "training.json").write_text(json.dumps(made))


def test_a_training_is_starting_then_running_then_finished(files: JobFiles) -> None:
    with Job(files.target) as job:
        job.begin("support")
        assert job_status(files).state == "starting"
        job.tell(STEP, 1.0)
        running = job_status(files)
        assert (running.state, running.step, running.steps, running.loss) == ("running", 3, 10, 1.5)
        assert running.process is not None and running.process.pid == os.getpid()
        finish(files)
    finished = job_status(files)
    assert (finished.state, finished.step, finished.loss, finished.speed) == ("finished", 10, 0.5, 250.0)
    assert finished.process is None


def test_speed_and_time_left_come_from_the_steps_of_this_process(
    files: JobFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("harness.training.jobs.job.time.time", lambda: now[0])
    with Job(files.target) as job:
        job.begin("support")
        # A resumed training starts in the middle: what it did not do itself does not count.
        job.tell(Step(step=50, steps=100, epoch=0.5, tokens=5000, loss=1.0), 90.0)
        now[0] += 20
        job.tell(Step(step=60, steps=100, epoch=0.6, tokens=6000, loss=1.0), 110.0)
        status = job_status(files)
    assert status.speed == pytest.approx(50) and status.seconds_left == pytest.approx(80)
    assert status.seconds == 110


@pytest.mark.parametrize(
    ("error", "state", "note"),
    [
        (RunError("out of memory", mend="use less"), "failed", "out of memory; use less"),
        (ValueError("no\nsecond line"), "failed", "ValueError: no"),
        (KeyboardInterrupt(), "interrupted", None),
        (Stopped("stopped after step 3"), "interrupted", None),
    ],
)
def test_how_a_training_ended_is_kept(files: JobFiles, error: BaseException, state: str, note: str | None) -> None:
    with pytest.raises(type(error)), Job(files.target) as job:
        job.begin("support")
        job.tell(STEP, 1.0)
        raise error
    status = job_status(files)
    assert (status.state, status.note, status.step) == (state, note, 3)


def test_a_stop_that_was_asked_for_is_a_cancellation(files: JobFiles) -> None:
    with pytest.raises(Stopped), Job(files.target) as job:
        job.begin("support")
        write_atomically(files.cancelled, Sent(process=ProcessIdentity.of(), at=1.0).model_dump(mode="json"))
        raise Stopped("stopped after step 3")
    assert job_status(files).state == "cancelled"


def test_a_process_that_died_without_a_word_was_interrupted(files: JobFiles) -> None:
    record(files)
    status = job_status(files)
    assert status.state == "interrupted" and "without a word" in (status.note or "")
    assert job_status(files).checkpoint is None


def test_a_checkpoint_that_remains_is_told(files: JobFiles) -> None:
    record(files)
    for step, complete in ((5, True), (10, False)):
        checkpoint = files.target.with_name(".support.partial") / f"checkpoint-{step}"
        checkpoint.mkdir(parents=True)
        if complete:
            (checkpoint / "complete").touch()
    assert job_status(files).checkpoint == 5


def test_a_kill_for_want_of_memory_is_likely_only_where_the_kernel_counted_one(files: JobFiles) -> None:
    counters = oom_kills()
    if not counters:
        pytest.skip("this kernel shows no counter of such kills")
    record(files, oom_kills=counters)
    assert "want of memory" not in (job_status(files).note or "")
    record(files, oom_kills={path: count - 1 for path, count in counters.items()})
    assert "likely killed for want of memory" in (job_status(files).note or "")


def test_a_training_that_a_limit_ended_is_not_called_finished(files: JobFiles) -> None:
    reason = "stopped after step 10: kl 0.9 is above 0.1; kept are the weights of step 6"
    record(files, ending="finished", ended=time.time())
    finish(files, planned_steps=40, saved_step=6, stopped={"limit": "kl", "kept_step": 6, "reason": reason})
    status = job_status(files)
    assert (status.state, status.note) == ("stopped by a limit", reason)
    assert (status.step, status.steps) == (10, 40) and not status.is_live


def test_early_stopping_says_which_step_was_kept(files: JobFiles) -> None:
    record(files, ending="finished", ended=time.time())
    finish(files, planned_steps=40, saved_step=6, stopped_early={"step": 10, "reason": "no better"})
    status = job_status(files)
    assert (status.state, status.note) == ("finished", "stopped early at step 10, best of step 6")


def test_a_kill_between_publishing_and_the_last_word_is_still_a_finished_training(files: JobFiles) -> None:
    record(files, began=time.time() - 60)
    finish(files)
    assert job_status(files).state == "finished"


def test_an_earlier_result_does_not_make_a_killed_training_finished(files: JobFiles) -> None:
    finish(files)
    os.utime(files.target / "training.json", (1000, 1000))
    record(files)
    assert job_status(files).state == "interrupted"


def test_a_training_of_another_machine_is_not_called_dead(files: JobFiles) -> None:
    own = ProcessIdentity.of()
    record(files, process=ProcessIdentity(own.pid, own.started, own.boot, "elsewhere"))
    status = job_status(files)
    assert status.state == "starting" and "elsewhere" in (status.note or "")
    with pytest.raises(InputError, match="another machine"):
        cancel(files, wait=1)
    assert "was being trained on elsewhere" in (elsewhere_warning(files.target) or "")
    record(files)
    assert elsewhere_warning(files.target) is None


def test_what_was_killed_at_once_is_gone_when_that_is_said(files: JobFiles) -> None:
    # The kernel takes its time over a process that holds much.
    deaf = "from signal import *; signal(SIGTERM, SIG_IGN); held = b'x' * 2**28; print(flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline()
    record(files, process=ProcessIdentity.of(process.pid))
    assert not cancel(files, wait=0)
    assert job_status(files).state == "cancelled"
    process.wait()


def test_what_was_sent_and_died_before_it_began_says_why(files: JobFiles) -> None:
    files.folder.mkdir()
    write_atomically(files.queued, Sent(process=dead(), at=time.time()).model_dump(mode="json"))
    files.log.write_text("warning: odd rows\nerror: recipe.yaml:3: unknown key\n")
    status = job_status(files)
    assert (status.state, status.note) == ("failed", "recipe.yaml:3: unknown key")


def test_what_was_sent_and_lives_is_queued(files: JobFiles) -> None:
    files.folder.mkdir()
    write_atomically(files.queued, Sent(process=ProcessIdentity.of(), at=time.time()).model_dump(mode="json"))
    assert job_status(files).state == "queued"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"adapter": 3}', '{"process": {"pid": "x"}}'])
def test_files_that_cannot_be_read_are_as_if_they_were_not_there(files: JobFiles, text: str) -> None:
    finish(files)
    files.folder.mkdir()
    for path in (files.record, files.queued, files.progress, files.cancelled):
        path.write_text(text)
    assert job_status(files).state == "finished"


def test_a_damaged_record_is_not_called_finished(files: JobFiles) -> None:
    files.folder.mkdir()
    files.record.write_text("{")
    status = job_status(files)
    assert status.state == "unknown" and str(files.record) in (status.note or "")
    with pytest.raises(InputError, match="not known to run"):
        cancel(files, wait=1)


def test_folders_that_must_not_be_read_are_told_in_a_line(tmp_path: Path, files: JobFiles) -> None:
    record(files)
    code = (
        "import sys; from harness.cli.main import run\n"
        f"sys.exit(run(['train', 'status', {str(files.target)!r}]) or run(['train', 'status']))"
    )
    out = tmp_path / "out"
    out.mkdir()
    # Whoever may read everything has to give that up for this.
    command = [sys.executable, "-c", code]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("the superuser may read everything")
        powers = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}", *command]
    root = str(Path(__file__).parents[3])
    files.folder.chmod(0)
    out.chmod(0)
    try:
        environment = os.environ | {"PYTHONPATH": root}
        made = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    finally:
        files.folder.chmod(0o755)
        out.chmod(0o755)
    assert "unknown" in made.stdout and "its folder cannot be read: Permission denied" in made.stdout
    assert (
        made.returncode == 2
        and made.stderr.startswith("error: out/: cannot be read")
        and "Traceback" not in made.stderr
    )


def test_only_one_process_trains_into_a_folder(files: JobFiles) -> None:
    with Job(files.target), pytest.raises(InputError, match="is being trained by another process"):
        Job(files.target)
    with Job(files.target):
        pass


def test_the_lock_dies_with_its_process(files: JobFiles) -> None:
    code = f"from pathlib import Path; from harness.training.jobs import Job\nJob(Path({str(files.target)!r}))\n"
    holder = subprocess.Popen(
        [sys.executable, "-c", code + "print('held', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(InputError, match="another process"):
        Job(files.target)
    holder.kill()
    holder.wait()
    with Job(files.target):
        pass


def test_a_training_that_never_began_leaves_nothing(files: JobFiles) -> None:
    with pytest.raises(InputError), Job(files.target):
        raise InputError("no such data file")
    assert not files.folder.exists()


def test_of_a_log_that_grows_no_line_is_read_beyond_a_size(files: JobFiles) -> None:
    files.folder.mkdir()
    files.log.write_text("one\ntwo\nthree\n")
    assert list(log_lines(files, 2)) == ["two", "three"]
    assert list(log_lines(files, 1000, size=8)) == ["one", "two"] and list(log_lines(files, 0)) == []


def test_jobs_are_found_by_folder_and_by_name(tmp_path: Path, files: JobFiles) -> None:
    record(files)
    finish(JobFiles(tmp_path / "older"))
    (tmp_path / "no training").mkdir()
    assert [one.target.name for one in find_jobs(tmp_path)] == ["older", "support"]
    assert find_job("support", tmp_path) == find_job(str(files.target), Path("elsewhere")) == files
    with pytest.raises(InputError, match="did you mean"):
        find_job(str(tmp_path / "suport"), tmp_path)


def test_a_finished_training_cannot_be_cancelled(files: JobFiles) -> None:
    finish(files)
    with pytest.raises(InputError, match="nothing to cancel: it finished"):
        cancel(files, wait=1)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(RunError, match=r"file/support: cannot be saved .*; free space or fix access"):
        Job(tmp_path / "file" / "support")


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/.."])
def test_odd_names_are_no_jobs(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no such training"):
        find_job(name, tmp_path)
