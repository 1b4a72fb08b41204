"""One question to another process, one answer.

Responsible for: sending a JSON line over a local socket and waiting for its answer with
a limit. Not responsible for what may be asked (wishes.py, hands.py). Three ends are
told apart: it said yes, it said no and why, nobody knows whether it was heard.
"""

import asyncio
import json
from dataclasses import dataclass

from controller.web.pick import Object, flag, text

ANSWER_S = 4.0
ANSWER_MOST = 1_000_000  # bytes


@dataclass(frozen=True)
class Answer:
    """What came back; `code` and `why` are empty where it went well."""

    ok: bool
    code: str = ""
    why: str = ""


async def fetch(path: str, message: Object, *, timeout_s: float = ANSWER_S) -> Object:
    """The whole answer to a question that changes nothing; empty where none came."""
    try:
        return await _exchange(path, message, timeout_s) or {}
    except OSError:
        return {}


async def ask(path: str, message: Object, *, who: str, timeout_s: float = ANSWER_S) -> Answer:
    """Send `message`, wait at most `timeout_s`; `who` names the peer in sentences."""
    try:
        found = await _exchange(path, message, timeout_s)
    except OSError:
        return Answer(False, "away", f"The {who} is not running. Nothing was changed.")
    if found is None:
        return Answer(
            False, "no-answer", f"The {who} did not answer. Look here before you try again."
        )
    if flag(found, "ok"):
        return Answer(True)
    return Answer(False, text(found, "code", "refused"), text(found, "why", "It was refused."))


async def _exchange(path: str, message: Object, timeout_s: float) -> Object | None:
    """One line each way; None where no sound answer came, OSError where nobody listens."""
    reader, writer = await asyncio.open_unix_connection(path, limit=ANSWER_MOST)
    try:
        writer.write(json.dumps(message).encode() + b"\n")
        await writer.drain()
        line = await asyncio.wait_for(reader.readline(), timeout_s)
        found: object = json.loads(line) if line else None
    except (TimeoutError, OSError, ValueError):
        found = None
    finally:
        writer.close()
    return found if isinstance(found, dict) else None
