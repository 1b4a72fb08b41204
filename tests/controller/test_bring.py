"""From a prescriber's terminal to the machine: sign, look, hand over, and what follows (R4, R7).

The real commands, the real local socket, the real controller; only the time is simulated.
"""

from __future__ import annotations

import json
import select
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller import bring
from controller import events as ev
from controller.sockets import Door
from hal.sim import mishaps
from schedules import seal
from schedules.__main__ import main as schedules
from tests.controller.home import DAY, Home
from tests.controller.monday import CALL, OVER, at_home, dose, fallen, how, skip_to, version

HIGH = (
    "    piece_mg: 200\n",
    "    piece_mg: 200\n    high_alert: yes\n    limits: {max_per_24h: 1}\n",
)
EVERY_MONDAY = (
    "          - {dose: 1, at: [08:00]}\n",
    "          - {dose: 1, at: [09:15], days: [mon]}\n",
)
ALONE = ("    piece_mg: 200\n", "    piece_mg: 200\n    may_be_held: yes\n")


class Desk:
    """A pharmacist's folder beside a running machine."""

    def __init__(self, home: Home, folder: Path, door: Door) -> None:
        self.home = home
        self.folder = folder
        self.door = door
        self.plan = folder / "plan.json"
        self.plan.write_text(home.sign())
        for name, role, private in home.private:
            key = {"name": name, "role": role, "private": private.hex()}
            (folder / f"{role}.key").write_text(json.dumps(key))

    def sign(self, what: str, *more: str, roles: tuple[str, ...] = ("pharmacist",)) -> Path:
        """An act on amlodipine, signed at the machine's own time."""
        path = self.folder / f"{what}.json"
        keys = [word for role in roles for word in ("--key", str(self.folder / f"{role}.key"))]
        now = datetime.fromtimestamp(self.home.now_s, UTC).isoformat()
        words = ["act", what, "amlodipine-5", "--plan", str(self.plan), "--now", now]
        assert 0 == schedules([*words, *more, *keys, "-o", str(path)])
        return path

    def bring(self, path: Path | str, *more: str) -> int:
        """The exit code of the command, with the controller answering at its door."""
        words = [str(path), "--door", str(self.door.path), *more]
        with ThreadPoolExecutor(1) as other_side:
            done = other_side.submit(bring.main, words)
            while not done.done():
                select.select([self.door], [], [], 0.01)
                for request in self.door.poll():
                    asked = dict(request.wish)
                    reply = self.home.wish(str(asked.pop("wish")), **asked)
                    self.door.answer(request, reply.code, reply.why, **reply.more)
            return done.result()

    @property
    def halts(self) -> dict[str, str]:
        """What is stopped or on hold."""
        assert self.home.controller is not None
        return {name: halt.act for name, halt in self.home.controller.state.halts.items()}


def at_desk(home: Home, folder: Path) -> Iterator[Desk]:
    """A desk whose socket has a short path (107 bytes at most)."""
    with tempfile.TemporaryDirectory() as short:
        door = Door(Path(short) / "door.sock")
        yield Desk(home, folder, door)
        door.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Beside the example's plan, loaded, on a Monday at six; amlodipine lies alone."""
    yield from at_desk(at_home(tmp_path, ALONE), tmp_path)


