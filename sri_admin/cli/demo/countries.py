"""The fictional countries of the demonstration. Their codes are user-assigned in ISO 3166: no country ever has them."""

from dataclasses import dataclass
from typing import Any

from sri_admin.members.rules.agreement import AgreementKind, EventKind
from sri_admin.members.rules.member import Listing, MemberKind, SuspensionKind, Transition
from sri_admin.members.rules.office import Office


@dataclass(frozen=True, kw_only=True)
class Terms:
    """An agreement: its first and last day and what became of it, in days from today."""

    starts: int
    ends: int
    kind: AgreementKind = AgreementKind.LICENCE
    places: tuple[str, ...] = ()
    is_signed: bool = True
    notes: tuple[tuple[int, EventKind, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step after the usual beginning: when, which, and what the board is told."""

    day: int
    transition: Transition
    reason: str = ""
    kind: SuspensionKind | None = None


@dataclass(frozen=True, kw_only=True)
class Country:
    """A country and its story; days count from today."""

    code: str
    name: str
    name_ar: str
    region: str
    zone: str = "UTC"
    locale: str = "en"
    kind: MemberKind = MemberKind.COUNTRY
    listing: Listing = Listing.FULL
    registered: int
    terms: Terms | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody in an office, entered where the member's own records are kept."""

    office: Office
    name: str
    since: int


_APPLY, _ACCEPT, _LICENSE = Transition.APPLY, Transition.ACCEPT, Transition.LICENSE


def _on_the_way(day: int, *further: Step, licensed: int | None = None) -> tuple[Step, ...]:
    """Return the usual beginning: applied, accepted, licensed; then what followed."""
    begun = (Step(day=day + 30, transition=_APPLY), Step(day=day + 90, transition=_ACCEPT))
    seated = () if licensed is None else (Step(day=licensed, transition=_LICENSE),)
    return (*begun, *seated, *further)


def _licensed(code: str, names: tuple[str, str], region: str, terms: Terms, *further: Step, **more: Any) -> Country:
    begun = terms.starts - 200
    steps = _on_the_way(begun, *further, licensed=terms.starts + 3)
    name, name_ar = names
    return Country(
        code=code, name=name, name_ar=name_ar, region=region, registered=begun, terms=terms, steps=steps, **more
    )


_SHORT, _LONG = 730, 1095
_CURE = "The yearly report is two months late. We agreed on fourteen days to send it."
_NOTICE = "The board asked to close the agreement at the end of its notice."

COUNTRIES = (
    _licensed(
        "QM", ("Exampleland", "بلاد المثال"), "north", Terms(starts=-400, ends=_LONG - 400), zone="Europe/Dublin"
    ),
    _licensed(
        "QN", ("Samplestan", "نموذجستان"), "east", Terms(starts=-300, ends=_SHORT - 300), zone="Asia/Amman", locale="ar"
    ),
    _licensed("QP", ("Testonia", "تستونيا"), "north", Terms(starts=-500, ends=_LONG - 500), zone="Europe/Tallinn"),
    _licensed("QQ", ("Fictavia", "فيكتافيا"), "north", Terms(starts=-680, ends=50)),
    _licensed("QR", ("Mockland", "موكلاند"), "west", Terms(starts=-660, ends=70), zone="America/Toronto"),
    _licensed("QS", ("Trialia", "ترياليا"), "south", Terms(starts=-745, ends=-15), zone="Africa/Nairobi"),
    _licensed(
        "QT",
        ("Patternia", "باترنيا"),
        "south",
        Terms(starts=-250, ends=480, notes=((-6, EventKind.CURE_OPENED, _CURE),)),
    ),
    _licensed(
        "QV",
        ("Modelmark", "موديلمارك"),
        "west",
        Terms(starts=-420, ends=675, notes=((-20, EventKind.NOTICE_GIVEN, _NOTICE),)),
    ),
    _licensed("QW", ("Specimenia", "سبيسيمنيا"), "east", Terms(starts=-120, ends=_SHORT - 120), zone="Asia/Tokyo"),
    _licensed("QX", ("Prototopia", "بروتوتوبيا"), "west", Terms(starts=-90, ends=_LONG - 90), zone="America/Lima"),
    _licensed(
        "XC",
        ("Illustria", "إيلوستريا"),
        "north",
        Terms(starts=-60, ends=305, kind=AgreementKind.PILOT),
        zone="Europe/Oslo",
    ),
    _licensed("XD", ("Templatia", "تمبلاتيا"), "south", Terms(starts=-780, ends=-50), zone="Africa/Lagos"),
    _licensed("XE", ("Figuria", "فيغوريا"), "east", Terms(starts=-365, ends=730, places=("XE-E", "XE-N"))),
    _licensed("XF", ("Variantia", "فاريانتيا"), "east", Terms(starts=-330, ends=400, places=("XF", "XE-W"))),
    _licensed(
        "QY",
        ("Sketchland", "سكتشلاند"),
        "west",
        Terms(starts=-600, ends=495),
        Step(
            day=-25,
            transition=Transition.SUSPEND,
            reason="Two trained facilitators are missing. Public listing waits until they are named.",
            kind=SuspensionKind.PARTIAL,
        ),
    ),
    _licensed(
        "QZ",
        ("Outlinia", "أوتلينيا"),
        "south",
        Terms(starts=-900, ends=195),
        Step(day=-140, transition=Transition.MARK_DORMANT, reason="The board rests until its next general meeting."),
    ),
    _licensed(
        "XG",
        ("Supposia", "سوبوزيا"),
        "east",
        Terms(starts=-700, ends=395),
        Step(
            day=-12, transition=Transition.BEGIN_WITHDRAWAL, reason="The board decided to close the body in good order."
        ),
    ),
    _licensed(
        "XH",
        ("Notionland", "نوشنلاند"),
        "north",
        Terms(starts=-1500, ends=-405),
        Step(day=-460, transition=Transition.BEGIN_WITHDRAWAL, reason="The board asked to leave."),
        Step(day=-405, transition=Transition.WITHDRAW, reason="Everything was handed over."),
    ),
    _licensed(
        "XI",
        ("Conceptia", "كونسبتيا"),
        "west",
        Terms(starts=-1400, ends=-305),
        Step(day=-380, transition=Transition.BEGIN_WITHDRAWAL, reason="Nobody answered for half a year."),
        Step(day=-340, transition=Transition.TERMINATE, reason="The agreement was broken and not put right in time."),
    ),
    Country(
        code="XJ",
        name="Imaginia",
        name_ar="إيماجينيا",
        region="south",
        registered=-210,
        terms=Terms(starts=21, ends=21 + _SHORT),
        steps=_on_the_way(-210),
    ),
    Country(
        code="XL",
        name="Hypothia",
        name_ar="هيبوثيا",
        region="north",
        registered=-160,
        terms=Terms(starts=30, ends=395, kind=AgreementKind.PILOT, is_signed=False),
        steps=_on_the_way(-160),
    ),
    Country(
        code="XM",
        name="Draftoria",
        name_ar="درافتوريا",
        region="east",
        listing=Listing.CONTACT,
        registered=-75,
        steps=(Step(day=-40, transition=_APPLY),),
    ),
    Country(
        code="XN",
        name="Placeholdia",
        name_ar="بليسهولديا",
        region="west",
        kind=MemberKind.TERRITORY,
        registered=-240,
        steps=(
            Step(day=-200, transition=_APPLY),
            Step(
                day=-150,
                transition=Transition.DECLINE,
                reason="Two groups applied for the same place. They were asked to apply together.",
            ),
        ),
    ),
    Country(code="XO", name="Storyland", name_ar="ستوريلاند", region="south", listing=Listing.HIDDEN, registered=-9),
)

PLACES = (
    ("XE-E", "Eastern Figuria", "شرق فيغوريا"),
    ("XE-N", "Northern Figuria", "شمال فيغوريا"),
    ("XE-W", "Western Figuria", "غرب فيغوريا"),
)

HOLDERS = {
    "QM": (
        Holder(office=Office.CHAIR, name="Ada Example", since=-390),
        Holder(office=Office.SECRETARY, name="Ben Example", since=-390),
        Holder(office=Office.TREASURER, name="Cleo Example", since=-200),
        Holder(office=Office.SAFEGUARDING, name="Dara Example", since=-120),
    ),
    "QN": (
        Holder(office=Office.CHAIR, name="أمل مثال", since=-290),
        Holder(office=Office.COORDINATOR, name="باسم مثال", since=-290),
        Holder(office=Office.SECRETARY, name="تالا مثال", since=-150),
    ),
    "QP": (Holder(office=Office.CHAIR, name="Eli Example", since=-480),),
    "QS": (Holder(office=Office.CHAIR, name="Fay Example", since=-700),),
    "QT": (Holder(office=Office.COORDINATOR, name="Gil Example", since=-240),),
}
