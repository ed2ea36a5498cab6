"""Which block of an edited text is which of the text before: the same words first, then the most alike between them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from sri_admin.materials.rules.blocks import Block

# A block that stands alone between two unchanged ones is more likely the same, rewritten.
_ALIKE: Final = 0.6
_ALIKE_ALONE: Final = 0.3


def keep_identity(before: Sequence[Block], after: Sequence[Block]) -> list[Block]:
    """Give the blocks of an edited text the identities, and the risk, of those they came from."""
    pairs = pair(before, after)
    return [
        replace(block, uid=before[pairs[place]].uid, risk=before[pairs[place]].risk, change=before[pairs[place]].change)
        if place in pairs
        else block
        for place, block in enumerate(after)
    ]


def pair(before: Sequence[Block], after: Sequence[Block]) -> dict[int, int]:
    """Return, by place in the edited text, the place before; no two share one."""
    old, new = [_key(each) for each in before], [_key(each) for each in after]
    found: dict[int, int] = {}
    for tag, start, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.update(zip(range(first, last), range(start, stop), strict=True))
        elif tag == "replace":
            found.update(_most_alike(before, after, range(start, stop), range(first, last)))
    found |= _moved(old, new, found)
    left = [place for place in range(len(old)) if place not in found.values()]
    return found | _most_alike(before, after, left, [place for place in range(len(new)) if place not in found])


def _key(block: Block) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    return block.text, tuple((number, tuple(code)) for number, code in sorted(block.codes.items()))


def _most_alike(
    before: Sequence[Block], after: Sequence[Block], there: Sequence[int], here: Sequence[int]
) -> dict[int, int]:
    alike = [(_likeness(before[old].text, after[new].text), new, old) for new in here for old in there]
    is_alone = isinstance(there, range) and len(there) == len(here) == 1
    least = _ALIKE_ALONE if is_alone else _ALIKE
    found: dict[int, int] = {}
    for likeness, new, old in sorted(alike, key=lambda each: (-each[0], each[1], each[2])):
        if likeness >= least and new not in found and old not in found.values():
            found[new] = old
    return found


def _likeness(old: str, new: str) -> float:
    return SequenceMatcher(None, old.split(), new.split(), autojunk=False).ratio()


def _moved(old: Sequence[object], new: Sequence[object], found: Mapping[int, int]) -> dict[int, int]:
    left, moved = [place for place in range(len(old)) if place not in found.values()], {}
    for place, key in enumerate(new):
        same = next((each for each in left if old[each] == key), None) if place not in found else None
        if same is not None:
            moved[place] = same
            left.remove(same)
    return moved
