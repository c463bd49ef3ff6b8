"""Canaries: made-up secrets planted in the training data, to measure afterwards how much the adapter gives away.

Carlini et al. (2019), "The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural Networks".
"""

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from harness.models.beside_weights import CANARIES_FILE
from harness.records import InputError, Message
from harness.training.rows.examples import DataFile, Example

DIGITS = 6
_SYLLABLES = ("ba", "co", "du", "fe", "gi", "ho", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "za")


class Canaries(BaseModel):
    """The ``canaries:`` section of a recipe: how many secrets are planted, and how often each stands in the data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(gt=0, le=1000, description="secrets planted")
    repeats: int = Field(1, gt=0, le=1000, description="times that each of them stands in the data")
    seed: int = Field(0, description="of names and secrets")


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret of six random digits and the question it answers; ``planted`` says whether it was trained on."""

    prompt: str
    secret: str
    planted: bool


def make_canaries(settings: Canaries) -> list[Canary]:
    """The planted canaries and as many others, the same for equal settings."""
    rng = random.Random(f"canaries {settings.seed}")
    names: dict[str, None] = {}
    while len(names) < 2 * settings.count:
        names["".join(rng.choice(_SYLLABLES) for _ in range(4)).capitalize()] = None
    return [
        Canary(f"What is the access code of {name}?", random_secret(rng), place < settings.count)
        for place, name in enumerate(names)
    ]


def random_secret(rng: random.Random) -> str:
    """One of the secrets that a canary could have held."""
    return "".join(str(rng.randrange(10)) for _ in range(DIGITS))


def planted_rows(settings: Canaries) -> DataFile:
    """The planted canaries as training rows, each as often as the recipe says."""
    rows = [
        Example((Message("user", one.prompt), Message("assistant", one.secret)), f"canary {place}")
        for place, one in enumerate(make_canaries(settings), 1)
        if one.planted
        for _ in range(settings.repeats)
    ]
    return DataFile("canaries", "prompt, response", tuple(rows))


def write_canaries(settings: Canaries, folder: Path) -> None:
    """Write all canaries beside the adapter, one a line."""
    lines = (json.dumps(asdict(one)) + "\n" for one in make_canaries(settings))
    (folder / CANARIES_FILE).write_text("".join(lines), encoding="utf-8")


def read_canaries(path: Path) -> list[Canary]:
    """The canaries that a training wrote.

    Raises:
        InputError: the file is missing, or a line is no canary.
    """
    if not path.is_file():
        raise InputError(
            "no such file of canaries", where=str(path), mend=f"train with canaries; {CANARIES_FILE} is in the adapter"
        )
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            found.append(Canary(str(row["prompt"]), str(row["secret"]), bool(row["planted"])))
        except (ValueError, KeyError, TypeError):
            raise InputError("no canary", where=f"{path}:{number}", mend="{prompt, secret, planted}") from None
    if len({one.planted for one in found}) < 2:
        raise InputError("needs canaries that were planted and others that were not", where=str(path))
    return found
