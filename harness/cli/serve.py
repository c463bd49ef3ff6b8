"""``harness serve``: a base and its adapters over HTTP."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)

#: Addresses that only this machine reaches.
_LOCAL = ("127.0.0.1", "localhost", "::1")


@app.command()
def serve(
    base: Annotated[str, typer.Option(help="reference, a folder or a hub id.")],
    adapter: Annotated[
        list[str] | None, typer.Option(help="NAME=FOLDER or NAME=registry:NAME; again for more.")
    ] = None,
    engine: Annotated[str, typer.Option(help="transformers, vllm or auto.")] = "auto",
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    max_body: Annotated[str, typer.Option(help="Largest body of a request.")] = "1MB",
    max_tokens: Annotated[int, typer.Option(min=1, help="Most tokens that one request may ask for.")] = 1024,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1024, help="Most requests of one batch; four times as many may wait.")
    ] = 8,
) -> None:
    """Serve a base and its adapters over HTTP, in a plain form and in the OpenAI protocol, until Ctrl-C.

    There is no key and no encryption: put a proxy that has both in front before the service leaves this machine.
    """
    _refuse_without_fastapi()
    from harness.cli.console import printable
    from harness.serving import Limits, http, named_adapters, open_service, read_size
    from harness.serving.app import make_app

    limits = Limits(read_size(max_body), max_tokens, concurrency, 4 * concurrency)
    named = named_adapters(adapter or [])
    # A port that is taken is found out before minutes are spent on loading.
    with http.listen(host, port) as listening:
        service, warnings = open_service(base, named, engine, limits)
        with service:
            for warning in warnings:
                typer.echo(f"warning: {printable(warning)}", err=True)
            made = make_app(service, [*_LOCAL, "[::1]"] if host in _LOCAL else ["*"])
            typer.echo(f"{', '.join(service.names)} at {http.address(listening)} (Ctrl-C ends)")
            http.run_app(made, listening)


def _refuse_without_fastapi() -> None:
    from importlib.util import find_spec

    from harness.records import InputError

    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise InputError(f"{missing[0]} is not installed", mend="pip install 'adapter-harness[serve]'")
