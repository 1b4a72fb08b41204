"""The journal through power cuts: every boundary between two operations on the disk."""

import random
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.crash import lives
from tests.crash.disk import DAMAGES, Platter
from tests.crash.journals import Bench, Story


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A folder in memory where there is one: nothing but locks lies in it."""
    shm = Path("/dev/shm")
    with TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        one = Bench(Path(folder))
        yield one
        one.files.unregister()


@pytest.mark.hazard("H20")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_cut_at_any_boundary_leaves_a_log_that_opens_and_goes_on(
    bench: Bench, damage: str
) -> None:
    """Confirmed events are there, nothing else than was written is there, batches are whole."""
    story = Story()
    disk = bench.disk({}, story)
    lives.short(bench, disk, story)
    assert 100 < len(disk.tape.ops)

    platter = Platter(disk.tape)
    for cut in range(len(disk.tape.ops) + 1):
        platter.to(cut)
        mark = disk.tape.ops[cut].mark if cut < len(disk.tape.ops) else -1
        image = platter.after(damage, random.Random(f"{damage}/{cut}"))
        found = bench.reopen(image, story, story.marks[mark])
        assert "" == found.fault, cut
