"""What the demonstration's countries answer to the standard, and what SRI says of it; written for it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sri_admin.integrity.rules.answers import Answer
from sri_admin.integrity.rules.finding import Severity


class Said(NamedTuple):
    """An answer, how one can see it, and the title of a piece of evidence if there is one."""

    answer: Answer
    statement: str
    proof: str = ""


class Found(NamedTuple):
    """Something SRI found in an answer."""

    criterion: str
    severity: Severity
    observed: str


ANSWERS: Final[Mapping[str, Mapping[str, Said]]] = {
    "en": {
        "separation": Said(
            Answer.REVIEWED,
            "The treasurer prepares, the chair approves. The general meeting looked at it in spring.",
            "Minutes of the general meeting",
        ),
        "fidelity": Said(Answer.IN_PLACE, "Two visitors sat in on five meetings and compared notes."),
        "safeguarding": Said(Answer.STARTED, "Five of the seven who lead meetings have done the course."),
        "access": Said(Answer.IN_PLACE, "There is a meeting online and one that can be reached by bus."),
    },
    "ar": {
        "separation": Said(
            Answer.IN_PLACE, "يعدّ أمين الصندوق الحسابات وتوافق عليها الرئيسة.", "محضر اجتماع الهيئة العامة"
        ),
        "fidelity": Said(Answer.IN_PLACE, "حضر زائران أربعة لقاءات وقارنا ملاحظاتهما."),
        "safeguarding": Said(Answer.STARTED, "أتمّ نصف الميسّرين الدورة، ويتمّها الباقون في الخريف."),
        "access": Said(Answer.IN_PLACE, "هناك لقاء عبر الإنترنت ولقاء قرب محطة الحافلات."),
    },
}
# What a board that works at the hub has answered so far.
BEGUN: Final[Mapping[str, Said]] = {
    "separation": Said(Answer.IN_PLACE, "The secretary prepares, the president approves."),
    "fidelity": Said(Answer.STARTED, "One of three meetings was visited so far."),
}
SEEN_OTHERWISE: Final = {"access": (Answer.STARTED, "The meeting in Three Wells is up a flight of stairs.")}
FINDINGS: Final = (
    Found(
        "safeguarding",
        Severity.MAJOR,
        "Two of the seven who lead meetings have not done the course on keeping people safe.",
    ),
    Found(
        "access",
        Severity.MINOR,
        "The meeting in Three Wells is up a flight of stairs, and the list does not say so.",
    ),
)
PUT_RIGHT: Final = "safeguarding"
CAUSE: Final = "The course was held on evenings on which both of them lead a meeting."
PLAN: Final = "Both do the course on a weekend. Until then somebody who has done it leads with them."
REPORT: Final = "Both have done the course. The confirmation is added."
PROOF: Final = "Confirmation of the course"
