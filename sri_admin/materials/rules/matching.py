"""Which block of an edited text is which of the text before: the same words first, then the most alike between them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Final

from sri_admin.materials.rules.blocks import Block, Risk

# A block that stands alone between two unchanged ones is more likely the same, rewritten.
_ALIKE: Final = 0.6
_ALIKE_ALONE: Final = 0.3
Key = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]


def keep_identity(
    before: Sequence[Block], after: Sequence[Block], *, released: Sequence[Sequence[Block]] = ()
) -> list[Block]:
    """Give the blocks of an edited text the identities, and the risk, of those they came from.

    A wording of an earlier release (`released`, the newest first) gets back what it had there. What stands in place of
    other blocks and comes from none of them is as grave as the gravest of them.
    """
    back = _back(before, after, [block for text in released for block in text])
    taken = {each.uid for each in back.values()}
    old = [each for each in before if each.uid not in taken]
    new = [place for place in range(len(after)) if place not in back]
    kept = {new[here]: old[there] for here, there in pair(old, [after[place] for place in new]).items()}
    found = [_named(block, kept.get(place) or back.get(place)) for place, block in enumerate(after)]
    gone = [_gone(text, found) for text in (before, *released[:1])]
    return [block if place in kept else _as_grave(block, gone) for place, block in enumerate(found)]


def _named(block: Block, source: Block | None) -> Block:
    return replace(block, uid=source.uid, risk=source.risk, change=source.change) if source else block


def _back(before: Sequence[Block], after: Sequence[Block], earlier: Sequence[Block]) -> dict[int, Block]:
    now, wanted = {_key(each) for each in before}, {_key(each) for each in after}
    taken = {each.uid for each in before if _key(each) in wanted}
    # What was judged last of a block counts, not what it was when it had this wording.
    risks = {each.uid: each.risk for each in (*reversed(earlier), *before)}
    known: dict[Key, list[Block]] = {}
    for each in earlier:
        known.setdefault(_key(each), []).append(each)
    found: dict[int, Block] = {}
    for place, block in enumerate(after):
        same = known.get(_key(block), []) if _key(block) not in now else []
        source = next((each for each in same if each.uid not in taken), None)
        if source is not None:
            found[place] = replace(source, risk=risks[source.uid], change=None)
            taken.add(source.uid)
    return found


def _gone(before: Sequence[Block], after: Sequence[Block]) -> dict[str, list[Risk]]:
    """Return, by identity of a new block, the risks of those that stood in its place and are no more."""
    old, new = [each.uid for each in before], [each.uid for each in after]
    found: dict[str, list[Risk]] = {}
    for tag, start, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace":
            risks = [each.risk for each in before[start:stop] if each.uid not in new]
            found.update((uid, risks) for uid in new[first:last] if uid not in old)
    return found


def _as_grave(block: Block, gone: Sequence[Mapping[str, Sequence[Risk]]]) -> Block:
    risks = [risk for each in gone for risk in each.get(block.uid, ())]
    return replace(block, risk=max([block.risk, *risks], key=_weight))


def _weight(risk: Risk) -> int:
    return list(Risk).index(risk)


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


def _key(block: Block) -> Key:
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
