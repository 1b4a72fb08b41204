"""A whole home behind the page: world, firmware and controller in one thread, its true sockets.

Responsible for: answering the page's wishes and hands by the real controller and the simulated
world, stepping its time only when something is asked. Not responsible for the page (conftest.py)
or for the people of a story: a test clicks.
"""

import queue
import select
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from controller.sockets import Door
from controller.web.pick import Object, plain
from hal.sim.verbs import act
from hal.sim.view import view
from tests.controller.home import Home
from tests.controller.monday import at_home
from tests.web.stage import Peer

LOOK_S = 0.02  # real seconds between two looks for something asked
STEP_S = 2  # simulated seconds after a hand, so that the board has told of it
READY_S = 60


class LivingHome(threading.Thread):
    """One loaded home on a Monday at six; `tell` runs something in its thread."""

    def __init__(self, folder: Path, *changes: tuple[str, str]) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.door = folder / "controller.sock"
        self.house = Peer(folder / "house.sock", self._hand)
        self._changes = changes
        self._todo: queue.Queue[tuple[Callable[[Home], Any], Future[Any]]] = queue.Queue()
        self._ready = threading.Event()
        self._end = False

    def begin(self) -> None:
        """Load it and open both sockets."""
        self.start()
        assert self._ready.wait(READY_S), "the home did not come up"
        self.house.start()
        self.house.show(self.tell(lambda home: plain(view(home.world))))

    def end(self) -> None:
        """Close the sockets and wait for the thread."""
        self.house.stop()
        self._end = True
        self.join(READY_S)

    def tell(self, what: Callable[[Home], Any]) -> Any:
        """What `what(home)` gives, in the home's own thread."""
        done: Future[Any] = Future()
        self._todo.put((what, done))
        return done.result(READY_S)

    def _hand(self, asked: Object) -> Object:
        """A verb of the house's control socket, and the moment after it."""

        def do(home: Home) -> Object:
            answer = plain(act(home.house, asked))
            home.run(STEP_S)
            return answer

        answer = self.tell(do)
        self.house.show(self.tell(lambda home: plain(view(home.world))))
        return {"ok": True, **answer}

    def run(self) -> None:
        """Answer wishes and hands until the end."""
        home = at_home(self.folder, *self._changes)
        door = Door(self.door)
        door.publish(home.shown)
        self._ready.set()
        while not self._end:
            select.select([door], [], [], LOOK_S)
            for request in door.poll():
                asked = dict(request.wish)
                reply = home.wish(str(asked.pop("wish")), **asked)
                door.answer(request, reply.code, reply.why, **reply.more)
            while not self._todo.empty():
                what, done = self._todo.get()
                try:
                    done.set_result(what(home))
                except BaseException as fault:
                    done.set_exception(fault)
            door.publish(home.shown)
        door.close()
        home.kill_controller()
