"""``harness chat``: a conversation with a base and its adapters in the terminal."""

import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from harness.records import Generation
    from harness.serving import Conversation, Service

app = typer.Typer(add_completion=False)

_COMMANDS = "/model NAME switches, /both compares with the base, /reset forgets, /quit ends"


@app.command()
def chat(
    base: Annotated[str, typer.Option(help="reference, a folder or a hub id.")],
    adapter: Annotated[list[str] | None, typer.Option(help="FOLDER or NAME=FOLDER; again for more.")] = None,
    engine: Annotated[str, typer.Option(help="transformers, vllm or auto.")] = "auto",
    max_tokens: Annotated[int, typer.Option(min=1, max=1024, help="Most tokens of an answer.")] = 256,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="0 is greedy.")] = 0.0,
) -> None:
    """Talk with an adapter, and see what the base says to the same words.

    A model with a chat template sees the turns through it; one without sees them joined by blank lines. Where standard
    input is no terminal, each line of it is a turn.

    Answers are shown while they are made; Ctrl-C ends one.

    /model NAME switches to another model, /both answers the last turn by the base and by each adapter side by side,
    /reset forgets the conversation, /quit ends it.
    """
    from rich.console import Console

    from harness.cli.console import printable
    from harness.records import Decoding
    from harness.serving import Conversation, named_adapters, open_service

    service, warnings = open_service(base, named_adapters(adapter or []), engine)
    with service:
        for warning in warnings:
            typer.echo(f"warning: {printable(warning)}", err=True)
        talk = Conversation(service, list(service.models)[-1], Decoding(max_tokens, temperature=temperature))
        console = Console(highlight=False)
        if sys.stdin.isatty():
            console.print(f"{', '.join(service.models)}; now {talk.model}. {_COMMANDS}.", markup=False)
        for line in _lines(talk):
            if line == "/quit":
                return
            _turn(console, service, talk, line)


def _lines(talk: "Conversation") -> Iterator[str]:
    """What the user writes, line by line; empty lines are passed over."""
    if not sys.stdin.isatty():
        yield from (line.strip() for line in sys.stdin if line.strip())
        return
    import readline  # noqa: F401 - gives input() history and editing

    while True:
        try:
            line = input(f"{talk.model}> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line:
            yield line


def _turn(console: "Console", service: "Service", talk: "Conversation", line: str) -> None:
    """Do what a line says. At a terminal Ctrl-C ends the answer, and the conversation goes on without it."""
    from harness.cli.console import printable
    from harness.records import HarnessError

    stopped = threading.Event()
    try:
        if line.startswith("/"):
            _obey(console, service, talk, line, lambda: not stopped.is_set())
        else:
            _answer(console, talk, line, lambda: not stopped.is_set())
    except HarnessError as error:
        console.print(f"error: {printable(str(error))}", markup=False)
    except KeyboardInterrupt:
        stopped.set()
        if not sys.stdin.isatty():
            raise
        console.print(" [stopped]", style="dim", markup=False)


def _obey(console: "Console", service: "Service", talk: "Conversation", line: str, waits: Callable[[], bool]) -> None:
    from harness.engines import Audience
    from harness.records import InputError, nearest

    command, _, name = (part.strip() for part in line.partition(" "))
    if command == "/reset":
        talk.reset()
    elif command == "/both":
        _show_beside(console, talk.again(list(service.models), Audience(waits)))
    elif command == "/model":
        if name not in service.models:
            raise InputError(f"no model {name!r}", mend=nearest(name, list(service.models)))
        talk.model = name
    else:
        raise InputError(f"no command {command!r}", mend=_COMMANDS)


def _answer(console: "Console", talk: "Conversation", line: str, waits: Callable[[], bool]) -> None:
    """Show the answer while it is made."""
    from rich.text import Text

    from harness.cli.console import printable
    from harness.engines import Audience

    shown = ""

    def show(text: str, style: str = "") -> None:
        console.print(Text(text, style), soft_wrap=True, end="")

    def hears(text: str) -> None:
        nonlocal shown
        if waits() and len(text) > len(shown):
            # The model's name comes with its first words, so that a refusal stands alone.
            if not shown:
                show(f"{talk.model}: ", "bold")
            show(printable(text[len(shown) :]))
            shown = text

    said = talk.say(line, Audience(waits, hears))
    if said.text:
        hears(said.text)
    else:
        show(f"{talk.model}: ", "bold")
    show(f" [cut at {said.tokens} tokens]\n" if said.finish == "length" else "\n", "dim")


def _show_beside(console: "Console", said: "dict[str, Generation]") -> None:
    from rich.table import Table
    from rich.text import Text

    from harness.cli.console import printable

    table = Table(*said)
    table.add_row(*(Text(printable(one.text)) for one in said.values()))
    console.print(table)
