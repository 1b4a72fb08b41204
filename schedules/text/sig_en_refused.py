"""English words that are never read, as data: code, pattern, and what to do instead.

Responsible for: Latin short forms, ranges, amounts of substance, open ends. Not responsible for
what is read (sig_en.py).
"""

_LATIN = (
    "od|bd|bid|tds|tid|ter|qds|qid|qd|qod|qhs|hs|prn|po|nocte|mane|om|ac|pc|stat|sos|q|qh|am|pm"
)
_CHANGES = (
    "increase|increasing|decrease|decreasing|reduce|reducing|taper|tapering|adjust|adjusting"
    "|titrate|double|doubling"
)

REFUSED = (
    ("latin-abbreviation", _LATIN,
     "Latin short forms are misread (od: once a day, or the right eye?): write it in words"),
    ("latin-abbreviation", "o . d", "write once a day in words"),
    ("latin-abbreviation", "b . d", "write twice a day in words"),
    ("latin-abbreviation", "b . i . d", "write twice a day in words"),
    ("latin-abbreviation", "t . d . s", "write three times a day in words"),
    ("latin-abbreviation", "t . i . d", "write three times a day in words"),
    ("latin-abbreviation", "q . d . s", "write four times a day in words"),
    ("latin-abbreviation", "p . r . n", "write when needed, and the most in 24 hours"),
    ("as-directed",
     "use|take? as|when directed|advised|instructed|prescribed|before|explained|told",
     "the words of somebody who is not here: say what was directed"),
    ("as-directed", "as per|usual|normal", "say what the usual is"),
    ("as-directed", "mdu", "say what was directed"),
    ("range", "<q> to|or|-|– <q> <unit>?", "a range leaves a choice: give one number"),
    ("range", "<q> <unit> to|or|-|– <q> <unit>?", "a range leaves a choice: give one number"),
    ("range", "once|twice or|to|- twice|once", "a range leaves a choice: give one number"),
    ("range", "once|twice or|to|- <q> times?", "a range leaves a choice: give one number"),
    ("range", "up to <q> <unit>", "up to leaves a choice: give one number"),
    ("range", "for up to <n> days|weeks|months", "up to leaves a choice: give one number"),
    ("range", "for at least <n> days|weeks|months", "at least leaves a choice: give one number"),
    ("range", "for about <n> days|weeks|months", "about leaves a choice: give one number"),
    ("range", "every few hours|days", "few is no number"),
    ("mixed-number", "<n> <q> <unit>",
     "two numbers side by side: write 2.5, or 2½, if that is meant"),
    ("not-counted",
     "<q> mg|milligram|milligrams|g|gram|grams|mcg|µg|microgram|micrograms|ug|units|unit|iu",
     "an amount of substance: how many pieces depends on the strength, so give pieces"),
    ("not-counted", "<q> spoonful|spoonfuls|teaspoon|teaspoons|tablespoon|tablespoons",
     "a liquid is not counted in pieces: plan it by hand, as kept elsewhere"),
    ("which-half-of-day", "at <n>", "morning or evening? write am or pm, or 08:00 and 20:00"),
    ("open-end", "until finished|complete|completed|gone|better", "say for how many days"),
    ("open-end", "until all|the gone|finished|course|pack|packet is? finished|complete?",
     "say for how many days"),
    ("changing-dose", _CHANGES,
     "a dose that changes: give each step with its length, joined by then"),
    ("single-dose", "immediately|now|once",
     "one dose at one moment: plan it by hand with its date"),
    ("single-dose", "as a single dose", "one dose at one moment: plan it by hand with its date"),
)  # fmt: skip
