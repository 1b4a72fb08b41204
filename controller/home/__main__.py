"""`python -m controller.home run` (a home with a page) or `demo` (a week in a minute)."""

import importlib
import sys


def main(argv: list[str]) -> int:
    """Run the named task with the remaining words; the exit code of it, 2 for an unknown one."""
    if not argv or argv[0] not in ("run", "demo"):
        print("usage: python -m controller.home run|demo", file=sys.stderr)
        return 2
    task = importlib.import_module(f"controller.home.{argv[0]}")
    return int(task.main(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
