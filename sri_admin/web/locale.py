"""Which language and theme a request is answered in: asked for, remembered, the account's, the browser's."""

from flask import Response, current_app, request

from sri_admin.kernel import i18n
from sri_admin.kernel.catalogue import Catalogue
from sri_admin.web import cookies, visit

QUERY = "lang"
PSEUDO = "PSEUDO_TEXT"  # a switch of the application, for tests and translators: marks every text that was looked up
THEMES = ("auto", "light", "dark")


def choose() -> None:
    """Speak the language of this visit and note its theme."""
    signed_in = visit.current().signed_in
    wanted = (request.args.get(QUERY), cookies.read(cookies.LANGUAGE), signed_in.locale if signed_in else None)
    tag = next((each for each in wanted if each and _is_offered(each)), None)
    i18n.speak(tag or _negotiated())
    i18n.set_pseudo(current_app.config.get(PSEUDO, False))
    theme = cookies.read(cookies.THEME) or (signed_in.theme if signed_in else "auto")
    visit.known(theme=theme if theme in THEMES else "auto")


def remember(response: Response) -> Response:
    """Keep the language a link asked for, and say which one the answer is in."""
    asked = request.args.get(QUERY)
    if asked and _is_offered(asked):
        cookies.write(response, cookies.LANGUAGE, asked)
    response.headers["Content-Language"] = i18n.locale()
    response.vary.update(["Accept-Language", "Cookie"])
    return response


def is_reviewed(tag: str) -> bool:
    """Say whether a native speaker has reviewed the catalogue."""
    found: Catalogue | None = i18n.catalogue(tag)
    return found is None or found.reviewed


def _is_offered(tag: str) -> bool:
    return any(each in i18n.available() for each in i18n.chain(tag)[:-1]) or tag in i18n.available()


def _negotiated() -> str:
    return request.accept_languages.best_match(i18n.available(), default=i18n.SOURCE)
