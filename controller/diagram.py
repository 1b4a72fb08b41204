"""The dose's life in `transitions`: the start-up check and the drawn diagram.

Responsible for: proving at start that the library walks exactly the rows of
table.py, and for the Mermaid text in README.md. Decides nothing.
"""

from __future__ import annotations

from transitions import Machine, MachineError

from controller.table import OUTCOMES, ROWS, STAGES, Rows


class Walker:
    """One imaginary dose for the library to move about."""

    state: str


def machine(walker: Walker) -> Machine:
    """The table as a `transitions` machine over `walker`."""
    rows = [
        {"trigger": step, "source": list(sources), "dest": target} for step, sources, target in ROWS
    ]
    return Machine(
        model=walker,
        states=list(STAGES),
        transitions=rows,
        initial="planned",
        auto_transitions=False,
        send_event=True,
        queued=True,
    )


def check() -> None:
    """Every row is walked by the library, everything else refused; raises AssertionError."""
    check_against(ROWS)


def check_against(rows: Rows) -> None:
    """The machine built here walks exactly these rows."""
    walker = Walker()
    built = machine(walker)
    allowed = {(step, source): target for step, sources, target in rows for source in sources}
    for stage in STAGES:
        for step, _, _ in rows:
            built.set_state(stage)
            try:
                built.events[step].trigger(walker)
                reached: str | None = walker.state
            except (KeyError, MachineError):
                reached = None
            assert allowed.get((step, stage)) == reached, f"table and library differ: {step}"


def mermaid() -> str:
    """The diagram of a dose's life as Mermaid text."""
    lines = ["stateDiagram-v2", "    [*] --> planned"]
    for step, sources, target in ROWS:
        for source in sources:
            lines.append(f"    {_id(source)} --> {_id(target)}: {step.replace('_', ' ')}")
    lines += [f"    {_id(end)} --> [*]" for end in OUTCOMES if end != "uncertain"]
    return "\n".join(lines) + "\n"


def _id(stage: str) -> str:
    return stage.replace("-", "_")
