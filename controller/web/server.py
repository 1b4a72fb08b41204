"""The HTTP server around the pages: how it listens and how it stops.

Responsible for: uvicorn's settings and an end that does not wait for open streams.
Not responsible for what is served (app.py).
"""

from types import FrameType

import uvicorn

from controller.web.app import create_app
from controller.web.home import Home


class Pages(uvicorn.Server):
    """The server; told to stop, it ends the open streams instead of waiting for them."""

    def __init__(self, home: Home, hosts: tuple[str, ...]) -> None:
        self.home = home
        self.app = create_app(home, hosts)
        super().__init__(
            uvicorn.Config(
                self.app,
                log_level="error",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ctrl-C or SIGTERM."""
        self.home.close()
        super().handle_exit(sig, frame)

    def end(self) -> None:
        """Stop soon; from any thread."""
        self.home.close()
        self.should_exit = True
