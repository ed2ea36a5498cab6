"""One exchange with the hub, from hello to the last page; a page is a transaction, so a crash anywhere is a repeat.

Streams are independent, and so are pull and push: what stands in the way of one stops that one and is told.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

import structlog

from sri_admin.federation import (
    contact,
    control,
    credentials,
    export,
    intake,
    joining,
    keyring,
    limits,
    roots,
    rotation,
    streams,
    versions,
)
from sri_admin.federation.ahead import Batches, Pages
from sri_admin.federation.checkpoint import Checkpoint
from sri_admin.federation.client import BASE, HubClient, HubError, LineDownError, Transport
from sri_admin.federation.control import Access
from sri_admin.federation.greeting import Offer, greet, tell_age
from sri_admin.federation.handover import attending
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.merge import PeerStatus
from sri_admin.federation.outcome import Outcome, StreamOutcome
from sri_admin.federation.recovery import rejoining, returning, stepping
from sri_admin.federation.snapshots import fetching
from sri_admin.kernel import clock, installation, metrics, transaction

log = structlog.get_logger(__name__)

_ORDER: Final = ("hub.control", "hub.registry", "hub.member", "member", "hub.language", "hub.materials")
_ROTATIONS: Final = f"{BASE}/keys/rotations"
_WHOLE_EXCHANGE: Final = frozenset({"duplicate_writer", "given_up", "invalid_client", "key_revoked"})
_SMALLEST_PAGE: Final = 50
_MOST_ROUNDS: Final = 10_000
_MOST_RESTARTS: Final = 3
_STOPS: Final = {
    (Access.READ, PeerStatus.AHEAD): "rewound",
    (Access.READ, PeerStatus.FORKED): "forked",
    (Access.READ, PeerStatus.STALE_EPOCH): "stale_epoch",
    (Access.READ, PeerStatus.PAST_END): "past_end",
    (Access.WRITE, PeerStatus.BEHIND): "ahead",
    (Access.WRITE, PeerStatus.FORKED): "forked",
    (Access.WRITE, PeerStatus.STALE_EPOCH): "stale_epoch",
    (Access.WRITE, PeerStatus.PAST_END): "stale_epoch",
}


def synchronise(transport: Transport, *, sleep: Callable[[float], None] | None = None) -> Outcome:
    """Exchange everything with the hub over a transport; opens its own transactions and never raises for the line."""
    outcome = Outcome()
    contact.note_try()
    try:
        client = connected(transport, sleep)
        roots.catch_up(client)
        _announce_keys(client)
        _exchange_all(client, outcome)
    except ProtocolError as error:
        outcome.stop(error)
    stopped = outcome.stopped
    if outcome.ok and stopped is not None:
        outcome.code, outcome.detail, outcome.stream = stopped.code, stopped.detail, stopped.stream
    contact.note_end(code=outcome.code, detail=outcome.detail, stream=outcome.stream, wait=outcome.wait)
    metrics.sync_changes.labels("in").inc(outcome.pulled)
    metrics.sync_changes.labels("out").inc(outcome.pushed)
    log.info("sync", ok=outcome.ok, reason=outcome.code, pulled=outcome.pulled, pushed=outcome.pushed)
    return outcome


def connected(transport: Transport, sleep: Callable[[float], None] | None = None) -> HubClient:
    """Return a conversation with our own hub, reached just now; ProtocolError if there is none."""
    link = joining.link()
    if link is None or not joining.is_in(link):
        raise ProtocolError("not_enrolled", "this installation is not connected to a hub yet")
    client = HubClient(transport, str(installation.identity().id), credentials.auth_key())
    if sleep is not None:
        client.sleep = sleep
    try:
        client.discover()
    except HubError as error:
        if error.code in versions.TOO_OLD:
            tell_age(client)
        raise
    if client.hub["node_id"] != str(link.hub_id):
        raise LineDownError("other_hub", "another hub answered")
    contact.note_reached(client.skew)
    metrics.sync_last_contact.set(clock.now().timestamp())
    return client


class Standing(NamedTuple):
    """How everything is here at one moment: the streams, the hub's signed heads of them that say nothing new, we."""

    here: Mapping[str, export.Here]
    quiet: Mapping[str, Checkpoint]
    is_in_use: bool


