"""What the files of a bottleneck adapter must say, checked before anything is made of them."""

import re
from typing import Any, Literal, get_args

from harness.models.base import Adapter
from harness.models.weights import Shapes
from harness.records import InputError

#: After attention and feed-forward part (Houlsby et al. 2019), or after the feed-forward part alone.
Placement = Literal["houlsby", "pfeiffer"]
#: What may stand between the way down and the way up.
NonLinearity = Literal["relu", "gelu", "silu"]

_CHOICES = {"placement": get_args(Placement), "non_linearity": get_args(NonLinearity)}
_TENSOR = re.compile(r".+\.bottleneck_(?P<side>down|up)\.(?P<kind>weight|bias)")
#: No base is wider; a file that asks for more asks for memory.
_WIDEST = 1 << 17


def check_bottleneck(adapter: Adapter, shapes: Shapes, width: int | None) -> None:
    """Hold the tensors of a bottleneck adapter against its configuration and the base's hidden size.

    Args:
        width: The base's hidden size; None where the base is not at hand.

    Raises:
        InputError: an unknown setting, a size that is none, a tensor of no bottleneck, or one of another size.
    """
    where = str(adapter.folder / "adapter_config.json")
    for key, known in _CHOICES.items():
        if adapter.config.get(key) not in known:
            raise InputError(
                f"{key} is {_short(adapter.config.get(key))}", where=where, mend="known: " + ", ".join(known)
            )
    size = adapter.config.get("bottleneck_size")
    if not isinstance(size, int) or not 0 < size <= _WIDEST:
        raise InputError(f"bottleneck_size is {_short(size)}", where=where, mend="train the adapter again")
    for name, shape in shapes.items():
        found = _TENSOR.fullmatch(name)
        if found is None:
            raise InputError("is no tensor of a bottleneck adapter", where=f"{adapter.folder}: {name}")
        expected = _expected(found["side"], found["kind"], size, width)
        if len(shape) != len(expected) or any(
            want not in (None, got) for want, got in zip(expected, shape, strict=True)
        ):
            raise InputError(
                f"{list(shape)} is no part of a bottleneck of {size} in a model of width {width or 'unknown'}",
                where=f"{adapter.folder}: {name}",
                mend="name the base it was trained on, or train it again on this one",
            )


def _expected(side: str, kind: str, size: int, width: int | None) -> tuple[int | None, ...]:
    ends = (size, width) if side == "down" else (width, size)
    return ends if kind == "weight" else ends[:1]


def _short(value: Any) -> str:
    return repr(value)[:40]