def test_r4_a_stop_from_the_terminal_is_looked_at_then_handed_over(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """First the rounds that it holds and nothing else; with --yes the medicine stays away."""
    path = desk.sign("stop")
    before = len(desk.home.events())
    capsys.readouterr()
    assert 1 == desk.bring(path)
    said = capsys.readouterr().out
    assert "STOP amlodipine-5" in said and "NOT handed over yet" in said
    assert "Mon 23 Nov 08:00 CET, until Mon 23 Nov 09:00 CET  Amlodipine 5 mg" in said
    assert ({}, before) == (desk.halts, len(desk.home.events()))
    assert 0 == desk.bring(path, "--yes")
    assert {"amlodipine-5": "stop"} == desk.halts
    desk.home.run_to(CALL)
    desk.home.take(15)
    desk.home.run_to(OVER)

    assert [("skipped", "plan")] == how(desk.home, "amlodipine-5")
    assert [("taken", "retrieved")] == how(desk.home)
    assert 1 == fallen(desk.home)


def test_r4_hold_and_resume_from_the_terminal(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """A resume says which rounds go on; half signed it is refused with what to do."""
    assert 0 == desk.bring(desk.sign("hold"), "--yes")
    desk.home.run(5)
    half = desk.sign("resume", "--last-taken", "never")
    capsys.readouterr()
    assert 1 == desk.bring(half, "--yes")
    shown = capsys.readouterr()
    assert "compartments would be given again:" in shown.out
    assert "refused: one-signature" in shown.err and "python -m schedules sign" in shown.err
    assert {"amlodipine-5": "hold"} == desk.halts
    whole = desk.folder / "whole.json"
    assert 0 == schedules(["sign", str(half), "--key", str(desk.folder / "checker.key"),
                           "-o", str(whole)])  # fmt: skip
    assert 0 == desk.bring(whole, "--yes")
    assert {} == desk.halts
    desk.home.run_to(CALL)
    desk.home.take(15)

    assert [("taken", "retrieved")] == how(desk.home, "amlodipine-5")


def test_r4_a_refused_act_says_what_to_do(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The same act twice, one for yesterday, one by a stranger: each with code and a way on."""
    first = desk.sign("hold")
    assert 0 == desk.bring(first, "--yes")
    late = desk.sign("stop", "--hours", "1")
    desk.home.run(3700)
    stranger = json.loads((desk.folder / "pharmacist.key").read_text())
    stranger["private"] = "11" * 32
    (desk.folder / "pharmacist.key").write_text(json.dumps(stranger))
    forged = desk.sign("stop", "--number", "2000000000")
    for path, code in ((first, "act-repeated"), (forged, "bad-signature")):
        assert 1 == desk.bring(path, "--yes")
        assert f"refused: {code}" in (err := capsys.readouterr().err)
        assert "Sign it anew" in err or "sign it anew" in err
        assert "Nothing was changed." in err
    assert late == forged  # one file name for both: written over
    assert {"amlodipine-5": "hold"} == desk.halts


def test_r4_a_look_that_is_refused_leaves_no_trace(desk: Desk) -> None:
    """Only what is handed over is in the record; a look is none."""
    desk.home.run(1)
    before = len(desk.home.events())
    path = desk.folder / "nobody.json"
    now = datetime.fromtimestamp(desk.home.now_s, UTC).isoformat()
    words = ["act", "stop", "*", "--plan", str(desk.plan), "--now", now]
    assert 0 == schedules([*words, "-o", str(path)])  # signed by nobody
    assert 1 == desk.bring(path)

    assert before == len(desk.home.events())


def test_r7_a_new_version_is_brought_with_what_a_person_accepts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hole is refused with its medicine and the way on; accepted by name, it is taken."""
    home = at_home(tmp_path, EVERY_MONDAY)
    home.run_to("2026-11-23T08:20:00+00:00")
    home.take()
    moved = version(home, 2, (EVERY_MONDAY[1], EVERY_MONDAY[1].replace("[mon]", "[fri]")))
    for desk in at_desk(home, tmp_path):
        path = tmp_path / "two.json"
        path.write_bytes(seal.seal(moved, home.private))
        refused = desk.bring(path, "--yes")
        err = capsys.readouterr().err
        assert (1, True) == (refused, "refused: gap-too-long" in err)
        assert "--accept gap-too-long:MEDICINE --by NAME" in err
        pair = ("--accept", "gap-too-long:amlodipine-5", "--by", "pharmacist/anna")
        assert 0 == desk.bring(path, "--yes", *pair)
    paired = home.events(ev.RowsPaired)

    assert ["pharmacist/anna"] == [one.by for one in paired]  # type: ignore[attr-defined]


def test_r16_a_second_persons_word_is_signed_brought_and_settles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ada sees it, the pharmacist signs: the doubt is settled by two, once, and says by whom."""
    home = at_home(tmp_path, HIGH)
    home.run_to(CALL)
    mishaps.cause(home.world, "scale_stuck")
    home.world.press()
    home.run(60)
    doubt = dose(home, "amlodipine-5").dose_id
    word = tmp_path / "word.json"
    said = ["vouch", doubt, "missed", "--device", home.plan.device, "--by", "Ada"]
    said += ["--how", "counted", "--key", str(tmp_path / "pharmacist.key")]
    for desk in at_desk(home, tmp_path):
        assert 0 == schedules(said)
        assert "Nothing was written" in capsys.readouterr().out and not word.exists()
        assert 0 == schedules([*said, "-o", str(word)])
        assert 1 == desk.bring(word)
        shown = capsys.readouterr().out
        assert "it was not taken" in shown and "NOT handed over yet" in shown
        assert [] == home.events(ev.DoseSettled)
        assert 0 == desk.bring(word, "--yes")
        assert 1 == desk.bring(word, "--yes")
        assert "refused: not-uncertain" in capsys.readouterr().err
    settled = home.events(ev.DoseSettled)

    assert [("missed", "person/ada", "pharmacist/anna")] == [
        (one.outcome, one.by, one.second)  # type: ignore[attr-defined]
        for one in settled
    ]


def test_r8_a_signed_time_is_brought_by_somebody_at_the_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both clocks ran a day ahead and back: signed and brought with the door open, all is right."""
    home = at_home(tmp_path)
    skip_to(home, "2026-11-24T06:20:00+00:00")
    home.run(120)
    home.kill_controller()
    for clock in (home.world.controller_clock, home.world.board_clock):
        clock.jump(-DAY * 1000, home.world.now_ms)
    home.start_controller()
    home.run(60)
    word = tmp_path / "time.json"
    for desk in at_desk(home, tmp_path):
        now = datetime.fromtimestamp(home.now_s, UTC).isoformat()
        assert 0 == desk.bring("--number")
        number = capsys.readouterr().out.strip()
        assert 8 == len(number)
        said = ["time", "--device", home.plan.device, "--number", number, "--now", now]
        assert 0 == schedules([*said, "--key", str(tmp_path / "checker.key"), "-o", str(word)])
        assert 2 == desk.bring(word, "--yes")
        assert 1 == desk.bring(word, "--yes", "--by", "person/ada")
        err = capsys.readouterr().err
        assert "refused: not-at-machine" in err and "holds the service switch" in err
        home.world.service(True)
        home.world.open_door()
        home.run(2)
        assert 0 == desk.bring(word, "--yes", "--by", "person/ada")
    repaired = home.events(ev.ClockRepaired)

    assert [("person/ada", "pharmacist/ben")] == [
        (one.by, one.signer)  # type: ignore[attr-defined]
        for one in repaired
    ]


def test_nobody_at_the_door_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a controller nothing was handed over, and the command says so."""
    envelope = tmp_path / "plan.json"
    envelope.write_text("{}")
    assert 1 == bring.main([str(envelope), "--door", str(tmp_path / "none.sock"), "--yes"])

    assert "nothing was handed over" in capsys.readouterr().err
