"""The words of a plan file that stand for something: days, parts of the day, forms.

Responsible for: closed lists and the site policy behind them. Not responsible for what a plan
makes of them (model.py, document.py).
"""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# What a dose of each form counts, where the plan does not say another unit.
UNITS = {
    "tablet": "tablet",
    "capsule": "capsule",
    "inhaler": "puff",
    "patch": "patch",
    "liquid": "ml",
    "injection": "injection",
    "drops": "drop",
    "cream": "application",
    "suppository": "suppository",
    "powder": "sachet",
    "spray": "spray",
}
COUNTED = ("tablet", "capsule")  # the forms a machine can hold

# Site policy: the minute of day behind each word of the patient's clock.
CLOCK_WORDS = {
    "wake": 7 * 60,
    "breakfast": 8 * 60,
    "lunch": 12 * 60 + 30,
    "dinner": 18 * 60 + 30,
    "bed": 22 * 60,
    "early-morning": 7 * 60,
    "morning": 8 * 60,
    "late-morning": 10 * 60,
    "noon": 12 * 60,
    "early-afternoon": 13 * 60,
    "afternoon": 15 * 60,
    "late-afternoon": 17 * 60,
    "early-evening": 17 * 60,
    "evening": 18 * 60,
    "late-evening": 20 * 60,
    "night": 22 * 60,
}
