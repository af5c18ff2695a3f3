"""Checks of sieve: one function each, from a series of readings to a flag.

The limits are those of the five-minute interval (ADR-0027). The page about quality control in the wiki still
gives the limits of the ten-minute interval; this file is what runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from statistics import median
from typing import Iterable, Sequence


class Flag(IntEnum):
    """What readers see beside a value."""

    GOOD = 0
    SUSPECT = 1
    BAD = 2
    ESTIMATED = 3


@dataclass(frozen=True)
class Reading:
    """One value of one channel. Times are UTC."""

    station: str
    channel: str
    observed_at: float
    value: float


# QC01: what can be true at all in this region.
RANGE = {
    "air_temp": (-35.0, 45.0),
    "humidity": (1.0, 100.0),
    "wind_gust": (0.0, 60.0),
    "rain": (0.0, 12.0),
    "road_temp": (-30.0, 68.0),
}

# QC02: largest change from one reading to the next, five minutes later. It was 6.0 and 35.0 for ten minutes.
STEP = {"air_temp": 4.0, "humidity": 25.0}

# QC03: a temperature that does not move by more than this is a stuck probe, or fog.
STUCK_RANGE = 0.1
STUCK_SUSPECT = timedelta(hours=3)
STUCK_BAD = timedelta(hours=6)

# QC05: at least five neighbours within 30 km. It was four within 25 km until the night of 8 April was understood.
NEIGHBOURS_NEEDED = 5
NEIGHBOURS_WITHIN_KM = 30.0
HEIGHT_WITHIN_M = 150.0
DEVIATIONS = 3.5


def check_range(reading: Reading) -> Flag:
    """QC01. Bad outside of the range; channels without a range pass."""
    low, high = RANGE.get(reading.channel, (float("-inf"), float("inf")))
    return Flag.GOOD if low <= reading.value <= high else Flag.BAD


def check_step(before: Reading | None, now: Reading) -> Flag:
    """QC02. Suspect if the value jumped. A gap of more than 12 minutes makes no statement."""
    limit = STEP.get(now.channel)
    if before is None or limit is None or now.observed_at - before.observed_at > 12 * 60:
        return Flag.GOOD
    return Flag.SUSPECT if abs(now.value - before.value) > limit else Flag.GOOD


def check_persistence(series: Sequence[Reading]) -> Flag:
    """QC03. By time and not by count, so that it survives the next change of the interval."""
    if not series or series[-1].channel != "air_temp":
        return Flag.GOOD
    last = series[-1]
    still_since = last.observed_at
    for reading in reversed(series):
        if abs(reading.value - last.value) > STUCK_RANGE:
            break
        still_since = reading.observed_at
    still = timedelta(seconds=last.observed_at - still_since)
    if still >= STUCK_BAD:
        return Flag.BAD
    return Flag.SUSPECT if still >= STUCK_SUSPECT else Flag.GOOD


def check_neighbours(value: float, expected: Iterable[float]) -> Flag:
    """QC05. ``expected`` is what each neighbour makes us expect here: its value plus the pair's usual difference.

    Neighbours with a probe of the same lot, of site class 4 or 5, or with a height difference of more than
    ``HEIGHT_WITHIN_M`` have been taken out by the caller.
    """
    values = sorted(expected)
    if len(values) < NEIGHBOURS_NEEDED:
        return Flag.GOOD
    centre = median(values)
    # The factor makes the median deviation comparable with a standard deviation.
    spread = 1.4826 * median(abs(other - centre) for other in values)
    return Flag.SUSPECT if abs(value - centre) > DEVIATIONS * max(spread, 0.3) else Flag.GOOD


def check_ice(wind_still: timedelta, air: float, windy_neighbours: int) -> Flag:
    """QC17. Frozen cups. Ultrasonic sensors do not freeze in this way, but they can be bridged by snow."""
    if wind_still >= timedelta(hours=12) and air < 1.0 and windy_neighbours >= 2:
        return Flag.BAD
    return Flag.GOOD


def combine(flags: Iterable[Flag]) -> Flag:
    """The worst wins; two that are suspect make one that is bad."""
    found = list(flags)
    if Flag.BAD in found or found.count(Flag.SUSPECT) >= 2:
        return Flag.BAD
    return Flag.SUSPECT if Flag.SUSPECT in found else Flag.GOOD
