"""``harness init``: a first suite to start from."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)

_SUITE = """\
# harness run {name}.yaml
suite: {name}
base: {base}                      # hub id or folder; 'reference' is the model that ships with the harness
models:
  base: {{}}                         # the bare base
{candidate}
# harness tasks list shows all; a folder with a task.yaml works too; tag:forgetting names all probes, one from the hub
tasks: [sentiment, topic, intent, rewrite, summary]
limit: 200                         # samples per task; leave out for all
# noise: {{samples: 32}}             # ask some again: how often do answers flip by themselves?
gate:
  - {{tasks: sentiment, rule: better, than: base, margin: 0.0}}
  - {{tasks: [topic, intent, rewrite, summary], rule: no_worse, than: base, margin: 0.05}}
"""


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Where to write the suite.")] = Path("suite.yaml"),
    base: Annotated[str, typer.Option(help="The base model: hub id or folder.")] = "reference",
    adapter: Annotated[str | None, typer.Option(help="The candidate: a PEFT adapter's folder or hub id.")] = None,
) -> None:
    """Write a suite with one candidate, two kinds of tasks and a gate, ready to be changed."""
    from harness.records import InputError
    from harness.runs import write_text

    if path.exists():
        raise InputError("exists already", where=str(path), mend="name another file, or remove it first")
    known = f"  candidate: {{adapter: {adapter}}}" if adapter else "  # candidate: {adapter: ./out/my-adapter}"
    write_text(path, _SUITE.format(name=path.stem, base=base, candidate=known))
    typer.echo(f"wrote {path}; next: harness run {path}")
