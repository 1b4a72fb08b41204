"""The hub in small: stores what homes report, acknowledges it, prints what people hear.

Responsible for: receiving, checking seals, storing before acknowledging, and the lines a
caregiver would read, each told at least once. Not responsible for counting (summary.py),
words (view.py) or storage (store.py). One process, a few homes, one key.

    python -m fleet.watch --broker HOST:PORT --hub-key FILE --store FILE.sqlite
"""

import argparse
import json
import secrets
import signal
import sys
import time
import zoneinfo
from collections.abc import Callable, Sequence
from pathlib import Path

from controller.canonical import Json
from controller.report import documents, topics
from controller.report.mqtt import Courier, Letter, Route
from fleet import summary
from fleet.silence import OFFLINE_AFTER_S, SILENT_AFTER_S, Ear, Vigil
from fleet.store import Arrival, Cursor, Fork, Store, arrival
from fleet.view import Household, clock_time

PAUSE_S = 0.5  # longest wait between two looks at the clock
SUMMARY_EVERY_S = 30.0  # under load the summary file waits so long, else for a quiet second
ASK_ANYWAY = 1 << 62  # no log is as long: whatever is not acknowledged, send it now
DEAF = "no connection to its broker. NOTHING is known of any machine."
HEARING = "connected to its broker again."

Tell = Callable[[str], None]


