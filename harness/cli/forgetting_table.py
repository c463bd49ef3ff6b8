"""What a training forgot, as a table for the terminal."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def print_forgetting(forgetting: Mapping[str, Any]) -> None:
    """Print the last measurement of the weights that were saved.

    Args:
        forgetting: Of the training's record.
    """
    from rich.console import Console

    final = forgetting["final"]
    screen = Console(highlight=False, markup=False)
    if final["probes"]:
        screen.print(_table(final))
    for line in _lines(forgetting, final):
        screen.print(line)


def _table(final: Mapping[str, Any]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("probe", "base", "tuned", "lost", "interval", "right→wrong", "wrong→right"):
        table.add_column(name, justify="left" if name in ("probe", "interval") else "right", no_wrap=True)
    for one in [*final["probes"], *([final["together"]] if final["together"] else [])]:
        drop = one["drop"]
        table.add_row(
            one["probe"],
            f"{one['base']:.2f}",
            f"{one['tuned']:.2f}",
            f"{drop['value']:+.2f}",
            f"[{drop['low']:+.2f}, {drop['high']:+.2f}]",
            str(one["negative_flips"]),
            str(one["positive_flips"]),
        )
    return table


def _lines(forgetting: Mapping[str, Any], final: Mapping[str, Any]) -> Iterator[str]:
    if final["format_drift"]:
        yield f"format drift {_figure(final['format_drift'])}"
    ratio = final["perplexity_ratio"]
    yield (
        f"on {forgetting['text']}: KL from the base {_figure(final['kl'])} nats a token; perplexity "
        f"{final['base_perplexity']:.3g} to {final['tuned_perplexity']:.3g}, ratio {_figure(ratio)}"
    )
    yield (
        f"after step {final['step']}; intervals hold together with 95 % ({final['level']:.1%} each); "
        f"{forgetting['measurements']} measurements took {forgetting['seconds']:.0f} s"
    )


def _figure(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
