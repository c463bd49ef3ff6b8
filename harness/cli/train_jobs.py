"""``harness train status|logs|cancel``: trainings that run, ran or broke."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.training.jobs import JobFiles, JobStatus

#: Where trainings are looked for that are not named by their folder.
ROOT = Path("out")
_POLL = 0.2
#: Columns of the table that are read from the left.
_TEXT = (0, 1, 8)

Out = Annotated[str | None, typer.Argument(help="The adapter's folder, or its name under out/.", show_default=False)]


def status(
    out: Annotated[
        list[str] | None,
        typer.Argument(help="Adapter folders, or names under out/; all of out/ if left out.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say of each training whether it runs, how far it came, or how it ended.

    Told from the training's folder alone, and so true after a crash, a kill or a reboot.
    """
    from harness.cli.console import print_json, printable
    from harness.training.jobs import find_job, find_jobs, job_status

    found = [job_status(files) for files in ([find_job(one, ROOT) for one in out] if out else find_jobs(ROOT))]
    if as_json:
        print_json([one.to_json() for one in found])
    elif not found:
        typer.echo(f"no training was started under {ROOT}/ yet")
    else:
        typer.echo(printable("\n".join(_table(found))))


def logs(
    out: Out = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the training ends.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="Only so many of the last lines.")] = 1000,
) -> None:
    """Print what a training in the background has printed; of several, the newest."""
    from harness.cli.console import printable
    from harness.records import InputError
    from harness.training.jobs import job_status, log_lines

    files = _one(out)
    if not files.log.is_file():
        raise InputError("has no log: it was not sent to the background", where=str(files.target))
    offset = files.log.stat().st_size
    # What is written from here on is for --follow, so that no line comes twice.
    for line in log_lines(files, lines, offset):
        typer.echo(printable(line))
    if follow:
        for line in _new_lines(files, offset):
            typer.echo(printable(line))
    if follow or not offset:
        typer.echo(printable(_headline(job_status(files))), err=True)


def cancel(
    out: Out = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds that it has to end its step and save a checkpoint.")
    ] = 60.0,
) -> None:
    """Stop a training. Its checkpoint stays: the command that started it goes on from there."""
    from harness.cli.console import printable
    from harness.training.jobs import cancel as stop
    from harness.training.jobs import job_status

    files = _one(out, live=True)
    if job_status(files).is_live:
        typer.echo(printable(f"stopping {files.target}"), err=True)
    by_itself = stop(files, wait)
    if not by_itself:
        typer.echo(f"warning: it did not stop within {wait:g} s and was killed", err=True)
    typer.echo(printable(_headline(job_status(files))))


def _one(out: str | None, *, live: bool = False) -> "JobFiles":
    """The training that is meant: the named one, or the newest, or the only one that runs.

    Raises:
        InputError: none is, or several could be.
    """
    from harness.records import InputError
    from harness.training.jobs import find_job, find_jobs, job_status

    if out is not None:
        return find_job(out, ROOT)
    found = [(one, files) for files in find_jobs(ROOT) if (one := job_status(files)).is_live or not live]
    if not found:
        raise InputError(f"no training {'runs' if live else 'was started'} under {ROOT}/", mend="name its folder")
    if live and len(found) > 1:
        names = ", ".join(one.target for one, _ in found)
        raise InputError(f"{len(found)} trainings run ({names})", mend="name the one that is meant")
    return max(found, key=lambda each: (each[1].log.is_file(), each[0].since or 0.0))[1]


def _new_lines(files: "JobFiles", offset: int) -> Iterator[str]:
    """Lines as they are written, until the training has ended and all of them were read."""
    from harness.training.jobs import job_status

    with files.log.open("rb") as handle:
        handle.seek(offset)
        rest = b""
        while True:
            over = not job_status(files).is_live
            *whole, rest = (rest + handle.read()).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in whole)
            if over:
                break
            time.sleep(_POLL)
    if rest:
        yield rest.decode("utf-8", "replace")


def _headline(one: "JobStatus") -> str:
    steps = f" after step {one.step} of {one.steps}" if one.step and not one.is_finished else ""
    return "; ".join([f"{one.target}: {one.state}{steps}", *_notes(one)])


def _notes(one: "JobStatus") -> list[str]:
    """What a reader should know beside the figures."""
    ended = not one.is_live and not one.is_finished
    goes_on = f"the same command goes on from step {one.checkpoint}" if ended and one.checkpoint else ""
    in_vain = "the same command would end there again; with a changed recipe it starts afresh"
    return [note for note in (one.note, in_vain if one.repeats else goes_on) if note]


def _table(found: "Sequence[JobStatus]") -> Iterator[str]:
    """A heading and a line for each training, without the columns that nothing stands in."""
    rows = [("training", "state", "step", "loss", "held out", "tokens/s", "took", "left", "since"), *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    filled = [column for column in range(len(rows[0])) if any(row[column] for row in rows[1:])]
    for row, one in zip(rows, [None, *found], strict=True):
        cells = [f"{row[i]:<{widths[i]}}" if i in _TEXT else f"{row[i]:>{widths[i]}}" for i in filled]
        yield "  ".join(cells).rstrip()
        yield from (f"  {note}" for note in (_notes(one) if one else ()))


def _row(one: "JobStatus") -> tuple[str, ...]:
    return (
        one.target,
        one.state,
        f"{one.step}/{one.steps}" if one.step is not None else "",
        "" if one.loss is None else f"{one.loss:.3f}",
        "" if one.held_out_loss is None else f"{one.held_out_loss:.3f}",
        "" if one.speed is None else f"{one.speed:,.0f}",
        "" if one.seconds is None else duration(one.seconds),
        "" if one.seconds_left is None else duration(one.seconds_left),
        "" if not one.since else f"{_clock(one.since)}, {duration(max(0.0, time.time() - one.since))} ago",
    )


def _clock(moment: float) -> str:
    """The local time, with the day where it was not today."""
    today = time.strftime("%Y-%m-%d") == time.strftime("%Y-%m-%d", time.localtime(moment))
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M", time.localtime(moment))


def duration(seconds: float) -> str:
    """Seconds in words: ``8 s``, ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"
