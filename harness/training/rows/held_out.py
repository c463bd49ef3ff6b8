"""Which rows of the recipe's own data are held out of the training: a share of the prompts, drawn by their content."""

from collections.abc import Sequence

from harness.records import content_hash
from harness.training.data.split import groups
from harness.training.rows.examples import Example, PreferenceExample

#: Of more text than this only rows of equal prompts are kept on one side: 0.2 seconds for a million characters.
GROUPED_CHARACTERS = 100_000_000


def keeps_together(examples: Sequence[Example | PreferenceExample]) -> bool:
    """Whether near duplicates are looked for, or the text is too much for that."""
    return sum(len(text) for one in examples for _, text in one.said) <= GROUPED_CHARACTERS


def draw_held_out(examples: Sequence[Example | PreferenceExample], fraction: float, seed: int) -> set[str]:
    """The prompt hashes of held-out rows.

    Rows of equal prompts and rows that are nearly the same (as `harness data split` takes it) fall on one side. A
    group is drawn by a hash of its prompts, so that rows that come or go move no other.

    Args:
        fraction: Expected share of the groups.
    """
    if not fraction:
        return set()
    hashes = [one.prompt_hash for one in examples]
    names = _group_names(examples, hashes)
    return {hash_ for hash_ in hashes if _uniform(seed, names[hash_]) < fraction}


def _group_names(examples: Sequence[Example | PreferenceExample], hashes: Sequence[str]) -> dict[str, str]:
    """The name of each prompt's group: the least hash in it."""
    if not keeps_together(examples):
        return {hash_: hash_ for hash_ in hashes}
    texts = ["\n\n".join(text for _, text in one.said) for one in examples]
    found = groups(hashes, texts).tolist()
    least: dict[int, str] = {}
    for group, hash_ in zip(found, hashes, strict=True):
        least[group] = min(least.get(group, hash_), hash_)
    return {hash_: least[group] for group, hash_ in zip(found, hashes, strict=True)}


def _uniform(seed: int, name: str) -> float:
    digits = content_hash([seed, name])
    return float(int(digits, 16) / 16 ** len(digits))
