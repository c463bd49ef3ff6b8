"""What a training forgot, in one line, from its record: of the weights that it saved."""

from collections.abc import Mapping
from typing import Any


def forgotten_line(record: Mapping[str, Any]) -> str | None:
    """Lost accuracy and divergence from the base, with their intervals.

    Args:
        record: The contents of ``training.json``, from anywhere.

    Returns:
        None where nothing was measured, or the record does not say it as ours do.
    """
    try:
        final = record["forgetting"]["final"]
        lost = final["together"] or next(iter(final["probes"]), None)
        said = [f"accuracy lost {_figure(lost['drop'])} ({lost['samples']} samples)"] if lost else []
        ended = ["stopped by a limit"] if "stopped" in record else []
        return ", ".join([*said, f"KL from the base {_figure(final['kl'])} nats a token", *ended])
    except (KeyError, TypeError, ValueError):
        return None


def _figure(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
