"""Processes of the home come back when they die, and all of them end."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.home.children import PAUSE_FIRST_MS, PAUSE_LAST_MS, Child, Children

WAITS = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
DIES = [sys.executable, "-c", "raise SystemExit(3)"]


class Told:
    """Collects what would be said to the person."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def told() -> Told:
    """What was said."""
    return Told()


@pytest.fixture
def children(told: Told) -> Iterator[Children]:
    """Ended after the test, whatever happened."""
    all_of_them = Children(told)
    yield all_of_them
    all_of_them.end()


def child(folder: Path, command: list[str], name: str = "part") -> Child:
    """A child whose words can be read from its relay."""
    log = folder / f"{name}.log"
    return Child(name, command, cwd=folder, log=log, environ=os.environ, relayed=True)


def await_end(one: Child) -> None:
    """Until its output is closed and the process is gone."""
    assert one.relay is not None
    one.relay.read()
    pid = one.pid
    if pid is not None:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def test_a_child_that_dies_comes_back_after_its_pause(
    tmp_path: Path, children: Children, told: Told
) -> None:
    """It is said once, nothing happens before the pause is over, then a new process lives."""
    one = children.start(child(tmp_path, WAITS), now_ms=0)
    assert one.relay is not None and one.relay.readline() == b"up\n"
    first = one.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await_end(one)

    assert PAUSE_FIRST_MS + 10 == children.step(10)
    assert PAUSE_FIRST_MS + 10 == children.step(PAUSE_FIRST_MS)
    assert None is children.step(PAUSE_FIRST_MS + 10)

    assert one.relay.readline() == b"up\n"
    assert one.pid not in (None, first)
    assert 1 == one.restarts
    assert 1 == len(told.lines) and "signal 9" in told.lines[0]


def test_what_a_child_needs_is_made_again_before_each_life(
    tmp_path: Path, children: Children
) -> None:
    """Somebody deletes its folder, its log's folder too: the next life has both again."""
    place = tmp_path / "store"
    looks = [sys.executable, "-c", f"import os; os.listdir({str(place)!r})"]
    one = Child("part", looks, cwd=Path("/"), log=tmp_path / "log" / "part.log",
                environ=os.environ, relayed=True,
                prepare=lambda: place.mkdir(exist_ok=True))  # fmt: skip
    children.start(one, now_ms=0)
    await_end(one)
    due_ms = children.step(0)
    assert due_ms is not None
    shutil.rmtree(place)
    shutil.rmtree(tmp_path / "log")
    children.step(due_ms)
    await_end(one)

    assert (True, True) == (place.is_dir(), (tmp_path / "log").is_dir())
    assert "" == one.last_words()


def test_a_child_begins_anew_when_the_one_it_follows_comes_back(
    tmp_path: Path, children: Children
) -> None:
    """The follower is asked to end, and comes back after its own pause."""
    first = children.start(child(tmp_path, DIES, "first"), now_ms=0)
    second = children.start(
        Child(
            "second",
            WAITS,
            cwd=tmp_path,
            log=tmp_path / "second.log",
            environ=os.environ,
            relayed=True,
            follows=first,
        ),
        now_ms=0,
    )
    assert second.relay is not None and second.relay.readline() == b"up\n"
    await_end(first)
    due_ms = children.step(0)
    assert due_ms is not None
    children.step(due_ms)
    await_end(second)
    due_ms = children.step(due_ms)
    assert due_ms is not None
    children.step(2 * due_ms)

    assert 1 == second.restarts
    assert second.pid is not None


def test_the_pause_of_a_child_that_keeps_dying_grows_to_a_bound(
    tmp_path: Path, children: Children
) -> None:
    """Each pause is twice the one before, never above the bound."""
    one = children.start(child(tmp_path, DIES), now_ms=0)
    now_ms, pauses = 0, []
    for _ in range(7):
        await_end(one)
        due_ms = children.step(now_ms)
        assert due_ms is not None
        pauses.append(due_ms - now_ms)
        now_ms = due_ms
        children.step(now_ms)

    assert [500, 1000, 2000, 4000, 8000, PAUSE_LAST_MS, PAUSE_LAST_MS] == pauses


def test_all_end_and_nothing_else(tmp_path: Path, told: Told) -> None:
    """After end() no child lives; a process that is not one of them still does."""
    stranger = subprocess.Popen(WAITS, stdout=subprocess.DEVNULL)
    all_of_them = Children(told)
    started = [all_of_them.start(child(tmp_path, WAITS, name), 0) for name in ("one", "two")]
    pids = [one.pid for one in started]
    all_of_them.end()

    assert [None, None] == [one.pid for one in started]
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert None is stranger.poll()
    stranger.kill()
    stranger.wait()


def test_children_end_with_their_parent(tmp_path: Path) -> None:
    """kill -9 of the launcher leaves no process behind."""
    script = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from controller.home.children import Child\n"
        f"one = Child('part', {WAITS!r}, cwd=Path({str(tmp_path)!r}),"
        f" log=Path({str(tmp_path)!r}, 'log'), environ=os.environ, relayed=True)\n"
        "one.start(0)\none.relay.readline()\nprint(one.pid, flush=True)\nsignal.pause()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watched = os.pidfd_open(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()

    import select

    assert [watched] == select.select([watched], [], [], 10)[0]
    os.close(watched)
