"""The ``harness`` command. A command's module is imported when it is called, so that help answers at once."""

import errno
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from inspect import cleandoc
from keyword import iskeyword
from typing import TextIO, cast

#: Commands in the order of a user's day, with the line that help shows. Each is a module of this room with an ``app``.
COMMANDS = {
    "demo": "Train two adapters, evaluate them and see one stopped at the gate.",
    "init": "Write a first suite to start from.",
    "run": "Evaluate a suite: ask, score, compare, decide, report.",
    "score": "Score the samples of a run again.",
    "compare": "Compare the models of a run, or of two runs.",
    "gate": "Decide whether the candidates of a run may ship.",
    "report": "Write the report of a run again.",
    "judge": "Let a model grade the answers of a run.",
    "import": "Make a run of another tool's results.",
    "export": "Write a model's figures for another tool.",
    "baseline": "Set or show the released model that new ones are held against.",
    "trend": "Show how a model's figures moved from run to run.",
    "bisect": "Find the first checkpoint that the gate stops.",
    "leaderboard": "Rank the models of several runs on a static site.",
    "train": "Train an adapter from a recipe.",
    "tune": "Search the ranges of a recipe; hold the best to fresh samples.",
    "compare-methods": "Train several methods on one data set, side by side.",
    "adapters": "Keep, find, compare, merge and ship adapters.",
    "data": "Check, split and select training data; look for tasks inside it.",
    "serve": "Serve a base and its adapters over HTTP.",
    "chat": "Talk with a base and its adapters in the terminal.",
    "tasks": "List, show, check, write and import tasks.",
    "safety": "Say how often the safety checks themselves are wrong.",
    "doctor": "Say what this machine can do.",
}

_HELP = """\
Usage: harness COMMAND [ARGUMENTS]

Evaluate, compare and gate fine-tuned language models: the base and all its
adapters in one pass, paired statistics, a verdict.

Commands:
{commands}

Options:
  -h, --help     Show this help; after a command, the command's own.
  --version      Show the version.

Exit status: 0 done and every rule passed; 1 a rule failed; 2 the input is wrong;
3 the run broke; 4 nothing failed, but the evidence does not suffice.
"""

#: What typer makes of Ctrl-C.
_INTERRUPTED = 130
#: What the help above promises, for commands too.
_HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


def main() -> None:
    """Run a command; an error of the house becomes one line and its exit status."""
    from harness.cli.output import Leavable

    follows = sys.argv[1:2] == ["chat"] or sys.argv[1:3] == ["train", "logs"]
    output = Leavable(sys.stdout, ends=follows)
    sys.stdout, sys.stderr = cast(TextIO, output), cast(TextIO, Leavable(sys.stderr))
    status = 0
    try:
        status = run(sys.argv[1:])
        output.flush()
    except OSError as error:
        output.drop()
        status = status or _unwritten(error)
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status."""
    name, *rest = arguments or ["--help"]
    if name in ("-h", "--help"):
        sys.stdout.write(help_text())
        return 0
    if name == "--version":
        from harness import __version__

        sys.stdout.write(f"harness {__version__}\n")
        return 0
    if name not in COMMANDS:
        from harness.records.documents import nearest

        return _say(f"no such command {name!r}; {nearest(name, list(COMMANDS))}", 2)
    from harness.records.errors import HarnessError

    try:
        module = f"{name}_" if iskeyword(name) else name.replace("-", "_")
        app = import_module(f"harness.cli.{module}").app
        app.info.context_settings = _HELP_OPTIONS
        for command in app.registered_commands:
            command.context_settings = {**(command.context_settings or {}), **_HELP_OPTIONS}
            command.help = command.help or _flowing(command.callback.__doc__ or "")
        app(rest, prog_name=f"harness {name}")
    except HarnessError as error:
        return _say(str(error), error.exit_status)
    except KeyboardInterrupt:
        return _interrupted()
    except SystemExit as leaving:
        if leaving.code == _INTERRUPTED:
            return _interrupted()
        return leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
    except Exception as error:  # noqa: BLE001 - the last resort: status 1 would tell CI that a rule failed
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            return _unwritten(error)
        traceback.print_exc()
        return _say("the harness itself broke; please report the lines above", 3)
    return 0


def help_text() -> str:
    """What ``harness --help`` prints."""
    width = max(map(len, COMMANDS))
    return _HELP.format(commands="\n".join(f"  {name:<{width}}  {line}" for name, line in COMMANDS.items()))


def _flowing(text: str) -> str:
    """A docstring whose paragraphs break where the terminal does; typer keeps the lines of the source."""
    return "\n\n".join(" ".join(part.split()) for part in cleandoc(text).split("\n\n"))


def _interrupted() -> int:
    return _say("interrupted; run the same command again to go on", 3)


def _unwritten(error: OSError) -> int:
    return _say(f"{error.filename or 'output'}: cannot be written ({error.strerror}); free space or fix access", 3)


def _say(line: str, status: int) -> int:
    from harness.cli.console import printable

    with suppress(OSError):  # where nothing can be said the status still is
        sys.stderr.write(f"error: {printable(line)}\n")
    return status
