"""Date literals (TODAY, LAST_N_DAYS:7 ...) as half-open ranges of UTC days."""

from datetime import date, timedelta


def _month(year: int, month: int) -> date:
    """The first of a month whose number may lie outside 1 to 12."""
    years, index = divmod(month - 1, 12)
    return date(year + years, index + 1, 1)


def _period(unit: str, today: date, shift: int) -> tuple[date, date]:
    """The week, month, quarter or year that lies `shift` periods from today's."""
    if unit == "day":
        start = today + timedelta(days=shift)
        return start, start + timedelta(days=1)
    if unit == "week":  # weeks start on Sunday, as in the en_US locale
        start = today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=shift)
        return start, start + timedelta(days=7)
    if unit == "month":
        return _month(today.year, today.month + shift), _month(today.year, today.month + shift + 1)
    if unit == "quarter":
        first = 3 * ((today.month - 1) // 3) + 1 + 3 * shift
        return _month(today.year, first), _month(today.year, first + 3)
    return date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1)


def day_range(literal: str, today: date) -> tuple[date, date]:
    """First day, and the day after the last, of a date literal.

    The fiscal year is the calendar year, as in a new organisation. LAST_N_DAYS:n ends with
    today; NEXT_N_DAYS:n starts tomorrow; the other n-literals count whole periods without the
    current one.
    """
    word, _, number = literal.lower().replace("fiscal_", "").partition(":")
    simple = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if word in simple:
        return _period("day", today, simple[word])
    if word == "last_90_days":
        return today - timedelta(days=90), today + timedelta(days=1)
    if word == "next_90_days":
        return today + timedelta(days=1), today + timedelta(days=91)
    if not number:
        which, unit = word.split("_", 1)
        return _period(unit, today, {"last": -1, "this": 0, "next": 1}[which])
    count = int(number)
    if word.endswith("_ago"):
        return _period(word.split("_")[1].rstrip("s"), today, -count)
    which, _, unit = word.split("_", 2)
    unit = unit.rstrip("s")
    if unit == "day":
        if which == "last":
            return today - timedelta(days=count), today + timedelta(days=1)
        return today + timedelta(days=1), today + timedelta(days=count + 1)
    if which == "last":
        return _period(unit, today, -count)[0], _period(unit, today, 0)[0]
    return _period(unit, today, 1)[0], _period(unit, today, count)[1]
