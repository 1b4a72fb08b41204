"""One door under Atheris, which looks for inputs that reach new lines of schedules/.

Responsible for: handing a door to the library (the only file that knows it; Linux on x86_64, Python
before 3.14). Not responsible for the doors (doors.py); without it run.py does the work.

    python -m tests.fuzz.cover plan --inputs 1000000 --seed 1
"""

from __future__ import annotations

import argparse
import sys

import atheris

with atheris.instrument_imports(include=["schedules"]):
    from tests.fuzz.doors import DOORS
    from tests.fuzz.run import FOUND

LONGEST = 8192
SLOW_S = 10  # seconds of the clock after which one input is a fault


def main() -> None:
    """Never returns: libFuzzer ends the process, with 0 where nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("door", choices=sorted(DOORS))
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=0, help="stop after so long")
    asked = parser.parse_args()
    door = DOORS[asked.door]
    ground = FOUND / "ground" / door.name
    ground.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(door.good):
        (ground / f"good-{index}").write_bytes(data)

    def one(data: bytes) -> None:
        door.ask(data)

    options = {
        "runs": asked.inputs,
        "seed": asked.seed,
        "max_total_time": asked.seconds,
        "max_len": LONGEST,
        "timeout": SLOW_S,
        "rss_limit_mb": 2048,
        "artifact_prefix": f"{FOUND}/{door.name}-",
        "print_final_stats": 1,
    }
    words = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *words, str(ground)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
