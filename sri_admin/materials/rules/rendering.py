"""Blocks as a page. Every word is escaped and every mark is one of ours, so nothing in a block can become markup."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

from sri_admin.materials.rules.blocks import CODE, Block, BlockKind

_MARKS: Final = {"strong": "strong", "em": "em", "code": "code"}
_SAFE_SCHEMES: Final = ("https://", "http://", "mailto:")
_LISTS: Final = {BlockKind.BULLET: "ul", BlockKind.NUMBER: "ol"}


def page(blocks: Sequence[Block], *, first_heading: int = 2) -> Markup:
    """Show a document; its first heading level becomes `first_heading` on the page."""
    shown: list[Markup] = []
    for kind, group in groupby(blocks, key=lambda each: each.kind):
        run = list(group)
        if kind in _LISTS:
            shown.append(_list(run, _LISTS[kind]))
        elif kind is BlockKind.QUOTE:
            shown.append(Markup("<blockquote>{}</blockquote>").format(Markup("").join(map(_paragraph, run))))
        elif kind is BlockKind.HEADING:
            shown += [_heading(each, first_heading) for each in run]
        else:
            shown += [_paragraph(each) for each in run]
    return Markup("\n").join(shown)


def inline(block: Block) -> Markup:
    """Show the text of a block with its marks; a mark that is not closed, or not ours, is left out."""
    return Markup("").join(_pieces(block))


def _heading(block: Block, first: int) -> Markup:
    return Markup("<h{0}>{1}</h{0}>").format(min(block.level + first - 1, 6), inline(block))


def _paragraph(block: Block) -> Markup:
    return Markup("<p>{}</p>").format(inline(block))


def _list(run: Sequence[Block], tag: str) -> Markup:
    items, place = [], 0
    while place < len(run):
        inner = place + 1
        while inner < len(run) and run[inner].level > run[place].level:
            inner += 1
        below = _list(run[place + 1 : inner], tag) if inner > place + 1 else Markup("")
        items.append(Markup("<li>{}{}</li>").format(inline(run[place]), below))
        place = inner
    return Markup("<{0}>{1}</{0}>").format(tag, Markup("").join(items))


def _pieces(block: Block) -> Iterator[Markup]:
    opened: list[str] = []
    closing = {mark[2:-1] for mark in CODE.findall(block.text) if mark.startswith("{/")}
    rest = 0
    for found in CODE.finditer(block.text):
        yield escape(block.text[rest : found.start()])
        rest = found.end()
        mark = found.group()[1:-1]
        number = mark.strip("/")
        code = block.codes.get(number, ())
        if mark.startswith("/"):
            yield from _close(opened, number, block)
        elif code[:1] == ("br",):
            yield Markup("<br>")
        elif number in closing and number not in opened and _tag(code):
            opened.append(number)
            yield _open(code)
    yield escape(block.text[rest:])
    while opened:
        yield Markup("</{}>").format(_tag(block.codes[opened.pop()]))


def _close(opened: list[str], number: str, block: Block) -> Iterator[Markup]:
    while number in opened:
        yield Markup("</{}>").format(_tag(block.codes[opened.pop()]))


def _open(code: Sequence[str]) -> Markup:
    if code[0] == "link":
        return Markup('<a href="{}" rel="noopener noreferrer">').format(code[1])
    return Markup("<{}>").format(_tag(code))


def _tag(code: Sequence[str]) -> str:
    if len(code) == 2 and code[0] == "link" and code[1].startswith(_SAFE_SCHEMES):
        return "a"
    return _MARKS.get(code[0], "") if code else ""
