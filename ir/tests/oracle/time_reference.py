"""Dates written and read by patterns, and business days, as Python's datetime and numpy have them.

Writes time_reference.txt beside itself: lines of tab-separated fields, the first says which test.
Needs the package numpy. The points are chosen by a fixed seed.
"""

import datetime
import pathlib
import random

import numpy

EPOCH = datetime.datetime(1970, 1, 1)
DATES = ["%Y-%m-%d", "%d.%m.%y", "%d %b %Y", "%A, %B %d, %Y", "%a %j %Y", "%G-W%V-%u", "%w %Y/%m/%d"]
WRITTEN = ["%U %W", "%-d/%-m/%y", "%e %B", "%D %F", "%h"]
TIMES = [
    "%Y-%m-%d %H:%M:%S.%f",
    "%d/%b/%Y:%H:%M:%S",
    "%m/%d/%y %I:%M:%S %p",
    "%Y%m%dT%H%M%S",
    "%j %Y %I %p",
]
OFFSETS = ["%Y-%m-%dT%H:%M:%S%z", "%a %b %d %H:%M:%S %z %Y"]


def main():
    draw = random.Random(7)
    lines = []

    def line(*fields):
        lines.append("\t".join(str(field) for field in fields))

    for _ in range(60):
        # Two digits of a year mean 1969 to 2068.
        day = EPOCH + datetime.timedelta(days=draw.randrange(-300, 36_000))
        days = (day - EPOCH).days
        for pattern in DATES:
            text = day.strftime(pattern)
            assert datetime.datetime.strptime(text, pattern) == day
            line("date", pattern, text, days)
        line("written", draw.choice(WRITTEN), "", days)
        pattern = lines[-1].split("\t")[1]
        lines[-1] = "\t".join(["written", pattern, day.strftime(pattern), str(days)])
    for _ in range(40):
        at = EPOCH + datetime.timedelta(microseconds=draw.randrange(-(10**13), 3 * 10**15))
        for pattern in TIMES:
            text = at.strftime(pattern)
            read = datetime.datetime.strptime(text, pattern)
            count = (read - EPOCH) // datetime.timedelta(microseconds=1)
            line("time", pattern, text, count)
        offset = datetime.timedelta(minutes=draw.randrange(-14 * 60, 14 * 60))
        at = at.replace(microsecond=0, tzinfo=datetime.timezone(offset))
        count = (at - EPOCH.replace(tzinfo=datetime.timezone.utc)) // datetime.timedelta(seconds=1)
        for pattern in OFFSETS:
            line("offset", pattern, at.strftime(pattern), count, int(offset.total_seconds()))
    for wrong, pattern in [
        ("31.02.2024", "%d.%m.%Y"),
        ("2024-01-01x", "%Y-%m-%d"),
        ("24-1-1", "%Y-%m-%d"),
        ("2024-01-01 24:00", "%Y-%m-%d %H:%M"),
        ("2024-01-01 00:30 AM", "%Y-%m-%d %I:%M %p"),
        ("2024-01-01 12:61", "%Y-%m-%d %H:%M"),
        ("Mai 1 2024", "%b %d %Y"),
        ("2024-1", "%Y-%m-%d"),
        ("", "%Y"),
    ]:
        try:
            datetime.datetime.strptime(wrong, pattern)
            raise SystemExit(f"{wrong} is read")
        except ValueError:
            line("wrong", pattern, wrong)
    for _ in range(200):
        day = numpy.datetime64("1970-01-01") + numpy.timedelta64(draw.randrange(-10**6, 10**6), "D")
        count = draw.choice([draw.randrange(-8, 9), draw.randrange(-(10**6), 10**6)])
        # A weekend stands behind its Friday where days are added, before its Monday where taken.
        roll = "backward" if count > 0 else "forward"
        there = day if count == 0 else numpy.busday_offset(day, count, roll=roll)
        line("business", day.astype(int), count, there.astype(int))
    place = pathlib.Path(__file__).with_name("time_reference.txt")
    place.write_text("\n".join(lines) + "\n")


main()
