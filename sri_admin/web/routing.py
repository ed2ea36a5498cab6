"""Routes that learn to write their own address only when somebody asks for it: most of a process's never are."""

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import Rule


class Route(Rule):
    """A rule whose address builders are compiled at first use; compiling all of them is half of every start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(super()._compile_builder)

        def build(rule: "Route", **values: Any) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build
