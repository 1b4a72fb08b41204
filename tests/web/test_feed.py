"""The stream from another process: news, silence, death and return."""

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path

from controller.web.feed import Feed
from controller.web.pick import Object
from tests.web.stage import Peer, yes

LIMIT_S = 20.0


async def _until(feed: Feed, up: bool, latest: Object | None = None) -> None:
    """Wait until the feed is up (or not) and shows `latest`."""
    turn = -1
    while feed.up is not up or (latest is not None and feed.latest != latest):
        turn = await feed.changed(turn, LIMIT_S)


def _with_feed(scenario: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, LIMIT_S))


def test_a_peer_that_dies_and_returns_is_followed_again() -> None:
    """Killed, the feed says away and keeps its last word; back, it goes on by itself."""

    async def scenario() -> None:
        with tempfile.TemporaryDirectory() as folder:
            peer = Peer(Path(folder) / "p.sock", yes)
            peer.start()
            peer.show({"n": 1})
            feed = Feed(str(peer.path), "view")
            following = asyncio.create_task(feed.run())
            await _until(feed, True, {"n": 1})
            await asyncio.to_thread(peer.stop)
            await _until(feed, False)

            assert {"n": 1} == feed.latest

            peer.start()
            peer.show({"n": 2})
            await _until(feed, True, {"n": 2})
            following.cancel()
            await asyncio.to_thread(peer.stop)

    _with_feed(scenario())


def test_a_wrapped_view_is_unwrapped() -> None:
    """The house sends {"view": {...}}, the controller sends the snapshot bare."""

    async def scenario() -> None:
        with tempfile.TemporaryDirectory() as folder:
            peer = Peer(Path(folder) / "p.sock", yes)
            peer.start()
            peer.show({"view": {"lamp": "call"}})
            feed = Feed(str(peer.path), "view")
            following = asyncio.create_task(feed.run())
            await _until(feed, True, {"lamp": "call"})
            following.cancel()
            await asyncio.to_thread(peer.stop)

    _with_feed(scenario())


def test_a_peer_that_holds_its_socket_but_says_nothing_is_away() -> None:
    """A stopped process accepts connections for ever: that is no sign of life."""

    async def scenario() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "p.sock"

            async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.read()
                writer.close()

            server = await asyncio.start_unix_server(mute, path)
            feed = Feed(str(path), "view", first_s=0.05)
            following = asyncio.create_task(feed.run())
            while feed.why != "it does not answer":
                await feed.changed(feed.turn, LIMIT_S)

            assert not feed.up

            following.cancel()
            server.close()

    _with_feed(scenario())


def test_the_same_word_again_is_no_younger() -> None:
    """A repeated snapshot must not turn the page's clock back."""

    async def scenario() -> None:
        with tempfile.TemporaryDirectory() as folder:
            peer = Peer(Path(folder) / "p.sock", yes)
            peer.start()
            peer.show({"at_ms": 5})
            feed = Feed(str(peer.path), "view")
            following = asyncio.create_task(feed.run())
            await _until(feed, True, {"at_ms": 5})
            came, turn = feed.latest_mono_s, feed.turn
            peer.show({"at_ms": 5})
            while feed.turn == turn:
                await feed.changed(turn, LIMIT_S)

            assert came == feed.latest_mono_s

            following.cancel()
            await asyncio.to_thread(peer.stop)

    _with_feed(scenario())
