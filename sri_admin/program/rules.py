"""The four points and the methods we begin with: short names in our own words, a draft until SRI adopts them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Point(StrEnum):
    """One of the four points."""

    MOTIVATION = "motivation"
    URGES = "urges"
    THOUGHTS = "thoughts"
    BALANCE = "balance"


POINTS: Final[Mapping[Point, str]] = {
    Point.MOTIVATION: "Finding and keeping motivation",
    Point.URGES: "Getting through urges",
    Point.THOUGHTS: "Handling thoughts, feelings and actions",
    Point.BALANCE: "Living in balance",
}
# Each method by its code: its name, the point it belongs to first, and the others it serves.
METHODS: Final[Mapping[str, tuple[str, tuple[Point, ...]]]] = {
    "cost_benefit": ("Weighing costs and benefits", (Point.MOTIVATION,)),
    "hierarchy_of_values": ("What matters most to me", (Point.MOTIVATION, Point.BALANCE)),
    "change_plan": ("A plan for change", (Point.MOTIVATION,)),
    "urge_log": ("Keeping a log of urges", (Point.URGES,)),
    "urge_surfing": ("Riding out an urge", (Point.URGES,)),
    "abc": ("Event, belief, consequence", (Point.THOUGHTS, Point.URGES)),
    "problem_solving": ("Solving a problem in steps", (Point.THOUGHTS,)),
    "balance_pie": ("A look at the parts of life", (Point.BALANCE,)),
    "small_goals": ("Setting small goals", (Point.BALANCE, Point.MOTIVATION)),
}
