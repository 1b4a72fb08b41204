"""Every reason to refuse where a medicine is kept, its window, and what is kept apart.

Responsible for: what may stand in a machine and what never, windows, spacing pairs as values.
Not responsible for what only compiled doses show (check_rows.py).
"""

from schedules.model import COUNTED, DAY_S, UNITS, Plan, Refusal, Regimen, Window

SHORTEST_WINDOW_S = 15 * 60


def window_reasons(window: Window, place: str) -> list[Refusal]:
    """A window is neither a moment nor a day, and on time lies inside it."""
    if window.late_s < SHORTEST_WINDOW_S:
        return [Refusal("window", f"{place}.window.late", "a window is open 15 minutes at least")]
    if window.early_s > DAY_S or window.late_s > DAY_S:
        return [Refusal("window", f"{place}.window", "a window reaches one day at most")]
    if window.on_time_s > max(window.early_s, window.late_s):
        sentence = "on time cannot be wider than the window itself"
        return [Refusal("window", f"{place}.window.on_time", sentence)]
    return []


def keeping_reasons(plan: Plan, regimen: Regimen, place: str) -> list[Refusal]:
    """What the machine may hold: whole counted pieces that nothing speaks against."""
    found = []
    if any(not amount for _, amount in regimen.amounts):
        sentence = "a piece holds more than nothing of an ingredient"
        found.append(Refusal("amount", f"{place}.ingredients", sentence))
    if regimen.elsewhere:
        if regimen.piece_mg:
            sentence = "a medicine that is kept elsewhere is not weighed: leave piece_mg out"
            found.append(Refusal("not-weighed", f"{place}.piece_mg", sentence))
        return found
    if not regimen.piece_mg:
        sentence = "'piece_mg' is missing: what one piece weighs, or kept: elsewhere"
        found.append(Refusal("missing-key", f"{place}.piece_mg", sentence))
    if regimen.form not in COUNTED:
        sentence = "the machine holds tablets and capsules: for this form say kept: elsewhere"
        found.append(Refusal("form-not-here", f"{place}.form", sentence))
    elif regimen.unit != UNITS[regimen.form]:
        sentence = "the machine counts pieces: leave unit out"
        found.append(Refusal("unit-not-here", f"{place}.unit", sentence))
    if regimen.storage:
        sentence = "what must be stored so is never put in the machine: say kept: elsewhere"
        found.append(Refusal("never-store-here", f"{place}.storage", sentence))
    if set(regimen.ingredients) & set(plan.never_store):
        sentence = "this site never puts this ingredient in a machine: say kept: elsewhere"
        found.append(Refusal("never-store-here", f"{place}.ingredients", sentence))
    return found


def spacing_reasons(plan: Plan) -> list[Refusal]:
    """A pair is two ingredients of this plan, in different medicines, said once."""
    found = []
    known = {name for one in plan.regimens for name in one.ingredients}
    for index, pair in enumerate(plan.spacing):
        place = f"spacing[{index}].between"
        names = {pair.first, pair.second}
        if len(names) < 2:
            sentence = "an ingredient is not kept apart from itself: that is min_gap under groups"
            found.append(Refusal("spacing-with-itself", place, sentence))
        elif not names <= known:
            found.append(Refusal("unknown-ingredient", place, "no regimen has this ingredient"))
        elif any(names <= set(one.ingredients) for one in plan.regimens):
            found.append(Refusal("spacing-in-one", place, "one medicine holds both of them"))
        if any({one.first, one.second} == names for one in plan.spacing[:index]):
            found.append(Refusal("duplicate-id", place, "this pair stands twice"))
    return found
