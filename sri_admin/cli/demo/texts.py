"""The texts of the demonstration, written for it, and what its translators have made of them."""

from collections.abc import Mapping
from typing import Final

GUIDE, GLANCE = "opening-a-meeting", "opening-at-a-glance"
LANGUAGES: Final[Mapping[str, str]] = {"QM": "pl", "QN": "ar"}

GUIDE_TEXT: Final = """# Opening a meeting: a short guide for facilitators

The first five minutes decide whether somebody who came for the first time comes again. This guide helps you to open a
meeting so that everybody knows what happens, and nobody has to do anything.

## Before people come

- Be there **15 minutes** early. Open the door, set the chairs in a circle, put the tools where all can see them.
- Leave one chair more than you expect people. An empty chair says that somebody is still welcome.
- Look at the way in once with the eyes of a person who has never been here.

## The first words

Say who you are and what you do tonight: you keep the time and the thread, you do not teach.

> Good evening. My name is {name}. We meet for 90 minutes, and you may leave at any time.

Say what we work with: each of us decides what to change, and we look at methods that have helped others.

Nobody here has to say that they have a problem, and nobody has to be at any point of a way to stay in this room.

## What everybody may count on

1. What is said here stays here.
2. You may pass. You never have to explain why.
3. We speak about our own lives and do not judge those of others.
4. We give no medical advice. Questions about medicines belong to a doctor.

If somebody speaks of ending their life, stay with them, and call the emergency number of your country.

## A first round

Ask a question that can be answered in one sentence, such as *what brought you here tonight?*

Thank each person for what they said, and for nothing more. Do not comment and do not compare.

When 10 minutes are over, ask which urge, thought or plan the group would like to look at first.

## When something goes wrong

Somebody comes late: nod, point to the empty chair, go on.

Somebody speaks for too long: thank them, name one thing you heard, and ask who would like to go on.

Nobody speaks: wait. Count to 20 in silence; then tell in two sentences how you began yourself.

## After the meeting

Write down only numbers: how many came, how many for the first time. Names are never written down.

This text belongs to the demonstration and may be copied with it. Nobody has approved it for use.
"""
GLANCE_TEXT: Final = """# Opening a meeting at a glance

Welcome everybody and say how long you meet: **90 minutes**.

Nobody has to speak. Everybody may leave at any time.

- What is said here stays here.
- We give no medical advice.

Ask one easy question, and thank each person for the answer.
"""
# The words by which blocks are known whose meaning SRI itself looks after.
CRITICAL: Final[Mapping[str, str]] = {
    "each of us decides": "program",
    "has to say that they have a problem": "program",
    "Nobody has to speak": "program",
    "medical advice": "safety",
    "ending their life": "safety",
    "belongs to the demonstration": "legal",
}
GLANCE_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "pl": (
        "Otwarcie spotkania w skrócie",
        "Powitaj wszystkich i powiedz, ile trwa spotkanie: {1}90 minut{/1}.",
        "Nikt nie musi zabierać głosu. Każdy może wyjść w dowolnej chwili.",
        "Co zostało tu powiedziane, zostaje tutaj.",
        "Nie udzielamy porad medycznych.",
        "Zadaj jedno łatwe pytanie i podziękuj każdej osobie za odpowiedź.",
    ),
    "ar": (
        "افتتاح اللقاء في لمحة",
        "رحِّب بالجميع وقل كم يدوم اللقاء: {1}٩٠ دقيقة{/1}.",
        "لا أحد مُلزَم بالكلام. ويمكن لكل شخص أن يغادر متى شاء.",
        "ما يُقال هنا يبقى هنا.",
        "نحن لا نقدّم نصائح طبية.",
        "اطرح سؤالًا سهلًا واحدًا، واشكر كل شخص على جوابه.",
    ),
}
# The beginning of the guide; what follows waits for the translator.
GUIDE_IN: Final[Mapping[str, tuple[str, ...]]] = {
    "pl": (
        "Otwarcie spotkania: krótki przewodnik dla prowadzących",
        "Pierwsze pięć minut decyduje o tym, czy ktoś, kto przyszedł po raz pierwszy, przyjdzie znowu. Ten przewodnik"
        " pomaga otworzyć spotkanie tak, by każdy wiedział, co się będzie działo, a nikt niczego nie musiał.",
        "Zanim przyjdą ludzie",
        "Bądź na miejscu {1}15 minut{/1} wcześniej. Otwórz drzwi, ustaw krzesła w krąg, połóż narzędzia tak, by"
        " wszyscy je widzieli.",
        "Zostaw o jedno krzesło więcej, niż spodziewasz się osób. Puste krzesło mówi, że ktoś jeszcze jest mile"
        " widziany.",
    ),
    "ar": (
        "افتتاح اللقاء: دليل قصير للميسّرين",
        "الدقائق الخمس الأولى تقرّر هل سيعود من جاء للمرة الأولى. يساعدك هذا الدليل على افتتاح لقاء يعرف فيه الجميع ما"
        " سيحدث، ولا يُطلب فيه من أحد شيء.",
        "قبل أن يصل الناس",
    ),
}
# What waits for SRI, by a word of its source.
GUIDE_CRITICAL: Final[Mapping[str, tuple[str, str]]] = {
    "pl": ("medical advice", "Nie udzielamy porad medycznych. Pytania o leki należą do lekarza."),
    "ar": ("medical advice", "نحن لا نقدّم نصائح طبية. أما أسئلة الأدوية فهي للطبيب."),
}
RELEASED: Final = "ar"
# Of the beginning, so many are reviewed; the rest waits for the reviser.
REVIEWED: Final = {"pl": 3, "ar": 2}
TERMS: Final = (
    ("pl", "facilitator", "prowadząc", "nauczyciel, trener", "Nie prowadzi lekcji, tylko spotkanie."),
    ("pl", "urge", "głód", "nałóg", "Krótkie słowo, które nie ocenia."),
    ("ar", "facilitator", "ميسّر", "معلّم", "من يدير اللقاء ولا يعلّم."),
    ("ar", "urge", "رغبة ملحّة", "إدمان", "كلمة لا تصف الشخص."),
)
