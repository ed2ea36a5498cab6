"""Blocks, their identity over edits, and the page they become."""

import json
from dataclasses import replace
from itertools import count
from typing import Any

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sri_admin.kernel.errors import InvalidError
from sri_admin.materials.rules import markdown, releases, rendering, wording
from sri_admin.materials.rules.blocks import Block, BlockKind, Change, Risk, read, written
from sri_admin.materials.rules.entitlement import Licence, Standing, judge
from sri_admin.materials.rules.matching import keep_identity, pair
from sri_admin.materials.rules.releases import LicenceClass

TAGS = {"p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "code", "a", "br"}
_SPOKEN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


def blocks(text: str) -> list[Block]:
    number = count(1)
    return markdown.parse(text, fresh=lambda: f"b{next(number)}")


def paragraphs(*texts: str) -> list[Block]:
    return [Block(uid=f"p{place}", kind=BlockKind.PARAGRAPH, text=text) for place, text in enumerate(texts)]


def test_marks_become_numbered_codes_and_come_back_on_the_page() -> None:
    (block,) = blocks("Say **hello** and look at [our page](https://example.org/a?b=1&c=2) for {minutes} minutes.")
    assert block.text == "Say {1}hello{/1} and look at {2}our page{/2} for {minutes} minutes."
    shown = str(rendering.page([block]))
    link = '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer">our page</a>'
    assert shown == f"<p>Say <strong>hello</strong> and look at {link} for {{minutes}} minutes.</p>"


def test_lists_nest_and_headings_begin_below_the_title() -> None:
    shown = str(rendering.page(blocks("# One\n\n- a\n  - b\n- c\n\n1. d\n\n> e")))
    lists = "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>\n<ol><li>d</li></ol>"
    assert shown == f"<h2>One</h2>\n{lists}\n<blockquote><p>e</p></blockquote>"


@pytest.mark.parametrize(
    "text", ["", "![a](b.png)", "```\nx\n```", "a\n\n---\n", "[x](ftp://a.example)", "Number {1} here", "#### Deep"]
)
def test_what_a_document_cannot_hold_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(InvalidError) as refused:
        blocks(text)
    assert refused.value.fields[0].field == "markdown"


@given(st.lists(_SPOKEN, min_size=1, max_size=5), st.dictionaries(st.sampled_from("123"), st.just(("strong",))))
def test_no_text_of_a_block_becomes_markup(texts: list[str], codes: dict[str, tuple[str, ...]]) -> None:
    hostile = [f"{{1}}{text}<script>{{/2}}{{2}}{text}" for text in texts]
    made = [Block(uid="x", kind=BlockKind.BULLET, text=text, codes=codes) for text in hostile]
    tree = html5lib.parseFragment(str(rendering.page(made)), treebuilder="etree", namespaceHTMLElements=False)
    assert {each.tag for each in tree.iter()} - {"DOCUMENT_FRAGMENT"} <= TAGS
    assert not [each for each in tree.iter() if set(each.attrib) - {"href", "rel"}]


def test_a_link_of_an_unknown_scheme_is_shown_as_its_words() -> None:
    hostile = Block(uid="x", kind=BlockKind.PARAGRAPH, text="{1}here{/1}", codes={"1": ("link", "javascript:x")})
    assert str(rendering.page([hostile])) == "<p>here</p>"


@given(st.lists(_SPOKEN, min_size=1, max_size=8))
def test_what_is_written_is_read_back(texts: list[str]) -> None:
    made = paragraphs(*texts)
    assert read(written(made)) == made
    assert json.loads(written(made))


def test_an_edited_block_keeps_its_identity_and_a_new_one_gets_its_own() -> None:
    before = paragraphs("Nobody has to speak here.", "Ask who would like to begin.", "Thank everybody.")
    after = [
        Block(uid=f"new{place}", kind=BlockKind.PARAGRAPH, text=text)
        for place, text in enumerate(
            ("Thank everybody.", "A wholly different sentence stands here.", "Ask who would like to begin now.")
        )
    ]
    assert [each.uid for each in keep_identity(before, after)] == ["p2", "new1", "p1"]


def named(block: Block, uid: str, risk: Risk) -> Block:
    return replace(block, uid=uid, risk=risk)


def test_what_stands_in_place_of_others_is_as_grave_as_the_gravest_of_them() -> None:
    one, two, three = paragraphs("Before it.", "Nobody has to speak here.", "After it.")
    before = [one, replace(two, risk=Risk.PROGRAM), three]
    anew = [replace(one, uid="n0"), named(two, "n1", Risk.GENERAL), replace(three, uid="n2")]
    anew[1] = replace(anew[1], text="Silence is welcome.")
    assert [each.risk for each in keep_identity(before, anew)] == [Risk.GENERAL, Risk.PROGRAM, Risk.GENERAL]
    # Taken out in one draft and written anew in the next, it stands in place of what was released.
    without = [one, three]
    kept = keep_identity(without, anew, released=[before])
    assert [(each.uid, each.risk) for each in kept] == [
        ("p0", Risk.GENERAL),
        ("n1", Risk.PROGRAM),
        ("p2", Risk.GENERAL),
    ]


def test_a_wording_of_any_earlier_release_gets_back_its_identity_and_risk() -> None:
    (old,), (anew,) = paragraphs("Nobody has to speak here."), paragraphs("Silence is welcome.")
    first, second = [named(old, "a", Risk.PROGRAM)], [named(anew, "b", Risk.PROGRAM)]
    (back,) = keep_identity(second, [replace(old, uid="c")], released=[second, first])
    assert (back.uid, back.risk) == ("a", Risk.PROGRAM)
    (judged,) = keep_identity(
        [named(anew, "a", Risk.SAFETY)], [replace(old, uid="c")], released=[[named(old, "a", Risk.GENERAL)]]
    )
    assert (judged.uid, judged.risk) == ("a", Risk.SAFETY)


@given(st.lists(_SPOKEN, max_size=6), st.lists(_SPOKEN, max_size=6), st.lists(_SPOKEN, max_size=6))
def test_no_two_blocks_get_one_identity_whatever_was_released(first: list[str], old: list[str], new: list[str]) -> None:
    released = [replace(each, uid=f"r{place}") for place, each in enumerate(paragraphs(*first))]
    after = [replace(each, uid=f"n{place}") for place, each in enumerate(paragraphs(*new))]
    found = keep_identity(paragraphs(*old), after, released=[released, paragraphs(*old)])
    assert len({each.uid for each in found}) == len(new)
    assert [each.text for each in found] == new


@given(st.lists(_SPOKEN, max_size=8), st.lists(_SPOKEN, max_size=8))
def test_no_two_blocks_come_from_one_and_equal_texts_all_stay(old: list[str], new: list[str]) -> None:
    found = pair(paragraphs(*old), paragraphs(*new))
    assert len(set(found.values())) == len(found)
    assert pair(paragraphs(*old), paragraphs(*old)) == {place: place for place in range(len(old))}


def test_a_wording_changed_back_has_its_old_name() -> None:
    first, changed, back = paragraphs("One.")[0], paragraphs("Two.")[0], paragraphs("One.")[0]
    assert first.revision == back.revision != changed.revision


@pytest.mark.parametrize(
    ("change", "version"), [(Change.EDITORIAL, "1.2.4"), (Change.CLARIFYING, "1.2.4"), (Change.SAFETY, "1.3.0")]
)
def test_the_number_grows_with_the_weight_of_the_change(change: Change, version: str) -> None:
    before = paragraphs("One.", "Two.")
    after = [before[0], Block(uid="p1", kind=BlockKind.PARAGRAPH, text="Three.", change=change)]
    assert releases.next_version("1.2.3", releases.compare(before, after)) == version
    assert releases.next_version("1.2.3", releases.compare(before, before[:1])) == "1.3.0"


RECAST: list[dict[str, Any]] = [{"risk": Risk.PROGRAM}, {"level": 2}, {"kind": BlockKind.QUOTE}]


@pytest.mark.parametrize("cast", RECAST, ids=lambda cast: next(iter(cast)))
def test_a_block_that_says_the_same_as_something_else_is_news(cast: dict[str, Any]) -> None:
    before = paragraphs("One.", "Two.")
    changed = releases.compare(before, [replace(before[0], **cast), before[1]])
    assert (len(changed.recast), changed.changed, changed.is_nothing) == (1, (), False)
    assert releases.next_version("1.2.3", changed) == "1.2.4"


def test_another_order_is_news() -> None:
    before = paragraphs("One.", "Two.", "Three.")
    assert releases.compare(before, [before[2], *before[:2]]).moved == 1
    assert releases.compare(before, [before[0], before[2]]).moved == 0
    assert releases.compare(before, before).is_nothing


@pytest.mark.parametrize(("version", "last"), [("1.0", None), ("1.0.0", "1.0.0"), ("0.9.9", "1.0.0"), ("1.0.01", None)])
def test_a_number_that_does_not_follow_is_refused(version: str, last: str | None) -> None:
    with pytest.raises(InvalidError):
        releases.check_version(version, last)


@pytest.mark.parametrize(
    ("licence_class", "licence", "standing"),
    [
        (LicenceClass.OPEN, Licence(()), Standing.OPEN),
        (LicenceClass.LICENSED, Licence(()), Standing.NO_AGREEMENT),
        (LicenceClass.LICENSED, Licence((("youth",),)), Standing.NOT_COVERED),
        (LicenceClass.LICENSED, Licence((("youth",), ("four_point",))), Standing.COVERED),
        (LicenceClass.LICENSED, Licence((("four_point",),), is_suspended=True), Standing.SUSPENDED),
    ],
)
def test_who_may_have_a_work(licence_class: LicenceClass, licence: Licence, standing: Standing) -> None:
    assert judge(licence_class, "four_point", licence) is standing


@given(_SPOKEN, _SPOKEN)
def test_a_difference_holds_every_word_of_both(before: str, after: str) -> None:
    found = wording.difference(before, after)
    old = " ".join(each.text for each in found if each.op != "added")
    new = " ".join(each.text for each in found if each.op != "removed")
    assert (old.split(), new.split()) == (before.split(), after.split())
