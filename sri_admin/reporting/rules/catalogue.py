"""The indicators and the data set we begin with: a draft until SRI adopts it, written as data in every language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sri_admin.reporting.rules.values import Indicator


class Method(StrEnum):
    """Where a value comes from: the program proposes it from what is kept here, or somebody enters it."""

    COMPUTED = "computed"
    ENTERED = "entered"


class TimeAggregation(StrEnum):
    """How months make a year: they add up, or the last one counts."""

    SUM = "sum"
    LAST = "last"


class Unit(StrEnum):
    """What is counted."""

    MEETINGS = "meetings"
    VISITS = "visits"
    PEOPLE = "people"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One edition of an indicator: a text for each language, English first."""

    edition: int
    method: Method
    unit: Unit
    over_time: TimeAggregation
    name: Mapping[str, str]
    counts: Mapping[str, str]
    leaves_out: Mapping[str, str]


MONTHLY: Final = "monthly"
MONTHLY_EDITION: Final = 1
MONTHLY_FROM: Final = date(2025, 1, 1)
MONTHLY_NAME: Final[Mapping[str, str]] = {
    "en": "Monthly return",
    "ar": "التقرير الشهري",
    "es": "Informe mensual",
    "fr": "Rapport mensuel",
    "pl": "Sprawozdanie miesięczne",
}
DEFINITIONS: Final[Mapping[Indicator, Definition]] = {
    Indicator.MEETINGS_HELD: Definition(
        edition=1,
        method=Method.COMPUTED,
        unit=Unit.MEETINGS,
        over_time=TimeAggregation.SUM,
        name={
            "en": "Meetings held",
            "ar": "الاجتماعات المنعقدة",
            "es": "Reuniones celebradas",
            "fr": "Réunions tenues",
            "pl": "Spotkania, które się odbyły",
        },
        counts={
            "en": "Every meeting that took place in the month, in person or online, also if nobody came.",
            "ar": "كل اجتماع انعقد خلال الشهر، حضوريًا أو عبر الإنترنت، حتى إن لم يحضر أحد.",
            "es": "Toda reunión que tuvo lugar en el mes, presencial o en línea, aunque no viniera nadie.",
            "fr": "Chaque réunion qui a eu lieu dans le mois, sur place ou en ligne, même si personne n’est venu.",
            "pl": "Każde spotkanie, które odbyło się w tym miesiącu, na miejscu lub w sieci, także bez gości.",
        },
        leaves_out={
            "en": "Meetings that were cancelled, and training.",
            "ar": "الاجتماعات الملغاة والتدريب.",
            "es": "Reuniones canceladas y formación.",
            "fr": "Les réunions annulées et les formations.",
            "pl": "Spotkania odwołane i szkolenia.",
        },
    ),
    Indicator.ATTENDANCES: Definition(
        edition=1,
        method=Method.COMPUTED,
        unit=Unit.VISITS,
        over_time=TimeAggregation.SUM,
        name={
            "en": "Attendances",
            "ar": "مرات الحضور",
            "es": "Asistencias",
            "fr": "Présences",
            "pl": "Obecności",
        },
        counts={
            "en": "Everybody who came, once for each meeting: visits, not different people.",
            "ar": "كل من حضر، مرة لكل اجتماع: عدد الزيارات لا عدد الأشخاص.",
            "es": "Todas las personas que vinieron, una vez por reunión: visitas, no personas distintas.",
            "fr": "Toutes les personnes venues, une fois par réunion : des visites, pas des personnes différentes.",
            "pl": "Każdy, kto przyszedł, raz na każde spotkanie: wizyty, a nie różne osoby.",
        },
        leaves_out={
            "en": "Facilitators of the meeting.",
            "ar": "ميسّرو الاجتماع.",
            "es": "Quienes facilitan la reunión.",
            "fr": "Les personnes qui animent la réunion.",
            "pl": "Osoby prowadzące spotkanie.",
        },
    ),
    Indicator.FIRST_TIME: Definition(
        edition=1,
        method=Method.COMPUTED,
        unit=Unit.VISITS,
        over_time=TimeAggregation.SUM,
        name={
            "en": "First-time attendances",
            "ar": "الحضور لأول مرة",
            "es": "Asistencias por primera vez",
            "fr": "Premières présences",
            "pl": "Obecności po raz pierwszy",
        },
        counts={
            "en": "People who said it was their first meeting of this kind anywhere.",
            "ar": "من قالوا إن هذا أول اجتماع من هذا النوع يحضرونه في أي مكان.",
            "es": "Personas que dijeron que era su primera reunión de este tipo en cualquier lugar.",
            "fr": "Les personnes qui ont dit venir à une telle réunion pour la toute première fois.",
            "pl": "Osoby, które powiedziały, że to ich pierwsze takie spotkanie gdziekolwiek.",
        },
        leaves_out={
            "en": "People who are new to the place but came to such a meeting before.",
            "ar": "من حضروا من قبل اجتماعًا كهذا في مكان آخر.",
            "es": "Personas nuevas en el lugar que ya habían ido a una reunión así.",
            "fr": "Les personnes nouvelles dans ce lieu mais déjà venues à une telle réunion.",
            "pl": "Osoby nowe w tym miejscu, które były już na takim spotkaniu.",
        },
    ),
    Indicator.FACILITATORS: Definition(
        edition=1,
        method=Method.ENTERED,
        unit=Unit.PEOPLE,
        over_time=TimeAggregation.LAST,
        name={
            "en": "Certified facilitators",
            "ar": "الميسّرون المعتمدون",
            "es": "Facilitadores certificados",
            "fr": "Animateurs certifiés",
            "pl": "Certyfikowani prowadzący",
        },
        counts={
            "en": "Different people whose certificate was valid on the last day of the month.",
            "ar": "عدد الأشخاص الذين كانت شهاداتهم سارية في آخر يوم من الشهر.",
            "es": "Personas distintas cuyo certificado era válido el último día del mes.",
            "fr": "Les personnes dont le certificat était valable le dernier jour du mois.",
            "pl": "Różne osoby, których certyfikat był ważny w ostatnim dniu miesiąca.",
        },
        leaves_out={
            "en": "People in training, and certificates that have run out.",
            "ar": "من هم قيد التدريب والشهادات المنتهية.",
            "es": "Personas en formación y certificados vencidos.",
            "fr": "Les personnes en formation et les certificats expirés.",
            "pl": "Osoby w trakcie szkolenia i certyfikaty, które wygasły.",
        },
    ),
    Indicator.NEW_MEETINGS: Definition(
        edition=1,
        method=Method.COMPUTED,
        unit=Unit.MEETINGS,
        over_time=TimeAggregation.SUM,
        name={
            "en": "New meetings",
            "ar": "اجتماعات جديدة",
            "es": "Reuniones nuevas",
            "fr": "Nouvelles réunions",
            "pl": "Nowe spotkania",
        },
        counts={
            "en": "Regular meetings that took place for the first time in this month.",
            "ar": "الاجتماعات الدورية التي انعقدت لأول مرة في هذا الشهر.",
            "es": "Reuniones periódicas que tuvieron lugar por primera vez este mes.",
            "fr": "Les réunions régulières qui ont eu lieu pour la première fois ce mois-ci.",
            "pl": "Regularne spotkania, które w tym miesiącu odbyły się po raz pierwszy.",
        },
        leaves_out={
            "en": "Meetings that begin again after a pause.",
            "ar": "الاجتماعات التي تُستأنف بعد توقف.",
            "es": "Reuniones que se reanudan tras una pausa.",
            "fr": "Les réunions qui reprennent après une pause.",
            "pl": "Spotkania wznowione po przerwie.",
        },
    ),
}
ORDER: Final[Sequence[Indicator]] = tuple(DEFINITIONS)
