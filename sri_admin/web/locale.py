"""Which language and theme a request is answered in: asked for, remembered, the account's, the browser's."""

from flask import Response, current_app, request

from sri_admin.kernel import i18n
from sri_admin.kernel.catalogue import Catalogue
from sri_admin.web import cookies, visit

QUERY = "lang"
PSEUDO = "PSEUDO_TEXT"  # a switch of the application, for tests and translators: marks every text that was looked up
THEMES = ("auto", "light", "dark")
_LONGEST_TAG = 35


def choose() -> None:
    """Speak the language of this visit and note its theme."""
    signed_in = visit.current().signed_in
    wanted = (request.args.get(QUERY), cookies.read(cookies.LANGUAGE), signed_in.locale if signed_in else None)
    tag = next((tag for each in wanted if each and (tag := _offered(each))), None)
    i18n.speak(tag or _negotiated())
    i18n.set_pseudo(current_app.config.get(PSEUDO, False))
    theme = cookies.read(cookies.THEME) or (signed_in.theme if signed_in else "auto")
    visit.known(theme=theme if theme in THEMES else "auto")


def remember(response: Response) -> Response:
    """Keep the language a link asked for, and say which one the answer is in."""
    asked = _offered(request.args.get(QUERY, ""))
    if asked:
        cookies.write(response, cookies.LANGUAGE, asked)
    response.headers["Content-Language"] = i18n.locale()
    response.vary.update(["Accept-Language", "Cookie"])
    return response


def is_reviewed(tag: str) -> bool:
    """Say whether a native speaker has reviewed the catalogue."""
    found: Catalogue | None = i18n.catalogue(tag)
    return found is None or found.reviewed


def _offered(tag: str) -> str | None:
    # Only tags of our own go on from here: whatever else a link brings would be parsed, and kept for good, everywhere.
    known = i18n.chain(tag) if 0 < len(tag) <= _LONGEST_TAG else []
    found = next((each for each in known if each in i18n.available()), None)
    return found if found != i18n.SOURCE or tag.partition("-")[0] == i18n.SOURCE else None


def _negotiated() -> str:
    return request.accept_languages.best_match(i18n.available(), default=i18n.SOURCE)
