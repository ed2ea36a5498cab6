"""The words of the standard's criteria, by criterion and language."""

from typing import Final

Words = dict[str, dict[str, str]]

TITLES: Final[Words] = {
    "separation": {
        "en": "No one decides alone",
        "ar": "لا أحد يقرر وحده",
        "fr": "Personne ne décide seul",
        "pl": "Nikt nie decyduje w pojedynkę",
        "es": "Nadie decide a solas",
    },
    "fidelity": {
        "en": "Meetings keep to the programme",
        "ar": "الاجتماعات تلتزم بالبرنامج",
        "fr": "Les réunions suivent le programme",
        "pl": "Spotkania trzymają się programu",
        "es": "Las reuniones siguen el programa",
    },
    "safeguarding": {
        "en": "People are kept safe",
        "ar": "سلامة الناس مصونة",
        "fr": "Les personnes sont protégées",
        "pl": "Ludzie są bezpieczni",
        "es": "Las personas están protegidas",
    },
    "access": {
        "en": "Everybody finds a way in",
        "ar": "كل شخص يجد طريقه إلى الاجتماع",
        "fr": "Chacun trouve une porte d’entrée",
        "pl": "Każdy znajdzie drogę na spotkanie",
        "es": "Cada persona encuentra una entrada",
    },
    "returns": {
        "en": "Returns come in time",
        "ar": "التقارير تصل في موعدها",
        "fr": "Les rapports arrivent à temps",
        "pl": "Sprawozdania przychodzą na czas",
        "es": "Los informes llegan a tiempo",
    },
}
PROMPTS: Final[Words] = {
    "separation": {
        "en": "Does the board have at least three members who are not related, and does somebody else approve what one"
        " of them has prepared?",
        "ar": "هل يضم المجلس ثلاثة أعضاء على الأقل لا تجمعهم قرابة، وهل يوافق شخص آخر على ما أعده أحدهم؟",
        "fr": "Le bureau compte-t-il au moins trois membres sans lien de parenté, et une autre personne approuve-t-elle"
        " ce que l’un d’eux a préparé ?",
        "pl": "Czy zarząd ma co najmniej troje niespokrewnionych członków i czy ktoś inny zatwierdza to, co"
        " przygotowało jedno z nich?",
        "es": "¿Tiene la junta al menos tres miembros sin parentesco, y aprueba otra persona lo que uno de ellos ha"
        " preparado?",
    },
    "fidelity": {
        "en": "Do meetings have an opening, a check-in, a time for tools of all four points, and a close, and does"
        " nobody give labels or orders?",
        "ar": "هل للاجتماعات افتتاح وجولة تعارف ووقت لأدوات النقاط الأربع وختام، ولا يطلق أحد أوصافًا ولا يعطي أوامر؟",
        "fr": "Les réunions ont-elles une ouverture, un tour de parole, un temps pour les outils des quatre points et"
        " une clôture, sans étiquettes ni ordres ?",
        "pl": "Czy spotkania mają otwarcie, rundę, czas na narzędzia wszystkich czterech punktów i zamknięcie, i czy"
        " nikt nie nadaje etykiet ani nie wydaje poleceń?",
        "es": "¿Tienen las reuniones una apertura, una ronda, un tiempo para herramientas de los cuatro puntos y un"
        " cierre, y nadie pone etiquetas ni da órdenes?",
    },
    "safeguarding": {
        "en": "Is there a written way to act when somebody is in danger, does every facilitator know it, and is one"
        " person responsible for it?",
        "ar": "هل توجد طريقة مكتوبة للتصرف حين يكون شخص في خطر، ويعرفها كل ميسّر، ويتولاها شخص محدد؟",
        "fr": "Existe-t-il une marche à suivre écrite quand quelqu’un est en danger, connue de chaque facilitateur, et"
        " une personne en est-elle responsable ?",
        "pl": "Czy jest spisany sposób postępowania, gdy ktoś jest w niebezpieczeństwie, czy zna go każda osoba"
        " prowadząca i czy ktoś za niego odpowiada?",
        "es": "¿Hay una forma escrita de actuar cuando alguien está en peligro, la conoce cada facilitador, y hay una"
        " persona responsable?",
    },
    "access": {
        "en": "Can people with disabilities, people in rural places and people without money for travel come to a"
        " meeting, or to one online?",
        "ar": "هل يستطيع ذوو الإعاقة وسكان الأرياف ومن لا يملك أجرة الطريق حضور اجتماع، أو اجتماع عبر الإنترنت؟",
        "fr": "Les personnes handicapées, celles des zones rurales et celles sans argent pour voyager peuvent-elles"
        " venir à une réunion, ou à une réunion en ligne ?",
        "pl": "Czy osoby z niepełnosprawnościami, osoby z terenów wiejskich i osoby bez pieniędzy na dojazd mogą"
        " przyjść na spotkanie albo na spotkanie online?",
        "es": "¿Pueden las personas con discapacidad, las de zonas rurales y las que no tienen dinero para viajar"
        " acudir a una reunión, o a una en línea?",
    },
    "returns": {
        "en": "How many of the monthly returns that were expected were approved by their due day?",
        "ar": "كم من التقارير الشهرية المنتظرة اعتُمد في موعده؟",
        "fr": "Combien des rapports mensuels attendus ont été approuvés avant l’échéance ?",
        "pl": "Ile z oczekiwanych miesięcznych sprawozdań zatwierdzono w terminie?",
        "es": "¿Cuántos de los informes mensuales esperados se aprobaron antes de su fecha?",
    },
}
EXPECTATIONS: Final[Words] = {
    "separation": {
        "en": "The list of board members, or minutes that show who prepared and who approved.",
        "ar": "قائمة أعضاء المجلس، أو محضر يبيّن من أعدّ ومن وافق.",
        "fr": "La liste des membres du bureau, ou un procès-verbal montrant qui a préparé et qui a approuvé.",
        "pl": "Lista członków zarządu albo protokół, z którego widać, kto przygotował, a kto zatwierdził.",
        "es": "La lista de la junta, o un acta que muestre quién preparó y quién aprobó.",
    },
    "fidelity": {
        "en": "Filled-in checklists of a few meetings, without names.",
        "ar": "قوائم تحقق معبأة لبضعة اجتماعات، دون أسماء.",
        "fr": "Des listes de contrôle remplies pour quelques réunions, sans noms.",
        "pl": "Wypełnione listy kontrolne z kilku spotkań, bez nazwisk.",
        "es": "Listas de control rellenadas de algunas reuniones, sin nombres.",
    },
    "safeguarding": {
        "en": "The written policy, and a list of the trainings held on it.",
        "ar": "السياسة المكتوبة، وقائمة بالتدريبات التي أقيمت عليها.",
        "fr": "La politique écrite, et la liste des formations tenues à son sujet.",
        "pl": "Spisane zasady oraz lista szkoleń, które się o nich odbyły.",
        "es": "La política escrita, y una lista de las formaciones realizadas sobre ella.",
    },
    "access": {
        "en": "An extract of the meeting list with what each place offers, or a plan for what is still missing.",
        "ar": "مقتطف من قائمة الاجتماعات يبيّن ما يوفره كل مكان، أو خطة لما ينقص بعد.",
        "fr": "Un extrait de la liste des réunions avec ce qu’offre chaque lieu, ou un plan pour ce qui manque encore.",
        "pl": "Wyciąg z listy spotkań z tym, co oferuje każde miejsce, albo plan tego, czego jeszcze brakuje.",
        "es": "Un extracto de la lista de reuniones con lo que ofrece cada lugar, o un plan para lo que aún falta.",
    },
    "returns": {
        "en": "Nothing to add: it is counted from the returns themselves.",
        "ar": "لا شيء يُضاف: يُحسب من التقارير نفسها.",
        "fr": "Rien à ajouter : c’est compté à partir des rapports eux-mêmes.",
        "pl": "Nic nie trzeba dodawać: liczy się to z samych sprawozdań.",
        "es": "Nada que añadir: se cuenta a partir de los propios informes.",
    },
}
