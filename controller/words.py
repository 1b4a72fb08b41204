"""Plain sentences for people: what to do now, and what an alert means.

Responsible for: the words of the patient's panel, of alerts and of faults, short
enough to be read aloud. Not responsible for when they are said. No medicine is named here.
"""

from __future__ import annotations

from typing import Final

SAY: Final = {
    "quiet": "Nothing to take now.",
    "ready": "You may take your medicine now. Press the button.",
    "call": "It is time for your medicine. Press the button.",
    "warn": "Last call: press the button to get your medicine.",
    "take": "Your medicine is in the cup. Take the cup.",
    "alarm": "Something needs attention. Please look below, or call for help.",
}

SAY_CUP_MISSING: Final = "Please put the empty cup back."
SAY_CUP_FULL: Final = "Please empty the cup and put it back."
SAY_ELSEWHERE: Final = (
    "It is time for medicine that is not in this machine. Take it, and say so on the screen."
)
SAY_SERVICE: Final = "The machine is open for loading."
SAY_MOVING: Final = "Please wait. Your medicine is coming."
SAY_LOCKED: Final = "The machine is locked. Do not use it. Call your pharmacist."
SAY_LOST: Final = (
    "The record of this machine is not the newest one. Nothing is given. Call your pharmacist; "
    "take no dose without asking."
)

# about an outcome: a person ends it; any other alert ends with its cause
DOSE_ALERTS: Final = (
    "dose-missed",
    "dose-held",
    "left-in-cup",
    "dose-warned",
    "dose-contradicted",
    "taken-against-limit",
)
ALERTS: Final = {
    "dose-missed": "A dose was offered and not taken before its time was over.",
    "dose-held": "A dose was not given: the machine could not, or must not, release it.",
    "dose-uncertain": "Nobody knows whether a dose was taken. Somebody must look and say.",
    "dose-warned": "A dose has not been taken yet. It is still available.",
    "left-in-cup": "A dose lies in the cup and its time is over. Do not take it now; ask first.",
    "dose-contradicted": "The machine proves otherwise than a dose was settled. Look; ask first.",
    "taken-against-limit": "Somebody says that medicine was taken though it was too soon, too "
    "much, or on hold. Ask the pharmacist before anything more is taken.",
    "hold-point": "A new step of a medicine waits: a pharmacist and a second person look and sign "
    "that it goes on. Until then it is not given.",
    "never-store": "The plan wants medicine in the machine that is never kept in one. It is not "
    "loaded and not given: a new version of the plan is needed.",
    "board-silent": "The machine does not answer. It gives nothing until it is back.",
    "board-fault": "The machine reports a fault.",
    "clock-untrusted": "The clock cannot be trusted. Nothing is given until a person confirms it.",
    "machine-locked": "The machine is locked. Nothing moves until a person has dealt with it.",
    "journal-lost": "The record here is older than what the machine or the hub knows. "
    "Doses since then are unclear; every compartment must be emptied and filled again.",
    "journal-fault": "The record of this machine is damaged. Nothing moves. Call service.",
    "reports-waiting": "Reports cannot be delivered. Doses go on; caregivers may not be told.",
    "load-due": "Compartments must be filled soon.",
    "load-unfinished": "Loading was begun and not finished.",
    "plan-expiring": "The plan ends soon. A new version is needed.",
    "plan-shifted": "Clocks will change otherwise than when the plan was signed. The signed times "
    "stay in force; a new version is needed.",
    "mains-lost": "The machine runs on its battery.",
    "battery-low": "The battery is nearly empty.",
    "second-controller": "Another controller is connected to this machine.",
    "compartment-held": "A compartment is held until a person has looked into it.",
    "bad-frames": "The cable to the machine is disturbed.",
    "round-at-risk": "As the machine stands now, the next medicine could not be given.",
    "cup-blocked": "What lies in the cup is in the way of this round. Empty the cup; ask first.",
    "clock-drifting": "The clocks drift apart. Load the machine soon: that sets its clock.",
}

