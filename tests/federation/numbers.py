"""What is proved of the exchange, by number: 25 invariants and 62 cases of failure, and where each is proved.

`python -m tests.federation.numbers` prints the table. A check carries its number in its name: `i7_…`, `test_f18_…`.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]
_NUMBER = re.compile(r"(?:^|_)([if])(\d{1,2})(?=_)")

INVARIANTS = (
    "every change stands once, at one number, without a gap",
    "at rest a replica is what its writer's lines say",
    "positions move only with their lines",
    "what comes again changes nothing",
    "revisions never decrease",
    "a transaction is whole or not there",
    "one writer an epoch, and nothing of an old epoch is applied",
    "every line taken is in the chain and signed by a key good for its place",
    "equal places have equal chains",
    "nobody holds or writes what is not theirs",
    "what was removed stays removed",
    "what was erased is nowhere, and chains verify",
    "applied, parked, set aside and superseded are what was received",
    "a bad record blocks nothing",
    "pulling and pushing do not wait for each other",
    "memory and the hub's notes are bounded",
    "no clock decides",
    "control and roots only go forwards, a withdrawn key ends",
    "line and stick give the same",
    "green means equal",
    "nothing is pruned before its receipt",
    "a hub restored loses no country's change",
    "a node restored loses none",
    "a snapshot and its tail are the full replay",
    "a wrong peer is refused and spoils nothing",
)
CASES = (
    *("a later line commits first", "a writer idles in its transaction", "a rollback holds the lock"),
    *("many writers of few records", "a transaction larger than a page", "a serialization failure"),
    *("another cluster by dump or backup", "a line cut at every place", "an answer that is lost"),
    *("one batch twice at once", "batches out of order", "a gap", "an overlap with other bytes"),
    *("poison: bombs, broken gzip, bad text and numbers", "a proxy that rewrites", "a hub that is busy or slow"),
    *("a full disk", "death at each statement", "a node restored", "a node restored that wrote on"),
    *("a machine set back whole", "a copied node", "a hub restored", "hub and node restored"),
    *("a cursor beyond the end", "a hub with two histories", "a grant that is lost"),
    *("a hand-over called off, reclaimed, answered late", "removal while away beyond the horizon"),
    *("removed and made anew", "erased while a peer is away", "a snapshot that would empty a stream"),
    *("a silent node pins nothing", "an older node meets what is new", "a newer node meets an older hub"),
    *("nine months and two versions apart", "an up-caster that raises", "an older program put back"),
    *("a reference that comes late or never", "two records that clash", "one bad record among many"),
    *("a kind that moved to another stream", "a very large text", "a wording of a changed source"),
    *("two countries translate one segment", "an answer to a withdrawn finding", "clocks years off"),
    *("keys renewed while away", "keys withdrawn while away", "confused or repeated signatures and tokens"),
    *("codes of joining used twice or late", "a root below its threshold", "hostile and repeated sticks"),
    *("both ways on one stick", "receipts alone", "50,000 changes at first", "nothing to exchange"),
    *("a hundred changes", "every node at once", "half a year away", "a large file over a bad line"),
    "other countries' streams and files",
)


def found() -> dict[str, list[str]]:
    """Return by number, as I7 or F18, the checks and tests that carry it."""
    where: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for letter, number in _NUMBER.findall(node.name):
                    where[f"{letter.upper()}{number}"].append(f"{path.relative_to(TESTS)}::{node.name}")
    return where


def table() -> list[tuple[str, str, list[str]]]:
    """Return number, meaning and proofs of everything there is to prove."""
    where = found()
    listed = [(f"I{n}", text) for n, text in enumerate(INVARIANTS, 1)]
    listed += [(f"F{n}", text) for n, text in enumerate(CASES, 1)]
    return [(number, text, where.get(number, [])) for number, text in listed]


if __name__ == "__main__":
    for number, text, proofs in table():
        print(f"{number:4} {text}", *(f"       {each}" for each in proofs), sep="\n")  # noqa: T201 - the table
