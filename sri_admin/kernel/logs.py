"""Structured logs: one JSON object a line, with request id and member, without personal data."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from sri_admin.kernel import traces
from sri_admin.kernel.settings import LogSettings

# Never written, whatever a caller passes by mistake.
_SECRET = ("password", "token", "secret", "cookie", "authorization", "email", "phone", "name", "code")


def _without_secrets(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> dict[str, Any]:
    return {key: "…" if any(part in key.lower() for part in _SECRET) else value for key, value in entry.items()}


def configure(settings: LogSettings) -> None:
    """Send structured logs of this process to standard error, those of the libraries it runs on as well."""
    level = getattr(logging, settings.level.upper())
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    render = structlog.processors.JSONRenderer() if settings.format == "json" else plain
    prepare = (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(traces.written),
        _without_secrets,
    )
    structlog.configure(
        processors=[*prepare, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *prepare],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
