"""Texts as strings with one character a word, so that comparing texts is comparing strings and arrays of integers."""

from collections.abc import Callable, Iterable, Sequence

from harness.records import InputError

#: Different words after which a new code is begun; Unicode has room for a million.
FULL = 500_000


def encode_pairs(
    found: Sequence[str],
    wanted: Sequence[str],
    tokenize: Callable[[str], Sequence[str]],
    *,
    by_piece: Callable[[str], bool],
) -> tuple[list[str], list[str]]:
    """Pairs of texts as strings with one character a word; within a pair, equal words have equal characters.

    Args:
        found, wanted: The texts, pair by pair.
        tokenize: The words of a text.
        by_piece: Whether the words of this text are those of its white-space-separated pieces, one after another.
            Then every different piece is tokenized once.

    Raises:
        InputError: a pair has more than about half a million different words.
    """
    coder = _Coder(tokenize, by_piece)
    left, right = [], []
    for one, other in zip(found, wanted, strict=True):
        if coder.full:
            coder = _Coder(tokenize, by_piece)
        left.append(coder.encode(one))
        right.append(coder.encode(other))
    return left, right


class _Coder:
    def __init__(self, tokenize: Callable[[str], Sequence[str]], by_piece: Callable[[str], bool]) -> None:
        self._words = _Characters()
        self._pieces = _Pieces(tokenize, self._words)
        self._tokenize, self._by_piece = tokenize, by_piece

    @property
    def full(self) -> bool:
        return len(self._words) >= FULL or len(self._pieces) >= FULL

    def encode(self, text: str) -> str:
        if self._by_piece(text):
            return "".join(map(self._pieces.__getitem__, text.split()))
        return self._words.encode(self._tokenize(text))


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