HOW: Final = {
    "retrieved": "taken from the cup",
    "by-hand": "given by hand",
    "confirmed": "a person says so",
    "not-confirmed": "called, and nobody said that it was taken",
    "hold-point": "its step waits for two people",
    "refused": "it was refused",
    "unwell": "unwell",
    "not-there": "none was there",
    "not-needed": "not needed",
    "prescriber-says": "the prescriber says so",
    "not-asked-for": "called, and nobody pressed the button",
    "left-in-cup": "left in the cup",
    "cup-away": "the cup was taken and not brought back",
    "cup": "the cup does not tell",
    "not-loaded": "was not loaded",
    "shared-fill": "lay in one compartment with a dose that was skipped",
    "journal-lost": "the record of that time is lost",
    "board-silent": "the machine did not answer",
    "gap": "too soon after the dose before",
    "plan": "no longer in the plan",
    "plan-change": "the plan changed",
    "left-out": "was left out at the last loading",
    "on-hold": "the medicine is on hold",
    "withdrawn": "asked for, then not taken",
    "not-presented": "could not be offered long enough",
    "no-verdict": "the machine never said what happened",
}

_HOME: Final = "Look what is in its way. Then, under Loading, let the tray go home."
_CHUTE: Final = "Look into cup, chute and compartment, say under Today what became of the dose."
_LOOK: Final = "Look into the compartments and say, under Loading, that they are right."
_INSIDE: Final = "The machine found a fault in itself."
_SERVICE: Final = "Call service."

# word of a fault or refusal: (what is wrong, what a person can do about it)
FAULTS: Final = {
    "board-silent": ("The machine does not answer.", _SERVICE),
    "jam": ("The tray is stuck.", _HOME),
    "position-unproven": ("The machine does not know where its tray stands.", _HOME),
    "homing-failed": ("The tray did not come home.", _HOME),
    "gate-stuck-closed": ("The gate does not open.", _HOME),
    "gate-stuck-open": ("The gate does not close.", _HOME),
    "beam-blind": ("The machine cannot see pieces fall.", "Clean the light barrier."),
    "beam-spurious": ("Something disturbs the light barrier.", "Clean the light barrier."),
    "scale-fault": ("The scale under the cup does not work.", "Look what lies under the cup."),
    "no-drop": ("Nothing was seen to fall.", _CHUTE),
    "short-or-over": ("Something else fell than was expected.", _CHUTE),
    "chute-held": ("Pieces may have stayed in the chute.", f"{_CHUTE} {_HOME}"),
    "door-open": ("The door is open.", "Close it."),
    "service-on": ("The service switch is on.", "Let go of it."),
    "brown-out": ("The power failed for a moment.", "Nothing, if it does not come again."),
    "battery-low": ("The battery is nearly empty.", "Bring the mains back."),
    "store-torn": ("A record was cut off while it was written.", "Nothing: the copy is used."),
    "store-missing": ("The memory of the machine is lost.", _SERVICE),
    "watchdog": ("The machine stood still and restarted itself.", _SERVICE),
    "self-test": (_INSIDE, _SERVICE),
    "assertion": (_INSIDE, _SERVICE),
    "no-lease": ("The machine was not loaded to the end.", "Finish under Loading."),
    "fill-unknown": ("The door was open since it was loaded.", _LOOK),
    "fill-spent": ("This compartment was emptied already.", "Fill it again under Loading."),
    "compartment-held": ("The compartment is held.", "Look into it and say what you see."),
    "stray-fall": ("The gate opened by itself: any piece may lack.", f"{_HOME} {_LOOK}"),
    "tray-changed": ("Another tray is in the machine.", _LOOK),
    "clock-not-set": ("The clock of the machine is not set.", "Each loading sets it."),
    "board-simulated": ("A simulated board where a real one belongs.", _SERVICE),
}


def fault(word: str) -> tuple[str, str]:
    """What is wrong and what to do, for the word of a fault; empty for one without words."""
    return FAULTS.get(word, ("", ""))


def alert(code: str) -> str:
    """The sentence for an alert code."""
    return ALERTS.get(code, "Something needs attention.")
