"""Instructions in words for the tests of text in: what each becomes, or how it is refused."""

from collections.abc import Mapping

ONCE = {"dose": "1", "at": ["08:00"]}


def steps(*takes: Mapping[str, object], **more: object) -> list[object]:
    """The steps of a proposal that has one."""
    return [{**more, "take": list(takes)}]


READ_EN = {
    "take one tablet twice a day with food": steps({"dose": "1", "when": ["breakfast", "dinner"]}),
    "1-0-0-1": steps({"dose": "1", "when": ["morning", "night"]}),
    "1-0-1 tablets": steps({"dose": "1", "when": ["morning", "evening"]}),
    "1/2-0-1": steps({"dose": "0.5", "when": ["morning"]}, {"dose": "1", "when": ["evening"]}),
    "½ - 0 - 0 - ½": steps({"dose": "0.5", "when": ["morning", "night"]}),
    "ONE to be taken each day": steps(ONCE),
    "take 2 capsules every 8 hours for 5 days": steps(
        {"dose": "2", "every": "8h"}, **{"for": "5d"}
    ),
    "Take 1 tablet in the morning and 2 tablets at night": steps(
        {"dose": "1", "when": ["morning"]}, {"dose": "2", "when": ["night"]}
    ),
    "half a tablet at bedtime": steps({"dose": "0.5", "when": ["bed"]}),
    "one and a half tablets on alternate days": steps(
        {"dose": "1.5", "at": ["08:00"], "every_days": "2"}
    ),
    "1 tablet once a week on Monday": steps({**ONCE, "days": ["mon"]}),
    "1 tablet on Mondays and Thursdays at 8am": steps({**ONCE, "days": ["mon", "thu"]}),
    "1 tablet 30 minutes before breakfast": steps(
        {"dose": "1", "when": ["before breakfast 30min"]}
    ),
    "1 tablet three times a day after food": steps(
        {
            "dose": "1",
            "when": ["after breakfast 30min", "after lunch 30min", "after dinner 30min"],
        }
    ),
    "1 tablet at 08:00, 14:00 and 20:00": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "1 tablet daily until Thursday 3 December 2026": steps(ONCE, until="2026-12-03"),
    "every 12 hours": steps({"every": "12h"}),
    "2 tablets once a day for 5 days, then 1 tablet once a day for 5 days": [
        {"for": "5d", "take": [{"dose": "2", "at": ["08:00"]}]},
        {"for": "5d", "take": [{"dose": "1", "at": ["08:00"]}]},
    ],
}

READ_EN["1 tablet in the morning and 2 tablets at night, all of it for 5 days"] = steps(
    {"dose": "1", "when": ["morning"]}, {"dose": "2", "when": ["night"]}, **{"for": "5d"}
)

READ_DE = {
    "morgens und abends 1 Tablette": steps({"dose": "1", "when": ["morning", "evening"]}),
    "3 x täglich 1 Tablette": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "3x tgl. eine Kapsel": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "alle 8 Stunden": steps({"every": "8h"}),
    "0,5-0-1": steps({"dose": "0.5", "when": ["morning"]}, {"dose": "1", "when": ["evening"]}),
    "morgens 1 Tablette, abends 2 Tabletten": steps(
        {"dose": "1", "when": ["morning"]}, {"dose": "2", "when": ["evening"]}
    ),
    "eine halbe Tablette zur Nacht": steps({"dose": "0.5", "when": ["night"]}),
    "zum Frühstück und zum Abendessen je 1 Tablette": steps(
        {"dose": "1", "when": ["breakfast", "dinner"]}
    ),
    "1 Tablette um 20:00 Uhr, 7 Tage lang": steps({"dose": "1", "at": ["20:00"]}, **{"for": "7d"}),
    "3x1 Tablette täglich": steps({"dose": "1", "at": ["08:00", "14:00", "20:00"]}),
    "jeden 2. Tag 2 Stück": steps({"dose": "2", "at": ["08:00"], "every_days": "2"}),
    "montags 1 Tablette": steps({**ONCE, "days": ["mon"]}),
}