def _standing(offers: Mapping[str, Offer]) -> Standing:
    heads = {each.stream: each.head for each in offers.values() if each.access is Access.READ}
    with transaction.reading(joining.exchange_reach()):
        rows, is_in_use = streams.here(), installation.standing() is installation.Standing.IN_USE
        return Standing(export.all_here(rows), intake.unchanged(rows, heads), is_in_use)


def _announce_keys(client: HubClient) -> None:
    # What is announced proves itself and may be said again and again, until the hub confirms it in its control stream.
    _sign_in(client)
    pair = keyring.waiting()
    if pair is None:
        return
    try:
        client.post_paper(_ROTATIONS, pair.statement)
    except HubError as error:
        if error.code in _WHOLE_EXCHANGE:
            raise
        log.warning("rotation refused", reason=error.code)  # the old keys go on, and so does the exchange


def _sign_in(client: HubClient) -> None:
    # A hub that was set back knows one of our earlier keys: each change since then, in order, leads to the present one.
    try:
        client.sign_in()
    except HubError as error:
        settled = keyring.statements()
        if error.code != "invalid_client":
            raise
        if _signs_in_as_waiting(client):
            return
        if not settled:
            raise
        for statement in settled:
            with suppress(HubError):
                client.post_paper(_ROTATIONS, statement)
        client.sign_in()


def _signs_in_as_waiting(client: HubClient) -> bool:
    # A node set back to the days of its change of keys has them waiting, while the hub has taken them long since.
    pair, present = keyring.waiting(), client.auth_key
    if pair is None:
        return False
    client.auth_key = pair.auth
    try:
        client.sign_in()
    except HubError as error:
        client.auth_key = present
        if error.code != "invalid_client":
            raise
        return False
    rotation.use(pair)
    return True


def _exchange_all(client: HubClient, outcome: Outcome) -> None:
    offers, standing = _control_first(client, outcome)
    if any(_was_set_back(each, standing.here.get(each.stream)) for each in offers.values()):
        stepping.renew(client)  # others hold more of our own log than we do, so this is a copy of an earlier day
        offers, standing = _control_first(client, outcome)
    outcome.streams.extend(_exchange(client, offers[name], standing) for name in in_order(offers))
    for each in offers.values():
        if each.salvage and each.access is Access.WRITE:
            returning.fetch(client, each.stream)  # a person here decides about what another copy had written
    closing = [name for name, each in offers.items() if each.closing]
    if outcome.stopped is None and attending.accept(client, closing):
        _control_first(client, outcome)
    if outcome.stopped is None and not standing.is_in_use:
        rejoining.resume()


def _control_first(client: HubClient, outcome: Outcome) -> tuple[dict[str, Offer], Standing]:
    offers, before = greet(client), outcome.pulled
    standing = _standing(offers)
    first = offers.pop(control.STREAM, None)
    if first is not None:
        outcome.streams.append(_exchange(client, first, standing))
    rotation.settle()
    if outcome.pulled > before or _is_news(offers, standing):
        control.take_grants()
        offers = greet(client)  # new keys and grants change what may be read and written
        standing = _standing(offers)
        offers.pop(control.STREAM, None)
    return offers, standing


def _was_set_back(offer: Offer, here: export.Here | None) -> bool:
    if offer.access is not Access.WRITE or here is None or here.epoch < offer.epoch:
        return False
    if here.epoch > offer.epoch:
        return here.own and _is_another_log(offer)  # the hub was, and granted this epoch anew
    return offer.status in {PeerStatus.BEHIND, PeerStatus.FORKED, PeerStatus.EXPIRED}


