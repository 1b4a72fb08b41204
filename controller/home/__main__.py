"""`python -m controller.home run` (with a page), `demo` (a week in a minute) or `kills` (-9)."""

import importlib
import os
import sys

from controller.home.places import HomeRefused
from controller.home.switches import SWITCHES, refuse_unknown


def main(argv: list[str]) -> int:
    """Run the named task with the remaining words; the exit code of it, 2 for an unknown one."""
    if not argv or argv[0] not in SWITCHES:
        print("usage: python -m controller.home " + "|".join(SWITCHES), file=sys.stderr)
        return 2
    try:
        refuse_unknown(os.environ, argv[0])
    except HomeRefused as why:
        print(f"{argv[0]}: {why}", file=sys.stderr)
        return 2
    task = importlib.import_module(f"controller.home.{argv[0]}")
    return int(task.main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
