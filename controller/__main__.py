"""`python -m controller --config FILE`: wire the parts together, then turn until stopped.

Responsible for: reading the configuration, opening what it names, choosing real
or simulated time. Nothing is decided here, and nowhere else are parts chosen.
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

from controller import diagram, standstill
from controller.chain import JournalFault
from controller.clocks import Clock, HouseClock, SystemClock
from controller.clockwork import Alarm, Bell
from controller.config import Config, ConfigRefused, load
from controller.journal import Journal
from controller.link import Link
from controller.loop import Controller
from controller.plans import Gate
from controller.report.mqtt import RETRY_MAX_S
from controller.report.outbox import Chain, NoJournal
from controller.report.reporter import ReportConfig, Reporter
from controller.run import Outside, real_time, virtual_time
from controller.sockets import Door, SocketTaken
from controller.token import HouseFault, Token
from hal.pi.port import Port
from schedules.seal import Signer

VERSION: Final = "0.1.0"
VIRTUAL_RETRY_S: Final = 0.3  # simulated time waits for the hub: look again soon


def main(argv: list[str]) -> int:
    """Exit code 0 after a stop, 2 for a configuration or a place that cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m controller", description=__doc__)
    parser.add_argument("--config", required=True, help="controller.toml")
    options = parser.parse_args(argv)
    try:
        config = load(options.config)
    except ConfigRefused as refused:
        print(f"controller: {refused}", file=sys.stderr)
        return 2
    diagram.check()
    try:
        door = Door(config.door)
    except (SocketTaken, OSError) as why:
        print(f"controller: the door {config.door} cannot be opened: {why}", file=sys.stderr)
        return 2
    try:
        return _serve(config, door)
    except HouseFault as fault:
        print(f"controller: {fault}", file=sys.stderr)
        return 3
    finally:
        door.close()


def _serve(config: Config, door: Door) -> int:
    try:
        journal = Journal.open(config.journal)
        controller = _controller(config, journal)
    except JournalFault as fault:
        _stand_still(config, door, fault)
        return 0
    try:
        if _virtual_pace(config):
            _virtual(config, controller, door)
        else:
            _real(config, controller, door)
    finally:
        journal.close()
    return 0


def _controller(config: Config, journal: Journal) -> Controller:
    return Controller(
        journal,
        Link(config.board.pairing_key),
        Gate(config.device, [Signer(s.name, s.role, s.public_key) for s in config.signers]),
        version=VERSION,
        real_only=config.board.kind == "real",
        reporting=config.hub is not None,
    )


def _stand_still(config: Config, door: Door, fault: JournalFault) -> None:
    """Nothing moves; alarm, page and the state report go on until somebody stops us."""
    print(f"controller: the journal is damaged: {fault}", file=sys.stderr)
    reporter = _reporter(config, NoJournal(), None)
    broken = standstill.Broken(fault.code, fault.sentence, config.board.pairing_key)
    try:
        if _virtual_pace(config):
            assert config.house is not None
            token = Token.join(config.house.socket)
            standstill.virtual_time(broken, token, door, reporter)
        else:
            clock = _clock(config)
            standstill.real_time(broken, clock, _port(config, clock), door, reporter)
    finally:
        if reporter is not None:
            reporter.stop()


def _virtual(config: Config, controller: Controller, door: Door) -> None:
    assert config.house is not None
    token = Token.join(config.house.socket)
    reporter = _reporter(config, controller.journal, None)
    try:
        virtual_time(controller, token, door, reporter)
    finally:
        token.close()
        if reporter is not None:
            reporter.stop()


def _real(config: Config, controller: Controller, door: Door) -> None:
    clock = _clock(config)
    bell = Bell()
    reporter = _reporter(config, controller.journal, bell)
    port = _port(config, clock)
    assert port is not None
    alarm = Alarm(clock, bell)
    try:
        real_time(controller, Outside(clock, port, door, bell, alarm, reporter))
    finally:
        alarm.close()
        port.close()
        if reporter is not None:
            reporter.stop()


def _clock(config: Config) -> Clock:
    if config.house is None or _virtual_pace(config):
        return SystemClock()
    return HouseClock.connect(config.house.socket)


def _virtual_pace(config: Config) -> bool:
    return config.house is not None and config.house.pace == "virtual"


def _port(config: Config, clock: Clock) -> Port | None:
    return Port(config.board.port, clock.mono_ms) if config.board.port else None


def _reporter(config: Config, journal: Chain, bell: Bell | None) -> Reporter | None:
    if config.hub is None:
        return None
    hub = config.hub
    reporter = Reporter(
        ReportConfig(
            device=config.device,
            hub_key=hub.hub_key,
            host=hub.host,
            port=hub.port,
            shard=hub.shard,
            version=VERSION,
            retry_max_s=VIRTUAL_RETRY_S if _virtual_pace(config) else RETRY_MAX_S,
        ),
        journal,
        bell.ring if bell is not None else lambda: None,
    )
    reporter.start()
    return reporter


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
