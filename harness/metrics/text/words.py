"""Texts as strings with one character a word, so that comparing texts is comparing strings and arrays of integers."""

from collections.abc import Callable, Iterable, Sequence

from harness.records import InputError

#: Different words after which a new code is begun; Unicode has room for a million.
FULL = 500_000


def different_pairs(found: Sequence[str], wanted: Sequence[str]) -> tuple[list[str], list[str], list[int]]:
    """Each different pair once, and for each pair its place among those: models and data repeat themselves."""
    places: dict[tuple[str, str], int] = {}
    index = [places.setdefault(pair, len(places)) for pair in zip(found, wanted, strict=True)]
    return [one for one, _ in places], [other for _, other in places], index


def encode_pairs(
    found: Sequence[str],
    wanted: Sequence[str],
    tokenize: Callable[[str], Sequence[str]],
    whole: Callable[[str], bool] | None = None,
) -> tuple[list[str], list[str]]:
    """Pairs of texts as strings with one character a word; within a pair, equal words have equal characters.

    The words of a text are those of its white-space-separated pieces, one after another, and every different piece is
    tokenized once.

    Args:
        found, wanted: The texts, pair by pair.
        tokenize: The words of a text.
        whole: Whether a text must be tokenized as it is, because its words are not those of its pieces.

    Raises:
        InputError: a pair has more than about half a million different words.
    """
    left: list[str] = []
    right: list[str] = []
    words = pieces = None
    for pair in zip(found, wanted, strict=True):
        if words is None or pieces is None or len(words) >= FULL or len(pieces) >= FULL:
            words = _Characters()
            pieces = _Pieces(tokenize, words)
        for text, codes in zip(pair, (left, right), strict=True):
            if whole is not None and whole(text):
                codes.append(words.encode(tokenize(text)))
            else:
                codes.append("".join(map(pieces.__getitem__, text.split())))
    return left, right


class _Characters(dict[str, str]):
    def __missing__(self, word: str) -> str:
        try:
            self[word] = chr(len(self))
        except ValueError:
            raise InputError(f"texts of more than {FULL:,} different words cannot be compared") from None
        return self[word]

    def encode(self, words: Iterable[str]) -> str:
        return "".join(map(self.__getitem__, words))


class _Pieces(dict[str, str]):
    def __init__(self, tokenize: Callable[[str], Sequence[str]], words: _Characters) -> None:
        super().__init__()
        self._tokenize, self._words = tokenize, words

    def __missing__(self, piece: str) -> str:
        self[piece] = code = self._words.encode(self._tokenize(piece))
        return code
