"""``harness doctor``: what this machine can do, which engine ``auto`` takes and why, and whether a model fits."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.console import print_json, printable

if TYPE_CHECKING:
    from harness.engines.machine import Machine
    from harness.engines.memory import Need

app = typer.Typer(help="Say what this machine can do.", add_completion=False)

_DTYPES = ("float32", "bfloat16", "nf4")


@app.command()
def doctor(
    base: Annotated[str | None, typer.Option(help="Estimate memory for this base (folder or hub id).")] = None,
    adapter: Annotated[list[str] | None, typer.Option(help="An adapter to count in; may be given often.")] = None,
    adapters: Annotated[int, typer.Option(min=0, help="How many more LoRA adapters to count in.")] = 0,
    rank: Annotated[int, typer.Option(min=1, help="Their rank.")] = 16,
    sequences: Annotated[int, typer.Option(min=1, help="Full contexts held in the cache at once.")] = 16,
    probe: Annotated[bool, typer.Option("--vllm", help="Ask the installed vLLM which adapters it can serve.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what this machine can do: GPU, vLLM, quantization, memory, the sandbox, and the engine that auto takes."""
    from harness.engines.machine import look_around
    from harness.records import InputError

    if base is None and (adapter or adapters):
        raise InputError("memory for adapters is estimated with their base", where="--adapter", mend="add --base")
    machine = look_around()
    needs = _needs(base, adapter or [], adapters, rank, sequences) if base else []
    served = _capabilities(machine) if probe else None
    if as_json:
        value: dict[str, Any] = machine.to_json()
        value["sandbox"] = _sandbox()
        value["memory_needed"] = [{**need.to_json(), "fits": _fits(need, machine)} for need in needs]
        if served is not None:
            value["vllm_serves"] = served
        print_json(value)
        return
    _print_machine(machine)
    if needs:
        _print_needs(base or "", needs, machine)
    if served is not None:
        _print_capabilities(served)


def _needs(base: str, paths: list[str], extra: int, rank: int, sequences: int) -> "list[Need]":
    from harness.engines.memory import estimate_memory
    from harness.models import resolve_adapter, resolve_base

    found = resolve_base(base)
    loaded = [resolve_adapter(path) for path in paths]
    return [estimate_memory(found, dtype, loaded, extra, rank, sequences) for dtype in _DTYPES]


def _capabilities(machine: "Machine") -> dict[str, str]:
    from harness.records import Unavailable

    if machine.vllm is None:
        raise Unavailable("vllm is not installed", mend="pip install 'adapter-harness[vllm]'")
    from harness.engines.vllm.capability import capability_table
    from harness.engines.vllm.start import import_vllm

    import_vllm(verbose=False)
    return capability_table()


def _sandbox() -> str:
    from harness.sandbox import level, level_name

    return level_name(level())


def _fits(need: "Need", machine: "Machine") -> str:
    if machine.gpus:
        largest = max(gpu.free for gpu in machine.gpus)
        if need.total <= largest:
            return "on the GPU"
        if need.total <= sum(gpu.free for gpu in machine.gpus):
            return "on all GPUs together (tensor_parallel_size)"
    return "on the CPU" if need.total <= machine.available else "no"


def _print_machine(machine: "Machine") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from harness.sandbox import node

    vllm = machine.vllm
    rows = [
        ("engine auto", f"{machine.auto}: {machine.why}"),
        ("python", f"{machine.python} on {machine.system}"),
        ("cpu", f"{machine.cores} cores, {machine.memory:.1f} GiB memory, {machine.available:.1f} available"),
        *(
            ("gpu", f"{gpu.name}, {gpu.memory:.1f} GiB, {gpu.free:.1f} free, capability {gpu.capability}")
            for gpu in machine.gpus
        ),
        *([] if machine.gpus else [("gpu", "none that torch sees")]),
        ("vllm", f"{vllm.version} ({vllm.distribution}), computes on {vllm.device}" if vllm else "not installed"),
        *((name, said) for name, said in machine.quantization.items()),
        ("sandbox", f"{_sandbox()} (for code that models write; node {'found' if node() else 'not found'})"),
        ("libraries", ", ".join(f"{name} {found}" for name, found in machine.packages.items())),
    ]
    table = Table(show_header=False, box=None)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, said in rows:
        table.add_row(name, Text(printable(said)))
    Console().print(table)


def _print_needs(base: str, needs: "list[Need]", machine: "Machine") -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"Memory for {printable(base)}, {needs[0].parameters / 1e6:,.1f} M parameters (GiB)"
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for column in ("dtype", "weights", "adapters", "cache", "total", "fits"):
        table.add_column(column, justify="left" if column in ("dtype", "fits") else "right")
    for need in needs:
        figures = [f"{value:.3f}" for value in (need.weights, need.adapters, need.cache, need.total)]
        table.add_row(need.dtype, *figures, _fits(need, machine))
    Console().print(table)


def _print_capabilities(served: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Adapters that the installed vLLM serves", title_justify="left", box=None, header_style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("served")
    for kind, reason in served.items():
        table.add_row(kind, Text(printable(f"no: {reason}" if reason else "yes")))
    Console().print(table)
