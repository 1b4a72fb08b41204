"""Words that readers of plans and orders have stumbled over, here or elsewhere."""

SAYINGS = (
    "", " ", "0", "-0", "-1", "1", "2", "48", "366", "367", "1000", "1001", "9999999", "1e9",
    "1e400", "NaN", "Infinity", "0.1", "0.25", "49.75", "50", "50.25", "1.333333333333333333333",
    "00000000000000000001", "99999999999999999999999999", "null", "true", "yes", "no", "~",
    "24:00", "23:59", "00:00", "25:61", "2:5", "2026-02-29", "2024-02-29", "2026-13-01",
    "0000-00-00", "9999-12-31", "2099-12-31", "2000-01-01", "2026-03-29T02:30", "2026-10-25T02:30",
    "2026-11-23T08:00:00+24:00", "2026-11-23T08:00:00-23:59", "2026-11-23T24:00:00Z",
    "2026-W48-1", "20261123", "1min", "29min", "30min", "99999h", "99999min", "999d", "999wk",
    "999mo", "1d", "1wk", "1mo", "1y", "d", "h", "min", "s", "mo", "a", "wk", "m", "mon", "Mon",
    "sun",
    "CM", "HS", "PHS", "IMD", "C", "MORN.early", "breakfast", "after breakfast 999min",
    "before wake 999min", "PT1H", "TAB", "{tbl}", "mg", "Europe/Berlin", "Antarctica/Troll",
    "Pacific/Apia", "../../etc/passwd", "UTC", "Etc/GMT+12", "machine", "elsewhere", "tablet",
    "\ufeff", "\u2028", "\x00", "\ud7ff", "İ", "ß", "ﬁ", "½", "１", "٣", "²", "Ⅷ", "\u202e",
    "a" * 300, "[" * 40, "{" * 40, "&a", "*a", "!!python/object:os.system", "<<", "? a", "|", ">",
    "http://unitsofmeasure.org", "1,5", "1/2", "1-0-1", "0-0-0-0", "x1", "once", "PRN", "Q0H",
)  # fmt: skip
