"""What is configured, reachable and late, and the fix for each: `choco doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.capacity import capacity_warnings
from chocolate_factory.domain.catalog import CATALOG, ESSENTIAL
from chocolate_factory.domain.ports import Ports, Source
from chocolate_factory.domain.slots import Window, epoch, local_date, moment
from chocolate_factory.services.check_data import LONGEST_DELAY, check_data
from chocolate_factory.services.live_record import drift_findings
from chocolate_factory.services.read_models import model_findings
from chocolate_factory.services.sync_issued import is_archive, read_issued

KEY_WARNING_DAYS = 15
DAY = timedelta(days=1)
NEW_KEY = "Ask the provider for a new key and set it as"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is "ok", "warning" or "error"; `fix` is empty when nothing is to do."""

    topic: str
    state: str
    text: str
    fix: str = ""


def check_setup(ports: Ports, *, offline: bool) -> list[Finding]:
    """Factory file, plant capacity, data, providers, plan."""
    today = local_date(ports.clock(), ports.factory.site.timezone)
    found = [
        Finding("factory", "ok", f"{ports.factory.site.name}: {len(ports.factory.machines)} machine types")
    ]
    fix = "Ask less, add a shift or a machine; docs/factory.md."
    found += [Finding("capacity", "warning", text, fix) for text in capacity_warnings(ports.factory, today)]
    found += data_findings(ports)
    found += key_findings(ports)
    found += [Finding(*row) for row in (*drift_findings(ports), *model_findings(ports))]
    found += place_findings(ports)
    if offline:
        found.append(
            Finding("sources", "warning", "CHOCO_OFFLINE=1: no provider is asked.", "Unset it to sync.")
        )
    else:
        found += [reach(ports, source) for source in ports.sources.values()]
    found += issued_findings(ports)
    if not ports.store.find("plan", limit=1):
        found.append(Finding("plan", "warning", "No plan is stored.", "Run `choco plan`."))
    return found


def data_findings(ports: Ports) -> list[Finding]:
    """Freshness: what a plan needs line by line, the rest by what there is to say of them."""
    rows = check_data(ports)
    found = [series_finding(row) for row in rows if row["series"] in ESSENTIAL]
    rest = [row for row in rows if row["series"] not in ESSENTIAL]
    well = sum(row["state"] == "ok" for row in rest)
    found.append(Finding("other series", "ok", f"{well} of {len(rest)} are up to date"))
    alike: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rest:
        if row["state"] != "ok":
            alike.setdefault((row["state"], row["note"], row["remedy"]), []).append(row)
    return found + [shared_finding(same) for same in alike.values()]


def shared_finding(rows: list[dict[str, Any]]) -> Finding:
    """Series of which the same is to be said, in one line."""
    first = series_finding(rows[0])
    if len(rows) == 1:
        return first
    names = ", ".join(row["series"] for row in rows[:3])
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return Finding(f"{len(rows)} series", first.state, f"{first.text}: {names}{more}", first.fix)


def series_finding(row: dict[str, Any]) -> Finding:
    """One series; only what a plan needs can be an error."""
    needed = row["series"] in ESSENTIAL
    worst = "error" if needed and row["state"] in {"missing", "failing"} else "warning"
    state = "ok" if row["state"] in {"ok", "off"} else worst
    until = f"up to {row['until']:%Y-%m-%d %H:%M} UTC" if row["until"] else ""
    return Finding(row["series"], state, row["note"] or until, row["remedy"])


def key_findings(ports: Ports) -> list[Finding]:
    """Keys that end soon or have ended."""
    found = []
    for variable, (ends, assumed) in ports.keys_end.items():
        days = (ends - ports.clock()).days
        about = "about " if assumed else ""
        text = f"the key ends {about}{ends:%Y-%m-%d}"
        if days < 0:
            text = f"the key ended {about}{ends:%Y-%m-%d}"
        state = "error" if days < 0 and not assumed else "warning" if days < KEY_WARNING_DAYS else "ok"
        found.append(Finding(variable, state, text, "" if state == "ok" else f"{NEW_KEY} {variable}."))
    return found


def place_findings(ports: Ports) -> list[Finding]:
    """Settings of places that are still at their default though the site is elsewhere."""
    text = "its default is Linares, and the site is more than half a degree away"
    return [
        Finding(name, "warning", text, f"Set {name} to the one nearest to the site; docs/sources.md.")
        for name in ports.elsewhere
    ]


def reach(ports: Ports, source: Source) -> Finding:
    """Ask a provider for something that it surely has; nothing is stored.

    An archive of forecasts that fails is a warning: a plan does without it.
    """
    now, key = ports.clock(), source.series[0]
    try:
        source.fetch(key, newest_told(source, key, now), now)
    except ChocolateError as error:
        state = "warning" if is_archive(source, key, now) else "error"
        return Finding(source.name, state, error.message, error.hint)
    return Finding(source.name, "ok", "reachable")


def issued_findings(ports: Ports) -> list[Finding]:
    """How far back forecasts as issued were read, of the series that was read least far."""
    topic, now, found = "forecasts as issued", ports.clock(), []
    for name, source in ports.sources.items():
        keys = [key for key in source.series if is_archive(source, key, now)]
        if keys:
            least = min((read_issued(ports.store, name, key)[0] for key in keys), key=len)
            text = f"{len(least)} days read, from {min(least)} on" if least else "nothing read yet"
            state, fix = ("ok", "") if least else ("warning", "Run `choco sync`.")
            found.append(Finding(topic, state, text, fix))
    return found or [Finding(topic, "ok", "no archive is set up; known are those kept since the first sync")]


def newest_told(source: Source, key: str, now: datetime) -> Window:
    """The newest slot of a series that is due and in a source's reach.

    Without one it is all of the reach, of an archive of forecasts its last day.
    """
    span, info = source.reaches(key, now), CATALOG[key]
    end = min(span.end, now + timedelta(days=2))
    recent = Window(min(end, max(span.start, min(end, now) - LONGEST_DELAY)), end)
    slots = info.expected(recent, now)
    slots = slots[slots + 60 * info.step <= epoch(end)]
    if len(slots) == 0:
        return Window(max(span.start, span.end - DAY), span.end) if is_archive(source, key, now) else span
    start = moment(slots[-1])
    return Window(start, start + timedelta(minutes=info.minutes(local_date(start, info.zone))))
