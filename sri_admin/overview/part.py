"""What the part `overview` brings to the house."""

from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry, Part
from sri_admin.overview.pages import circle, search, today

PART = Part(
    name="overview",
    doors=(today.pages, circle.pages, search.pages),
    menu=(
        MenuEntry(
            label=_l("Today"),
            endpoint="overview.today",
            icon="sun",
            place=10,
            covers=frozenset({"overview.circle"}),
        ),
    ),
    search_endpoint="overview.search_show",
)
