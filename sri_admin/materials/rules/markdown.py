"""Markdown in, blocks out: headings, paragraphs, lists and quotes; anything else is refused by its line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from sri_admin.kernel.errors import FieldError, InvalidError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.materials.rules.blocks import CODE, Block, BlockKind

LONGEST: Final = 200_000
_DEEPEST: Final = 3
_OPENS: Final[Mapping[str, str]] = {"strong_open": "strong", "em_open": "em"}
_CLOSES: Final = frozenset({"strong_close", "em_close", "link_close"})
_SAFE_SCHEMES: Final = ("https://", "http://", "mailto:")
_STRUCTURE: Final = frozenset(
    {"heading_close", "paragraph_open", "paragraph_close", "list_item_open", "list_item_close"}
)


def parse(source: str, *, fresh: Callable[[], str]) -> list[Block]:
    """Return the blocks of a Markdown text, each with a fresh identity; InvalidError names the line at fault."""
    if len(source) > LONGEST:
        _refuse(_("This text is too long for one document. Please make two of it."))
    tokens = MarkdownIt("commonmark", {"html": False}).parse(source)
    found = list(_blocks(tokens, fresh))
    if not found:
        _refuse(_("There is no text yet. Write at least one paragraph."))
    return found


def _blocks(tokens: Sequence[Token], fresh: Callable[[], str]) -> Iterator[Block]:
    around: list[str] = []
    kind, level = BlockKind.PARAGRAPH, 1
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open", "blockquote_open"}:
            around.append(token.type)
        elif token.type in {"bullet_list_close", "ordered_list_close", "blockquote_close"}:
            around.pop()
        elif token.type == "heading_open":
            kind, level = BlockKind.HEADING, int(token.tag[1])
            _check_depth(level, token)
        elif token.type == "inline":
            if kind is not BlockKind.HEADING:
                kind, level = _place(around, token)
            text, codes = _inline(token)
            yield Block(uid=fresh(), kind=kind, level=level, text=text, codes=codes)
            kind = BlockKind.PARAGRAPH
        elif token.type not in _STRUCTURE:
            _refuse(_("Line %(line)s: tables, pictures, lines and code are not possible here.", line=_line(token)))


def _place(around: Sequence[str], token: Token) -> tuple[BlockKind, int]:
    lists = [each for each in around if each != "blockquote_open"]
    if not lists:
        return (BlockKind.QUOTE, 1) if around else (BlockKind.PARAGRAPH, 1)
    _check_depth(len(lists), token)
    return (BlockKind.BULLET if lists[-1].startswith("bullet") else BlockKind.NUMBER), len(lists)


def _check_depth(level: int, token: Token) -> None:
    if level > _DEEPEST:
        _refuse(_("Line %(line)s: headings and lists go three levels deep.", line=_line(token)))


def _inline(token: Token) -> tuple[str, dict[str, tuple[str, ...]]]:
    if CODE.search(token.content):
        _refuse(_("Line %(line)s: numbers in braces are kept for marks. Write them another way.", line=_line(token)))
    pieces: list[str] = []
    codes: dict[str, tuple[str, ...]] = {}
    opened: list[str] = []
    for child in token.children or ():
        if child.type in _CLOSES:
            pieces.append(f"{{/{opened.pop()}}}")
            continue
        code = _code_of(child, token)
        if code is None:
            pieces.append(" " if child.type == "softbreak" else child.content)
            continue
        number = str(len(codes) + 1)
        codes[number] = code
        pieces.append(_opening(child, number))
        if child.type.endswith("_open"):
            opened.append(number)
    return " ".join("".join(pieces).split()), codes


def _code_of(child: Any, token: Token) -> tuple[str, ...] | None:
    if child.type in {"text", "softbreak"}:
        return None
    if child.type in _OPENS:
        return (_OPENS[child.type],)
    if child.type == "link_open" and str(child.attrs["href"]).startswith(_SAFE_SCHEMES):
        return ("link", str(child.attrs["href"]))
    if child.type == "hardbreak":
        return ("br",)
    if child.type == "code_inline":
        return ("code",)
    _refuse(_("Line %(line)s: only bold, emphasis and links to web pages are possible here.", line=_line(token)))
    return None


def _opening(child: Any, number: str) -> str:
    if child.type == "hardbreak":
        return f"{{{number}/}}"
    if child.type == "code_inline":
        return f"{{{number}}}{child.content}{{/{number}}}"
    return f"{{{number}}}"


def _line(token: Token) -> str:
    return str((token.map or [0])[0] + 1)


def _refuse(message: str) -> None:
    raise InvalidError([FieldError("markdown", message)])
