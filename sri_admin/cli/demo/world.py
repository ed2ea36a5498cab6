"""The demonstration as a whole: made once, started, joined over HTTP, brought into step, stopped."""

import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import requests
from flask import Flask

from sri_admin.app import create_app, prepare
from sri_admin.cli import serve
from sri_admin.cli.context import close
from sri_admin.cli.demo import assess, fill, nodes, people, servers, translate
from sri_admin.cli.demo.places import Place, listen, listen_on, places, write_config
from sri_admin.cli.demo.processes import Processes
from sri_admin.cli.demo.proof import Proof, prove
from sri_admin.cli.demo.returns import accept_all
from sri_admin.federation import control, enrolment, jobs, joining
from sri_admin.federation.enrolment_models import EnrolmentState
from sri_admin.kernel import actor, database, installation, logs, tenancy, transaction
from sri_admin.kernel import jobs as queue
from sri_admin.kernel.errors import UnavailableError
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.settings import LogSettings

_READY_SECONDS, _STEP_SECONDS = 30.0, 120.0
_PAUSE, _BREATH, _EXCHANGES = 0.1, 1.0, 3
_MARK = "complete"
_DOER = actor.system("demo")


@dataclass
class World:
    """The hub and the nodes of one folder."""

    home: Path
    administrator: str | None = None
    processes: Processes = field(default_factory=Processes)
    sockets: dict[str, socket.socket] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    apps: dict[str, Flask] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name the installations and their common server."""
        self.hub, *self.nodes = self.places = places(self.home)
        self.server = servers.choose(self.home, self.administrator)

    @property
    def is_complete(self) -> bool:
        """Say whether an earlier start filled and joined everything."""
        mark = self.home / _MARK
        return mark.exists() and mark.read_text(encoding="utf-8") == self.server.mark

    def mark_complete(self) -> None:
        """Remember that everything is filled and joined."""
        (self.home / _MARK).write_text(self.server.mark, encoding="utf-8")

    def remove(self) -> None:
        """Delete what an earlier start left, its databases first, and nothing else."""
        self.server.remove(self.places)
        (self.home / _MARK).unlink(missing_ok=True)
        for each in self.places:
            shutil.rmtree(self.home / each.key, ignore_errors=True)
            each.log.unlink(missing_ok=True)

    def url(self, place: Place) -> str:
        """Return the address of an installation as people type it."""
        return f"http://localhost:{self.port(place)}"

    def find_ports(self) -> None:
        """Listen for all three, so that nobody takes a port in between."""
        taken: set[int] = set()
        for each in self.places:
            self.sockets[each.key] = listen(each, taken)
            self.ports[each.key] = self.sockets[each.key].getsockname()[1]

    def port(self, place: Place) -> int:
        """Return the port of an installation."""
        return self.ports[place.key]

    def make_databases(self) -> None:
        """Make each database with its roles, and the hub's tables; a node is told the digits of the hub's root."""
        digits = ""
        for each in self.places:
            found = self.server.addresses(each)
            told = self.server.told(each, found)
            write_config(each, self.port(each), database=told, hub_url=self.url(self.hub), fingerprint=digits)
            app = self.apps[each.key] = create_app(each.settings(), found=found)
            if each is self.hub or self.is_complete:
                with app.app_context():
                    self._bring_up_to_date(each)
                    digits = digits or control.root_digits()
        logs.configure(LogSettings(level="error", format="text"))

    def _bring_up_to_date(self, place: Place) -> None:
        if not database.is_current():
            prepare(self.apps[place.key])
        installation.establish()
        if place is self.hub:
            control.prepare_hub()

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """Do something at an installation, beside its own process."""
        with self.apps[place.key].app_context():
            yield

    def fill(self) -> None:
        """Live through the history of the countries at the hub, while the nodes get their tables."""
        tables = {each: partial(self._bring_up_to_date, each) for each in self.nodes}
        self._together({self.hub: fill.fill_hub, **tables})

    def _together(self, works: Mapping[Place, Callable[[], Any]]) -> None:
        """Do something at several installations at once, each in a process of its own."""
        for app in self.apps.values():
            close(app)
        failed = self.processes.together(
            {place.key: (place.log, partial(self._inside, place, work)) for place, work in works.items()}
        )
        if failed is not None:
            self._give_up(failed)

    def _inside(self, place: Place, work: Callable[[], Any]) -> None:
        with self.at(place):
            work()

    def start(self) -> None:
        """Fork a process for each installation and wait until all answer."""
        self._start(self.places)

    def _start(self, these: Sequence[Place]) -> None:
        for app in self.apps.values():
            close(app)
        for each in these:
            self.processes.start(each.key, each.log, lambda each=each: self._serve(each))
        for each in these:
            self._until(lambda each=each: self._answers(each), seconds=_READY_SECONDS)

    def ended(self) -> Iterator[Place]:
        """Yield the installations whose processes ended without being asked to, and let nobody wait at their ports."""
        while (name := self.processes.ended()) is not None:
            self.sockets[name].close()
            yield next(each for each in self.places if each.key == name)

    def stopped(self) -> list[Place]:
        """Return the installations that do not run."""
        return [each for each in self.places if each.key not in self.processes.running.values()]

    def pause(self, place: Place) -> None:
        """Stop one installation; the others find nobody at its port."""
        self.processes.end(place.key)
        self.sockets[place.key].close()

    def resume(self, place: Place) -> bool:
        """Start an installation again where it was, and wait until it answers; False if its port was taken."""
        listening = listen_on(self.port(place))
        if listening is None:
            return False
        self.sockets[place.key] = listening
        self._start([place])
        return True

    def _serve(self, place: Place) -> None:
        for key, listening in self.sockets.items():
            if key != place.key:
                listening.close()
        logs.configure(place.settings().log)
        serve.serve_socket(self.apps[place.key], self.sockets[place.key])

    def _answers(self, place: Place) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port(place)}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def join(self) -> None:
        """Enrol each node over HTTP: a code, a request, digits compared, an approval, a welcome."""
        for node in self.nodes:
            with self.at(self.hub):
                member_id, code = self._code_for(node)
            with self.at(node):
                asked = joining.ask(jobs.transport(), code)
            with self.at(self.hub):
                self._approve(member_id, asked.fingerprint)
            with self.at(node):
                if joining.collect(jobs.transport()) is not EnrolmentState.APPROVED:
                    raise UnavailableError(_("The hub did not take the node in."))

    def _code_for(self, node: Place) -> tuple[UUID, str]:
        director = people.acting(people.HUB[0])
        with transaction.reading(tenancy.NOWHERE):
            member = tenancy.tenant_by_code(node.code or "")
            assert member is not None
            transaction.detach(member)
        code = transaction.write(tenancy.only(member.id), lambda: enrolment.issue_code(director, member))
        return member.id, code

    def _approve(self, member_id: UUID, digits: str) -> None:
        director = people.acting(people.HUB[0])
        with transaction.reading(tenancy.NOWHERE):
            found = enrolment.find_pending(digits)
        reach = enrolment.approval_reach(member_id)
        transaction.write(reach, lambda: enrolment.approve(director, found.id))

    def settle_boards(self) -> None:
        """Give each country's board its accounts, a year of activity and its office holders, at its own node."""
        self._together({each: partial(nodes.settle, each, is_first=each is self.nodes[0]) for each in self.nodes})

    def answer(self) -> None:
        """Let SRI accept what the countries sent; one month waits, one goes back; and review what one has signed."""
        first = self.nodes[0]
        self._exchange()
        self._until(lambda: self._hub_is_idle() and self._finds(self.hub, assess.is_signed), seconds=_STEP_SECONDS)
        with self.at(self.hub):
            officer, lead = map(people.acting, (people.DATA_OFFICER, people.INTEGRITY_LEAD))
            for node in self.nodes:
                member_id = self._member_of(node)
                accept = partial(accept_all, officer, member_id, back=node is not first)
                transaction.write(tenancy.everywhere(fill.tenants(), writing=member_id), accept)
            member_id = self._member_of(first)
            reach = tenancy.everywhere(fill.tenants(), writing=member_id)
            transaction.write(reach, partial(assess.review, lead, member_id))
        self._exchange()
        self._until(lambda: self._finds(first, assess.is_found), seconds=_STEP_SECONDS)

    def _finds(self, place: Place, has: Callable[[UUID], bool]) -> bool:
        """Say whether something of the first country has arrived somewhere."""
        with self.at(place):
            member_id = self._member_of(self.nodes[0])
            with transaction.reading(tenancy.everywhere(fill.tenants())):
                return has(member_id)

    def _member_of(self, node: Place) -> UUID:
        with transaction.reading(tenancy.NOWHERE):
            member = tenancy.tenant_by_code(node.code or "")
            assert member is not None
            return member.id

    def _hub_is_idle(self) -> bool:
        with self.at(self.hub):
            return not queue.unfinished()

    def translate(self) -> None:
        """Let the boards, translators and revisers go on at the nodes; the hub decides and releases what is whole."""
        self._together({each: partial(nodes.go_on, each, is_first=each is self.nodes[0]) for each in self.nodes})
        self.bring_into_step()  # what the nodes wrote has to be there before it is decided on
        with self.at(self.hub):
            lead, manager = map(people.acting, (people.INTEGRITY_LEAD, people.MATERIALS_MANAGER))
            reach = tenancy.everywhere(fill.tenants(), writing=installation.hub_tenant_id())
            transaction.write(reach, lambda: translate.accept_and_release(lead, manager))

    def bring_into_step(self) -> Proof:
        """Exchange over HTTP until hub and nodes hold the same."""
        proof: list[Proof] = []
        # What is then still on its way goes by itself: the hub gives a node tokens only so often.
        exchanges = iter([self._exchange] * _EXCHANGES)

        def in_step() -> bool:
            if (exchange := next(exchanges, None)) is not None:
                exchange()
            with self.at(self.hub):
                busy = queue.unfinished()
            proof[:] = [prove(self.apps[self.hub.key], {each.key: self.apps[each.key] for each in self.nodes})]
            return proof[0].holds and not busy

        self._until(in_step, seconds=_STEP_SECONDS, pause=_BREATH, give_up=False)
        return proof[0]

    def _exchange(self) -> None:
        for node in self.nodes:
            with self.at(node):
                jobs.sync_now(_DOER)  # like the node's own schedule it waits when the hub asks for it

    def _until(self, holds: Callable[[], bool], *, seconds: float, pause: float = _PAUSE, give_up: bool = True) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            self.check_processes()
            if time.monotonic() > deadline:
                if give_up:
                    raise UnavailableError(_("The installations did not answer in time."))
                return
            time.sleep(pause)

    def check_processes(self) -> None:
        """Raise UnavailableError if a process ended that nobody asked to, KeyboardInterrupt if somebody asked us."""
        self.processes.interrupt.check()
        ended = self.processes.ended()
        if ended is not None:
            self._give_up(ended)

    def _give_up(self, name: str) -> NoReturn:
        said = {"name": name, "log": str(self.home / f"{name}.log")}
        raise UnavailableError(_("The process of %(name)s ended. It wrote why in %(log)s.", **said))

    def stop(self) -> None:
        """Stop every process, then the server."""
        self.processes.stop()
        for app in self.apps.values():
            close(app)
        for listening in self.sockets.values():
            listening.close()
        self.server.stop()