REFUSED_EN = {
    "take 1-2 tablets twice a day": "range",
    "one or two tablets daily": "range",
    "1 tablet every 4 to 6 hours": "range",
    "1 tablet up to 4 times a day": "range",
    "1 tablet for up to 7 days daily": "range",
    "1 tablet OD": "latin-abbreviation",
    "2 bd": "latin-abbreviation",
    "1 tablet t.d.s": "latin-abbreviation",
    "1 tablet q6h": "latin-abbreviation",
    "1 tablet prn": "latin-abbreviation",
    "take one tablet daily as directed": "as-directed",
    "5523 tablets daily": "implausible-number",
    "take 11 every day": "implausible-number",
    "07 tablets daily": "implausible-number",
    "1,5 tablets daily": "decimal-mark",
    "1.0 tablet daily": "trailing-zero",
    ".5 tablet daily": "bare-decimal-point",
    "1/3 tablet daily": "fraction",
    "1 tablet daily for 5/7": "fraction",
    "2 1/2 tablets daily": "two-numbers",
    "two half tablets daily": "mixed-number",
    "1-1/2-0-1": "scheme-fraction",
    "1-0-1-0-1": "scheme-length",
    "0-0-0": "no-dose",
    "do not take 1 tablet daily": "negation",
    "take 1 tablet daily, never with milk": "negation",
    "1 tablet daily unless dizzy": "negation",
    "1 tablet twice a day and 1 capsule at night": "two-forms",
    "1 aspirin daily": "text-not-understood",
    "two tablets three a day": "two-doses",
    "1 3 times a day": "two-numbers",
    "2 tablets a day": "per-day-total",
    "1 tablet on monday": "one-day-or-every",
    "1 tablet once a week": "day-not-said",
    "1 tablet every 2 weeks": "day-not-said",
    "1 tablet three times a week on Monday and Friday": "count-vs-times",
    "1 tablet twice a day in the morning": "count-vs-times",
    "1 tablet daily every other day": "two-timings",
    "1 tablet every day on Mondays": "two-timings",
    "1 tablet once a day on alternate days": "two-timings",
    "1 tablet every 8 hours in the morning": "two-timings",
    "1 tablet four times a day with food": "meals-vs-times",
    "1 tablet at 8": "which-half-of-day",
    "1 tablet at 8:00": "which-half-of-day",
    "1 tablet daily until Friday 3 December 2026": "numbers-disagree",
    "1 tablet daily until 31 November 2026": "no-such-time",
    "1 tablet daily until 3/12/2026": "fraction",
    "1 tablet at 12 pm": "noon-or-midnight",
    "1 tablet at 25:00": "no-such-time",
    "1 tablet": "how-often",
    "500 mg twice a day": "not-counted",
    "2 spoonfuls three times a day": "not-counted",
    "1 tablet in the morning with breakfast": "two-timings",
    "1 tablet in the morning, with breakfast": "two-timings",
    "1 tablet in the morning at 8am": "two-timings",
    "1 tablet in the morning at breakfast and at night": "two-timings",
    "1 tablet at 8am 8pm": "two-timings",
    "1 tablet twice a day in the morning and with breakfast": "overlap",
    "1 tablet on Mondays at 8am and on Thursdays at 9am": "which-dose",
    "at noon, 1 tablet at night": "which-dose",
    "1 tablet at 8am for 7 days and at night": "which-dose",
    "1 tablet on Mondays for 3 weeks and on Fridays": "which-dose",
    "1 tablet in the morning on Mondays and at night on Fridays": "which-dose",
    "2 tablets at 8am and 1 tablet at 8am": "overlap",
    "1 tablet twice a day and 2 tablets at night": "times-needed",
    "1 tablet every 4 hours, maximum 4 tablets in 24 hours": "plan-over-limit",
    "2 tablets when needed, max 1 in 24 hours": "cap-under-dose",
    "2 drops in each eye twice a day": "text-not-understood",
    "no more than 2 tablets twice a day": "negation",
    "1 tablet daily until finished": "open-end",
    "1 tablet daily, increase to 2": "changing-dose",
    "1 tablet now": "single-dose",
    "1 tablet daily then stop": "open-end",
    "1 tablet daily then stop for 7 days": "open-end",
    "1 tablet daily, then": "text-cut-off",
    "1 tablet daily and": "text-cut-off",
    "and 1 tablet daily": "text-cut-off",
    "1 tablet in the morning and and at night": "text-cut-off",
    "1 tablet daily then 2 tablets daily": "sequence-without-end",
    "1 tablet in the morning for 5 days and 2 tablets at night": "which-dose",
    "1 tablet in the morning and 2 tablets at night on Mondays": "which-dose",
    "1 tablet in the morning and 2 tablets at night for 5 days": "which-dose",
    "for 5 days 1 tablet in the morning and 2 tablets at night": "which-dose",
    "1 tablet in the morning and 2 tablets in the evening with food": "which-dose",
    "2 (three) tablets daily": "numbers-disagree",
    "1 t\u0430blet daily": "strange-character",
    "\uff11 tablet daily": "strange-character",
    "1 tablet\u200b daily": "strange-character",
    "\u0661 tablet daily": "strange-character",
    "1 tablet at night when needed": "as-needed-when",
    "2 puffs, 4 times per day, and as needed": "as-needed-when",
    "1 tablet daily. When needed for pain, max 4 in 24 hours": "as-needed-when",
    "31 ml daily": "implausible-number",
    "1 tablet daily, maximum 3 in 3 hours": "limit-length",
    "": "text-not-understood",
    "...": "text-not-understood",
    "take": "text-not-understood",
    "then stop": "text-not-understood",
}

REFUSED_DE = {
    "1-2 Tabletten täglich": "range",
    "1 bis 2 Tabletten morgens": "range",
    "1.5 Tabletten täglich": "decimal-mark",
    "nicht morgens 1 Tablette": "negation",
    "keine Tablette morgens": "negation",
    "1 Tablette nach Anweisung": "as-directed",
    "20 mg morgens": "not-counted",
    "1 Tablette um 8": "which-half-of-day",
    "3x1 Tablette": "text-not-understood",
    "bei Schmerzen morgens 1 Tablette": "as-needed-when",
    "am Montag 1 Tablette": "one-day-or-every",
    "zwei halbe Tabletten morgens": "mixed-number",
    "1 Tablette morgens, Ramipril abends": "text-not-understood",
}