class Watcher:
    """Takes letters in, gives acknowledgements out; `tell` gets each line for people."""

    def __init__(
        self, store: Store, key: bytes, *, vigil: Vigil, zone: zoneinfo.ZoneInfo, tell: Tell
    ) -> None:
        self._store = store
        self._key = key
        self._vigil = vigil
        self._zone = zone
        self._tell = tell
        self._homes: dict[str, Household] = {}
        self._forked: set[tuple[str, str, int]] = set()
        self._damaged: set[str] = set()  # devices whose journal is damaged: no events can come
        self._ear = Ear()

    def begin(self, now_s: float) -> None:
        """Go on where the last run of this store ended."""
        for device, last_at in self._store.heard().items():
            self._vigil.expect(device, last_at, now_s)
        for device, epoch, _, told in self._store.logs():
            for doc in self._store.read(device, epoch, 0, told):
                self._home(device).apply(doc)
        self.tell_news()

    def take(self, letters: Sequence[Letter], now_s: float, now_ms: int) -> list[Letter]:
        """Store all events in these letters durably; the acknowledgements to send then."""
        arrivals: list[Arrival] = []
        asked: dict[tuple[str, str], int] = {}  # logs whose home told us its head
        spoken: dict[str, str] = {}  # who spoke just now, and the latest instant it spoke of
        for letter in letters:
            address = topics.parse(letter.topic)
            if address is None:
                continue
            if address.leaf == topics.EVENT:
                self._event(address.topics.device, letter, arrivals, spoken, now_ms)
            elif address.leaf == topics.STATE:
                self._state(address.topics.device, letter, asked, spoken, now_s)
            elif address.leaf == topics.AVAILABILITY:
                self._availability(address.topics.device, letter.payload, now_s)
        cursors, forks = self._store.take(arrivals, spoken, now_ms) if spoken else ([], [])
        self._hear(spoken, now_s)
        self._tell_forks(forks)
        known = {(cursor.device, cursor.log_epoch): cursor for cursor in cursors}
        for device, epoch in asked.keys() - known.keys():
            known[device, epoch] = self._store.cursor(device, epoch)
        shards = _shards(letters)
        return [
            self._acknowledge(cursor, shards[device], asked.get((device, epoch), 0))
            for (device, epoch), cursor in sorted(known.items())
        ]

    def look(self, now_s: float, *, connected: bool = True) -> None:
        """Tell of everybody who has just fallen silent, or that this hub hears nobody."""
        if self._ear.listen(now_s, connected):
            self._tell(f"this hub: {DEAF if self._ear.deaf else HEARING}")
            self._vigil.begin_anew(now_s)
        if self._ear.deaf:
            return  # whoever seems silent now may be speaking all the time
        for device, last_at in self._vigil.check(now_s):
            since = clock_time(last_at, self._zone) if last_at else "the beginning"
            self._tell(
                f"{device}: UNKNOWN since {since}. The machine is silent; nobody knows more."
            )

    def _event(
        self,
        device: str,
        letter: Letter,
        arrivals: list[Arrival],
        spoken: dict[str, str],
        now_ms: int,
    ) -> None:
        doc = documents.unseal(letter.payload, topics.EVENT, device, self._key)
        one = arrival(device, doc) if doc is not None else None
        if doc is None or one is None:
            reason = "no-seal" if doc is None else "no-event"
            self._store.bury(letter.topic, letter.payload, reason, now_ms)
            return
        arrivals.append(one)
        _spoke(spoken, device, doc.get("at"))

    def _state(
        self,
        device: str,
        letter: Letter,
        asked: dict[tuple[str, str], int],
        spoken: dict[str, str],
        now_s: float,
    ) -> None:
        doc = documents.unseal(letter.payload, topics.STATE, device, self._key)
        if doc is None:
            return
        at, epoch, number = doc.get("at"), doc.get("log_epoch"), doc.get("n")
        if not (isinstance(at, str) and isinstance(epoch, str) and isinstance(number, int)):
            return
        self._mode(device, doc.get("mode"))
        if epoch:
            asked[device, epoch] = number
        if letter.retain:  # kept by the broker: it says when the machine spoke, not that it lives
            self._vigil.expect(device, at, now_s)
            if epoch:
                asked[device, epoch] = ASK_ANYWAY  # we have just come: what came before is lost
        else:
            _spoke(spoken, device, at)

    def _mode(self, device: str, mode: Json) -> None:
        """The one fact that no event can bring: the journal itself is damaged."""
        if mode == "journal-fault" and device not in self._damaged:
            self._damaged.add(device)
            self._tell(f"{device}: ALERT, urgent: its record is damaged, and it gives nothing.")
        elif mode in ("ready", "service", "locked") and device in self._damaged:
            self._damaged.discard(device)
            self._tell(f"{device}: ALL CLEAR: its record can be read.")

    def _hear(self, spoken: dict[str, str], now_s: float) -> None:
        for device, at in spoken.items():
            since = self._vigil.heard(device, at, now_s)
            if since is not None:
                when = clock_time(since, self._zone)
                self._tell(f"{device}: heard again; nothing was known since {when}.")

    def _availability(self, device: str, payload: bytes, now_s: float) -> None:
        if payload == topics.OFFLINE:
            self._vigil.offline(device, now_s)
        elif payload == topics.ONLINE:
            self._vigil.online(device)

    def _acknowledge(self, cursor: Cursor, shard: int, told_head: int) -> Letter:
        ask = cursor.ahead or told_head > cursor.acked
        document = documents.acknowledgement(cursor.log_epoch, cursor.acked, cursor.head, ask=ask)
        payload = documents.seal(document, topics.ACK, cursor.device, self._key)
        return Letter(topics.Topics(cursor.device, shard).leaf(topics.ACK), payload)

    def _tell_forks(self, forks: Sequence[Fork]) -> None:
        for fork in forks:
            place = (fork.device, fork.log_epoch, fork.n)
            if place not in self._forked:
                self._forked.add(place)
                self._tell(
                    f"{fork.device}: FORK at event {fork.n}. Its history is not one history;"
                    " nothing after it is acknowledged."
                )

    def tell_news(self) -> None:
        """Tell what the stored events mean, up to each cursor, and remember that it was told."""
        for device, epoch, acked, told in self._store.logs():
            if acked == told:
                continue
            for doc in self._store.read(device, epoch, told, acked):
                if self._store.elsewhere(device, epoch, doc.get("n"), doc.get("hash")):
                    continue  # a new log begins with the history of the one before it (R1)
                at = doc.get("at")
                when = clock_time(at, self._zone) if isinstance(at, str) else ""
                for line in self._home(device).apply(doc):
                    self._tell(f"{when} {device}: {line}")
            self._store.told(device, epoch, acked)

    def _home(self, device: str) -> Household:
        if device not in self._homes:
            self._homes[device] = Household(self._zone)
        return self._homes[device]


