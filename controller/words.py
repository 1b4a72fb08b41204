"""Plain sentences for people: what to do now, and what an alert means.

Responsible for: the words of the patient's panel and of alerts, short enough to
be read aloud. Not responsible for when they are said. No medicine is named here.
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
SAY_SERVICE: Final = "The machine is open for loading."
SAY_MOVING: Final = "Please wait. Your medicine is coming."
SAY_LOCKED: Final = "The machine is locked. Do not use it. Call your pharmacist."

ALERTS: Final = {
    "dose-missed": "A dose was offered and not taken before its time was over.",
    "dose-held": "A dose was not given: the machine could not, or must not, release it.",
    "dose-uncertain": "Nobody knows whether a dose was taken. Somebody must look and say.",
    "dose-warned": "A dose has not been taken yet. It is still available.",
    "left-in-cup": "A dose lies in the cup and its time is over. Do not take it now; ask first.",
    "board-silent": "The machine does not answer. It gives nothing until it is back.",
    "board-fault": "The machine reports a fault.",
    "clock-untrusted": "The clock cannot be trusted. Nothing is given until a person confirms it.",
    "machine-locked": "The machine is locked. Nothing moves until a person has dealt with it.",
    "journal-fault": "The record of this machine is damaged. Nothing moves. Call service.",
    "reports-waiting": "Reports cannot be delivered. Doses go on; caregivers may not be told.",
    "load-due": "Compartments must be filled soon.",
    "load-unfinished": "Loading was begun and not finished.",
    "plan-expiring": "The plan ends soon. A new version is needed.",
    "mains-lost": "The machine runs on its battery.",
    "battery-low": "The battery is nearly empty.",
    "second-controller": "Another controller is connected to this machine.",
    "compartment-held": "A compartment is held until a person has looked into it.",
    "bad-frames": "The cable to the machine is disturbed.",
}

HOW: Final = {
    "retrieved": "taken from the cup",
    "not-asked-for": "called, and nobody pressed the button",
    "left-in-cup": "left in the cup",
    "cup-away": "the cup was taken and not brought back",
    "cup": "the cup does not tell",
    "not-loaded": "was not loaded",
    "board-silent": "the machine did not answer",
    "gap": "too soon after the dose before",
    "plan": "no longer in the plan",
    "plan-change": "the plan changed",
    "withdrawn": "asked for, then not taken",
    "not-presented": "could not be offered long enough",
    "no-verdict": "the machine never said what happened",
}


def alert(code: str) -> str:
    """The sentence for an alert code."""
    return ALERTS.get(code, "Something needs attention.")
