"""Post between home and hub under virtual time: a broker that may do anything, and the hub.

Responsible for: carrying letters late, twice, out of order or not at all, and for handing
them to the production watcher and store. Not responsible for what letters say
(controller/report) or for what an acknowledgement means (fleet/).
"""

from __future__ import annotations

import random
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from controller.report.mqtt import Letter
from fleet.silence import Vigil
from fleet.store import Store
from fleet.watch import Watcher
from hal.sim.house import House
from hal.sim.tray import NEVER

HUB_KEY: Final = bytes(range(32, 64))
CARRY_MS: Final = 40  # one way, on a good day
GATHER_MS: Final = 200  # the hub takes what has come in together
KEPT: Final = 1000  # letters that a broker keeps for a hub that is away


class Hub:
    """The production watcher and store; `up` and the rest are what faults may change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copies = 0
        self.store = Store(folder / "hub.sqlite")
        self.up = True
        self.mute = 0  # so many acknowledgements are lost between commit and sending
        self._begin()

    def _begin(self) -> None:
        vigil, zone = Vigil(), zoneinfo.ZoneInfo("UTC")
        self._watcher = Watcher(self.store, HUB_KEY, vigil=vigil, zone=zone, tell=lambda _: None)

    def take(self, letters: Sequence[Letter], now_ms: int) -> list[Letter]:
        """Store and acknowledge, as `fleet.watch` does."""
        answers = self._watcher.take(letters, now_ms / 1000, now_ms)
        if self.mute and answers:
            self.mute -= 1
            self._begin()  # it died after its commit: a new process, the same store
            return []
        return answers

    def copy(self) -> Store:
        """The store as it is now, to go back to later."""
        self._copies += 1
        kept = Store(self._folder / f"hub{self._copies}.sqlite")
        self.store._db.backup(kept._db)
        return kept

    def restore(self, kept: Store) -> None:
        """A failover to an older copy."""
        self.store.close()
        self.store = kept
        self._begin()


class Post:
    """The broker, seen from the reporter as its connection. All rates are of 1."""

    def __init__(self, house: House, luck: random.Random, folder: Path) -> None:
        self._house = house
        self._luck = luck
        self.hub = Hub(folder)
        self.up = True
        self.connections = 1
        self.lose = self.twice = self.shuffle = 0.0
        self.slow_ms = 0
        self._to_hub: list[Letter] = []
        self._to_home: list[Letter] = []
        self._alarm_ms = self._rings_ms = NEVER
        self._gathering = False

    @property
    def connected(self) -> bool:
        """The broker answers."""
        return self.up

    @property
    def waits(self) -> bool:
        """Something lies here for the home."""
        return bool(self._to_home)

    def fall(self, *, forget: bool = False) -> None:
        """The broker goes down, and perhaps loses what it kept."""
        self.up = False
        if forget:
            self._to_hub.clear()
        self._to_home.clear()

    def rise(self) -> None:
        """It is back; everybody connects anew."""
        if not self.up:
            self.up = True
            self.connections += 1
            self._wake()
            self._gather()

    def soothe(self) -> None:
        """The broker carries as it should."""
        self.lose = self.twice = self.shuffle = 0.0
        self.slow_ms = 0

    def hub_up(self) -> None:
        """The hub is back, and takes what was kept for it."""
        self.hub.up = True
        self._gather()

    def heal(self) -> None:
        """A good broker and a good hub."""
        self.soothe()
        self.hub.mute = 0
        self.rise()
        self.hub_up()

    # --- the reporter's side -----------------------------------------------------------------

    def start(self) -> None:
        """Connected from the beginning."""

    def stop(self) -> None:
        """Nothing to end."""

    def set_net(self, up: bool) -> None:
        """The home's network; `fall` and `rise` do that here."""

    def wait(self, timeout_s: float) -> bool:
        """Time stands still while anybody waits."""
        return False

    def send(self, letter: Letter) -> bool:
        """One letter from the home."""
        if not self.up:
            return False
        for _ in range(self._copies()):
            self._to_hub.append(letter)
            if len(self._to_hub) > KEPT:
                self._to_hub.pop(0)
        self._gather()
        return True

    def collect(self) -> list[Letter]:
        """What has come for the home."""
        found, self._to_home = self._to_home, []
        return found

    def alarm_in(self, seconds: float | None) -> None:
        """Wake the home once after so long, unless asked anew before."""
        if seconds is None:
            self._alarm_ms = NEVER
            return
        self._alarm_ms = self._house.world.now_ms + max(1, round(seconds * 1000))
        self._set()

    def _set(self) -> None:
        if self._alarm_ms < self._rings_ms:
            self._rings_ms = self._alarm_ms
            self._house.do_at(self._alarm_ms, self._ring)

    def _ring(self) -> None:
        now_ms = self._house.world.now_ms
        if now_ms >= self._rings_ms:
            self._rings_ms = NEVER
        if now_ms >= self._alarm_ms:
            self._alarm_ms = NEVER
            self._wake()
        self._set()

    # --- the way -----------------------------------------------------------------------------

    def _copies(self) -> int:
        if self._luck.random() < self.lose:
            return 0
        return 2 if self._luck.random() < self.twice else 1

    def _late_ms(self) -> int:
        return CARRY_MS + (self._luck.randint(0, self.slow_ms) if self.slow_ms else 0)

    def _gather(self) -> None:
        if self._to_hub and not self._gathering:
            self._gathering = True
            later = self._house.world.now_ms + GATHER_MS + self._late_ms()
            self._house.do_at(later, self._deliver)

    def _deliver(self) -> None:
        self._gathering = False
        if not (self.up and self.hub.up):
            return  # kept until somebody is back
        letters, self._to_hub = self._to_hub, []
        if self._luck.random() < self.shuffle:
            self._luck.shuffle(letters)
        answers = self.hub.take(letters, self._house.world.utc_ms())
        back = [answer for answer in answers for _ in range(self._copies())]
        if back:
            self._house.do_at(self._house.world.now_ms + self._late_ms(), lambda: self._bring(back))

    def _bring(self, letters: list[Letter]) -> None:
        if self.up:
            self._to_home += letters
            self._wake()

    def _wake(self) -> None:
        self._house.controller_wake_ms = 0
