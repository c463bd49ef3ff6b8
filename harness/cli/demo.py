"""``harness demo``: the main job on the reference model. Trains two adapters, breaks a third, and lets the gate decide.

Nothing is scripted: the adapters are trained here and now, and the verdicts are whatever the gate finds. The demo
leaves with 0 only if that is what it expects: one passes, one is stopped, one is refused.
"""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from harness.records.progress import Progress

app = typer.Typer(add_completion=False)

#: What the demo expects of each candidate, and says if it is not so.
EXPECTED = {"careful": "pass", "careless": "fail", "renamed": "refused"}
_TRAINED = ("careful", "careless")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("runs/demo"),
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Of training and sampling: figures move with it, verdicts stay.")
    ] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Train two LoRA adapters on the reference model, evaluate them with their base, and see one stopped at the gate.

    Takes about three minutes on two cores. The run folder holds report.html, to be opened in a browser.
    """
    from harness.cli import console, decide
    from harness.evaluation import evaluate
    from harness.records import RunError

    _start_afresh(out)
    with console.progress_bars(quiet) as progress:
        for name in _TRAINED:
            _train(name, out / "adapters" / name, seed, progress)
        _rename_modules(out / "adapters" / "careful", out / "adapters" / "renamed")
        run = evaluate(_suite(out, seed), out, progress=progress)
    comparison, verdict = decide.conclude(run)
    decide.show(comparison, verdict, run)
    typer.echo(f"report: {out / 'report.html'}   again: harness gate {out}")
    assert verdict is not None
    refused = {row.name: "refused" for row in comparison.models if row.status == "refused"}
    decided = {**verdict.candidates, **refused}
    if decided != EXPECTED:
        raise RunError(f"the demo expected {EXPECTED}, the gate decided {decided}")


def _start_afresh(out: Path) -> None:
    """Remove what an earlier demo left, and only that."""
    from harness.records import InputError

    if out.exists() and not out.is_dir():
        raise InputError("is a file, not a folder", where=str(out), mend="name a folder with --out")
    if out.exists() and any(out.iterdir()) and not (out / "demo.yaml").is_file():
        raise InputError("is not empty and not a demo's folder", where=str(out), mend="name another with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


def _suite(out: Path, seed: int) -> Path:
    from harness.records import content_root
    from harness.runs import write_text

    text = (content_root() / "reference" / "demo.yaml").read_text(encoding="utf-8")
    path = out / "demo.yaml"
    write_text(path, text.replace("seed: 0", f"seed: {seed}"))
    return path


def _train(name: str, out: Path, seed: int, progress: Progress) -> None:
    from harness.records import content_root
    from harness.training import train

    train(content_root() / "adapters" / f"{name}.yaml", out, seed=seed, progress=progress)


def _rename_modules(source: Path, target: Path) -> None:
    """A copy of an adapter whose tensors carry another module path, as happens when a model class is wrapped.

    PEFT loads it with a warning, and it changes nothing.
    """
    from safetensors.torch import load_file, save_file

    shutil.copytree(source, target)
    weights = target / "adapter_model.safetensors"
    tensors = load_file(weights)
    save_file(
        {name.replace(".model.layers.", ".model.language_model.layers."): t for name, t in tensors.items()}, weights
    )