def _shards(letters: Sequence[Letter]) -> dict[str, int]:
    """The shard each device spoke from."""
    found = (topics.parse(letter.topic) for letter in letters)
    return {one.topics.device: one.topics.shard for one in found if one is not None}


def _spoke(spoken: dict[str, str], device: str, at: Json) -> None:
    """Note that a device spoke of the instant `at`."""
    if isinstance(at, str):
        spoken[device] = max(at, spoken.get(device, ""))


def read_key(path: Path) -> bytes:
    """The hub key in a file of hex digits; ValueError for anything shorter than 16 bytes."""
    key = bytes.fromhex(path.read_text().strip())
    if len(key) < 16:
        raise ValueError("a hub key has at least 16 bytes")
    return key


def run(watcher: Watcher, courier: Courier, store: Store, summary_path: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: ending.append(got))
    watcher.begin(time.monotonic())
    courier.start()
    written_at, changed = 0.0, True
    while not ending:
        courier.wait(PAUSE_S)
        letters = courier.collect()
        now_s = time.monotonic()
        for letter in watcher.take(letters, now_s, time.time_ns() // 1_000_000):
            courier.send(letter)
        if letters:
            watcher.tell_news()
        watcher.look(now_s, connected=courier.connected)
        changed = changed or bool(letters)
        quiet = not letters or now_s >= written_at + SUMMARY_EVERY_S
        if summary_path is not None and changed and quiet:
            summary.write(store, summary_path)
            written_at, changed = now_s, False
    courier.stop()
    if summary_path is not None:
        summary.write(store, summary_path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch over the homes of one broker, or print the summary of a store."""
    args = _parser().parse_args(arguments)
    if args.report:
        print(json.dumps(summary.summarise(args.store)))
        return 0
    if not args.broker or not args.hub_key:
        print("fleet.watch: --broker and --hub-key are needed, or --report.", file=sys.stderr)
        return 2
    host, _, port = args.broker.rpartition(":")
    store = Store(args.store)
    watcher = Watcher(
        store,
        read_key(args.hub_key),
        vigil=Vigil(args.silent_after, args.offline_after),
        zone=zoneinfo.ZoneInfo(args.zone),
        tell=lambda line: print(line, flush=True),
    )
    route = Route(
        host,
        int(port),
        client_id=f"posology-hub-{secrets.token_hex(4)}",
        subscriptions=tuple(
            topics.every(leaf) for leaf in (topics.EVENT, topics.STATE, topics.AVAILABILITY)
        ),
        subscribe_qos=1,
        retry_max_s=args.retry_max,
    )
    try:
        run(watcher, Courier(route), store, args.summary)
    finally:
        store.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Store, acknowledge and tell what homes report.")
    parser.add_argument("--broker", help="HOST:PORT of the MQTT listener")
    parser.add_argument("--hub-key", type=Path, help="file with the key shared with the home, hex")
    parser.add_argument("--store", type=Path, required=True, help="SQLite file of this hub")
    parser.add_argument("--summary", type=Path, help="keep a JSON summary in this file")
    parser.add_argument("--report", action="store_true", help="print the store's summary and end")
    parser.add_argument("--zone", default="UTC", help="time zone of the printed times")
    parser.add_argument("--silent-after", type=float, default=SILENT_AFTER_S, help="seconds")
    parser.add_argument("--offline-after", type=float, default=OFFLINE_AFTER_S, help="seconds")
    parser.add_argument("--retry-max", type=float, default=15.0, help="longest back-off, seconds")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
