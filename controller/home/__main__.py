"""`python -m controller.home run` (with a page), `demo` (a week in a minute) or `kills` (-9)."""

import importlib
import sys

TASKS = ("run", "demo", "kills")


def main(argv: list[str]) -> int:
    """Run the named task with the remaining words; the exit code of it, 2 for an unknown one."""
    if not argv or argv[0] not in TASKS:
        print("usage: python -m controller.home " + "|".join(TASKS), file=sys.stderr)
        return 2
    task = importlib.import_module(f"controller.home.{argv[0]}")
    return int(task.main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