def _is_news(offers: Mapping[str, Offer], standing: Standing) -> bool:
    ours = [each for each in offers.values() if each.access is Access.WRITE]
    return any(each.stream not in standing.here or standing.here[each.stream].epoch < each.epoch for each in ours)


def in_order(streams: Iterable[str]) -> list[str]:
    """Return streams in the order in which they matter when minutes are short."""
    return sorted(streams, key=_place)


def _place(stream: str) -> tuple[int, str]:
    places = (place for place, prefix in enumerate(_ORDER) if stream == prefix or stream.startswith(f"{prefix}."))
    return next(places, len(_ORDER)), stream


def _exchange(client: HubClient, offer: Offer, standing: Standing) -> StreamOutcome:
    outcome, here = StreamOutcome(offer.stream, offer.access), standing.here.get(offer.stream)
    try:
        if offer.access is Access.WRITE:
            _write(client, offer, here, outcome)
        else:
            _catch_up(client, offer, here, outcome)
            _take_head(offer, standing.quiet.get(offer.stream) if not outcome.changes else None)
            _follow_closing(offer, here)
    except LineDownError:
        raise
    except HubError as error:
        if error.status in {401, 429, 503} or error.code in _WHOLE_EXCHANGE:
            raise
        outcome.code, outcome.detail = error.code, error.detail
    except ProtocolError as error:
        outcome.code, outcome.detail = error.code, error.detail
    return outcome


def _take_head(offer: Offer, known: Checkpoint | None) -> None:
    if known is None:
        intake.head(offer.stream, offer.head)
    else:
        intake.note_time(known)


def _write(client: HubClient, offer: Offer, here: export.Here | None, outcome: StreamOutcome) -> None:
    if offer.stream.startswith("hub."):
        raise ProtocolError("denied", "only the hub writes this stream")
    if here is not None and not here.own and here.epoch > offer.epoch:
        _send_what_was_lost(client, offer, outcome)
        return
    if here is None or not here.own:
        # A newer epoch is ours to write once we hold the one before it as far as the hub does.
        _catch_up(client, offer, here, outcome)
        control.take_grants()
        return
    if offer.epoch >= here.epoch:
        _refuse_parted(offer)
    _follow_closing(offer, here)
    if offer.status is PeerStatus.AHEAD and offer.held:
        raise ProtocolError(offer.held, "the hub does not take it from a program as old as this one")
    if offer.status is PeerStatus.AHEAD:
        _push(client, offer, here.epoch, outcome)


def _send_what_was_lost(client: HubClient, offer: Offer, outcome: StreamOutcome) -> None:
    # The hub was set back to an epoch we wrote and another took over: it needs its lines, and the permission again.
    _push(client, offer, offer.epoch, outcome)
    if not outcome.changes:
        raise ProtocolError("hub_restored", "the hub has lost the permission by which another writes these records")


def _follow_closing(offer: Offer, here: export.Here | None) -> None:
    if here is not None and here.epoch == offer.epoch and offer.closing != here.closing:
        attending.close(offer.stream, closing=offer.closing)


def _catch_up(client: HubClient, offer: Offer, here: export.Here | None, outcome: StreamOutcome) -> None:
    try:
        _follow(client, offer, here, outcome)
    except ProtocolError as error:
        anew = error.code == stepping.NOTHING_SHARED
        if not anew and (error.code != "expired" or not isinstance(error, HubError)):
            raise
        outcome.changes += fetching.fetch(client, offer.stream, anew=anew)
        _pull(client, offer, outcome)


