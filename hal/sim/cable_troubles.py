"""How each trouble of the cable begins and ends.

Responsible for: one small function per beginning and end. Not for names and sentences
(mishaps.py) or for what the cable then does (cable.py).
"""

from hal.sim.cable import BOARD, CONTROLLER
from hal.sim.troubles import Args
from hal.sim.world import World


def flips(world: World, args: Args) -> None:
    world.cable.flips = int(args["per_million"])


def no_flips(world: World) -> None:
    world.cable.flips = 0


def cable_cut(world: World, args: Args) -> None:
    world.cable.cut = True
    world.cable.unplug()


def cable_whole(world: World) -> None:
    world.cable.cut = False


def loss(world: World, args: Args) -> None:
    world.cable.loss = int(args["per_million"])


def no_loss(world: World) -> None:
    world.cable.loss = 0


def twice(world: World, args: Args) -> None:
    world.cable.twice = int(args["per_million"])


def once(world: World) -> None:
    world.cable.twice = 0


def reorder(world: World, args: Args) -> None:
    world.cable.reorder = int(args["per_million"])


def in_order(world: World) -> None:
    world.cable.reorder = 0


def late(world: World, args: Args) -> None:
    world.cable.late, world.cable.late_ms = int(args["per_million"]), max(1, int(args["up_to_ms"]))


def prompt(world: World) -> None:
    world.cable.late = 0


def replay(world: World, args: Args) -> None:
    end = BOARD if args["to"] == "board" else CONTROLLER
    for data in list(world.cable.passed[end])[-max(1, int(args["count"])) :]:
        world.cable.send(end, data, world.chance, world.now_ms)
