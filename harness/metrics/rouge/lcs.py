"""Which tokens a longest common subsequence consists of, with rouge-score's choice among equals."""

from collections.abc import Sequence


def union_of_lcs(reference: Sequence[str], candidates: Sequence[Sequence[str]]) -> list[int]:
    """Positions in ``reference`` that belong to its LCS with at least one candidate, ascending."""
    places: dict[str, int] = {}
    for i, token in enumerate(reference):
        places[token] = places.get(token, 0) | 1 << i
    found: set[int] = set()
    for candidate in candidates:
        found.update(_lcs_positions(reference, candidate, places))
    return sorted(found)


def _lcs_positions(reference: Sequence[str], candidate: Sequence[str], places: dict[str, int]) -> list[int]:
    """Positions of one LCS.

    Columns of the dynamic-programming table are kept as bit sets of the rows where it grows (Hyyrö 2004), one big
    integer a candidate token. Where tokens differ, rouge-score walks left if the cell there is larger than the one
    above: exactly if the table grows in this row.
    """
    mask = (1 << len(reference)) - 1
    still, columns = mask, []
    for token in candidate:
        hits = still & places.get(token, 0)
        still = ((still + hits) | (still - hits)) & mask
        columns.append(~still & mask)
    i, j, positions = len(reference), len(candidate), []
    while i and j:
        if reference[i - 1] == candidate[j - 1]:
            positions.append(i - 1)
            i, j = i - 1, j - 1
        elif columns[j - 1] >> (i - 1) & 1:
            j -= 1
        else:
            i -= 1
    return positions