def _follow(client: HubClient, offer: Offer, here: export.Here | None, outcome: StreamOutcome) -> None:
    parted = offer.status in {PeerStatus.FORKED, PeerStatus.PAST_END}
    if _began_anew(offer, here):
        stepping.step_back(client, offer.stream, ours=False)
        parted = True
    elif parted and here is not None and here.epoch < offer.epoch:
        stepping.step_back(client, offer.stream, ours=offer.access is Access.WRITE)
    elif parted or offer.access is Access.READ:
        _refuse_parted(offer)
    if parted or offer.status in {PeerStatus.BEHIND, PeerStatus.EXPIRED}:
        _pull(client, offer, outcome)


def _began_anew(offer: Offer, here: export.Here | None) -> bool:
    # A hub that was set back and went on, perhaps twice, writes a log we never heard of where we hold another one.
    if here is None or offer.access is Access.WRITE or offer.epoch > here.epoch:
        return False
    if offer.status not in {PeerStatus.FORKED, PeerStatus.AHEAD}:
        return False
    with transaction.reading(joining.exchange_reach()):
        return not streams.knows_log(offer.stream, offer.epoch, offer.log_id)


def _is_another_log(offer: Offer) -> bool:
    with transaction.reading(joining.exchange_reach()):
        row = streams.find(offer.stream)
        end = streams.end_of(row, offer.epoch) if row is not None else None
        return end is not None and end.log_id != str(offer.log_id)


def _refuse_parted(offer: Offer) -> None:
    stop = _STOPS.get((offer.access, offer.status))
    if stop is not None:
        raise ProtocolError(stop, "the two sides do not hold the same history")


def _pull(client: HubClient, offer: Offer, outcome: StreamOutcome) -> None:
    with client.beside() as begin:
        _pull_pages(Pages(client, offer.stream, begin), offer, outcome)


def _pull_pages(pages: Pages, offer: Offer, outcome: StreamOutcome) -> None:
    size, end = limits.PAGE_CHANGES, (offer.epoch, offer.n)
    for _round in range(_MOST_ROUNDS):
        with transaction.reading(joining.exchange_reach()):
            cursor = export.cursor(offer.stream)
        came = pages.after(cursor, size)
        if came is None and size > _SMALLEST_PAGE:
            size //= 2
            continue
        if came is None:
            raise LineDownError("timeout", "no page came in time")
        if came.page is None:
            return
        size = min(limits.PAGE_CHANGES, size * 2)
        follows = pages.expect(came.cursor, size, until=end)
        taken = intake.page(offer.stream, came.page, durable=not follows)
        outcome.changes += taken.changes
        if (taken.epoch, taken.n) >= end:
            return


def _push(client: HubClient, offer: Offer, last_epoch: int, outcome: StreamOutcome) -> None:
    held, epoch, restarts, batches = offer.n, offer.epoch, 0, Batches(offer.stream)
    path = f"{BASE}/streams/{offer.stream}/batches"
    with client.beside() as begin:
        for _round in range(_MOST_ROUNDS):
            try:
                batch = batches.after(epoch, held)
            except ProtocolError as error:
                restarts += 1
                if error.code != "expired" or restarts > _MOST_RESTARTS:
                    raise
                epoch, held = fetching.give(client, offer.stream)
                continue
            if batch is None and epoch < last_epoch:
                held, epoch = 0, epoch + 1
                continue
            if batch is None:
                return
            answer = begin(partial(client.send_lines, path, batch.body))
            batches.prepare(epoch, batch.end)
            try:
                receipt = answer()
            except HubError as error:
                restarts += 1
                if error.code != "gap" or restarts > _MOST_RESTARTS:
                    raise
                held = _expected(error) - 1
                continue
            taken = intake.take_receipt(offer.stream, receipt.strip())
            if taken <= held:
                raise ProtocolError("no_progress", "the receipt names nothing new")
            outcome.changes += taken - held
            held = taken


def _expected(error: HubError) -> int:
    n = error.facts.get("expected_n")
    if type(n) is not int or n < 1:
        raise LineDownError("not_a_hub", "the answer does not say which line is expected")
    return n
