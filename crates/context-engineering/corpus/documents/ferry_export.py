"""Daily export of ferry: one day of checked readings, as CSV for people and NetCDF for programs.

Runs at 03:40 UTC for the day before, which leaves three hours and forty minutes for late readings. A day is written
again when more than half a percent of its readings have changed since (``ferry rewrite``).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Iterator, Protocol

#: Partners, and what each of them receives. The national service wants metres per second and no estimates.
PARTNERS = {
    "national-service": {"formats": ("netcdf",), "flags": (0,), "delay_hours": 0},
    "varn-roads": {"formats": ("csv",), "flags": (0, 1), "delay_hours": 0},
    "university": {"formats": ("csv", "netcdf"), "flags": (0, 1, 2, 3), "delay_hours": 24},
}

#: A file is split so that no part has more rows than this: spreadsheets end at 1,048,576.
ROWS_PER_FILE = 1_000_000

#: Share of changed readings from which a day is written and announced again.
REWRITE_SHARE = 0.005


@dataclass(frozen=True)
class Row:
    """A checked reading. ``revision`` counts the changes of its flag."""

    station: str
    channel: str
    observed_at: datetime
    value: float
    flag: int
    revision: int


class Store(Protocol):
    """What ferry needs of granary."""

    def rows(self, start: datetime, end: datetime, flags: tuple[int, ...]) -> Iterator[Row]: ...

    def changed_share(self, start: datetime, end: datetime, since: datetime) -> float: ...


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Start and end of a day in UTC. The end is exclusive. See ADR-0014 for why no local day is exported."""
    start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    return start, start + timedelta(days=1)


def write_csv(rows: Iterator[Row], folder: Path, day: date) -> list[Path]:
    """Writes compressed parts and returns their paths, in order. Values have as many digits as the sensor resolves."""
    written: list[Path] = []
    out, writer, count = None, None, 0
    for row in rows:
        if writer is None or count == ROWS_PER_FILE:
            if out is not None:
                out.close()
            path = folder / f"obs-{day.isoformat()}-{len(written) + 1:02d}.csv.gz"
            out = gzip.open(path, "wt", newline="", encoding="utf-8")
            writer = csv.writer(out)
            writer.writerow(["station", "channel", "observed_at", "value", "flag", "revision"])
            written.append(path)
            count = 0
        writer.writerow([row.station, row.channel, row.observed_at.isoformat(), f"{row.value:g}", row.flag, row.revision])
        count += 1
    if out is not None:
        out.close()
    return written


def manifest(paths: list[Path], day: date, made_at: datetime) -> dict:
    """What a partner needs to check a delivery: names, sizes and SHA-256 of all parts."""
    files = [
        {"name": path.name, "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in paths
    ]
    return {"day": day.isoformat(), "made_at": made_at.isoformat(), "licence": "CC-BY-4.0", "files": files}


def export(store: Store, partner: str, day: date, folder: Path, now: datetime) -> Path | None:
    """Exports a day for a partner. Returns the manifest's path, or None if the partner has to wait longer."""
    terms = PARTNERS[partner]
    start, end = day_bounds(day)
    if now < end + timedelta(hours=terms["delay_hours"]):
        return None
    paths: list[Path] = []
    if "csv" in terms["formats"]:
        paths += write_csv(store.rows(start, end, terms["flags"]), folder, day)
    if "netcdf" in terms["formats"]:
        from ferry.netcdf import write_netcdf

        paths.append(write_netcdf(store.rows(start, end, terms["flags"]), folder, day))
    target = folder / f"manifest-{day.isoformat()}.json"
    # The manifest comes last: whoever sees it may fetch everything that it names.
    target.write_text(json.dumps(manifest(paths, day, now), indent=2), encoding="utf-8")
    return target


def must_rewrite(store: Store, day: date, written_at: datetime) -> bool:
    """Whether a day has changed so much since it was written that partners should have it again."""
    start, end = day_bounds(day)
    return store.changed_share(start, end, written_at) > REWRITE_SHARE
