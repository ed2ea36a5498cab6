"""Pages of the web floor itself: the menu of narrow screens, the theme, the components sheet."""

from typing import Any

from flask import request

from sri_admin.kernel.schema import Schema, fields, one_of
from sri_admin.web import locale
from sri_admin.web.doors import Audience, Pages, SeeOther, see_other
from sri_admin.web.redirects import path_of_referrer

pages = Pages("web")
development = Pages("components")


class ThemeIn(Schema):
    """The choice between light and dark."""

    theme = fields.String(required=True, validate=one_of(locale.THEMES))


@pages.get("/menu", audience=Audience.SIGNED_IN, template="menu.html")
def menu(_actor: Any) -> dict[str, Any]:
    """Show the navigation as a page."""
    return {"back_url": path_of_referrer(request.referrer)}


@pages.post("/theme", audience=Audience.PUBLIC, takes=ThemeIn, while_restored=True)
def theme_choose(_actor: Any, values: dict[str, Any]) -> SeeOther:
    """Keep the choice between light and dark in this browser."""
    return see_other(path_of_referrer(request.referrer), theme=values["theme"])


@development.get("/components", audience=Audience.PUBLIC, template="components.html")
def components(_actor: Any) -> dict[str, Any]:
    """Show every component in every state."""
    return {}
