"""What is measured is what was promised: 13 fields, 356 bytes, and nothing a wire check would refuse."""

import json
from itertools import islice
from uuid import UUID

from sri_admin.federation.stream_names import MEMBER_OPS
from tests.benchmarks import reports

_MEMBER = UUID(int=1)


def test_a_report_has_thirteen_fields_and_356_bytes() -> None:
    kind = reports.kind(MEMBER_OPS)
    for report in islice(reports.reports(_MEMBER, 1), 200):
        payload = kind.payload(report)
        assert len(payload) == 13
        assert len(json.dumps(payload, separators=(",", ":"))) == reports.PAYLOAD_BYTES
        assert kind.accepts(payload)


def test_reports_of_one_seed_differ_from_those_of_another() -> None:
    first, again, other = (next(reports.reports(_MEMBER, seed)) for seed in (1, 1, 2))
    assert first.meeting_id == again.meeting_id != other.meeting_id
