"""What is configured, reachable and late, and the fix for each: `choco doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chocolate_factory.core.errors import ChocolateError
from chocolate_factory.domain.capacity import capacity_warnings
from chocolate_factory.domain.ports import Ports, Source
from chocolate_factory.domain.slots import day_window, local_date
from chocolate_factory.services.check_data import check_data


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
    if offline:
        found.append(
            Finding("sources", "warning", "CHOCO_OFFLINE=1: no provider is asked.", "Unset it to sync.")
        )
    else:
        found += [reach(ports, source) for source in ports.sources.values()]
    if not ports.store.find("plan", limit=1):
        found.append(Finding("plan", "warning", "No plan is stored.", "Run `choco plan`."))
    return found


def data_findings(ports: Ports) -> list[Finding]:
    """Freshness of each series."""
    states = {"ok": "ok", "late": "warning", "missing": "error"}
    return [
        Finding(
            str(row["series"]),
            states[row["state"]],
            row["note"] or f"up to {row['until']:%Y-%m-%d %H:%M} UTC",
            "" if row["state"] == "ok" else "Run `choco sync`.",
        )
        for row in check_data(ports)
    ]


def reach(ports: Ports, source: Source) -> Finding:
    """Ask a provider for a day that is surely published."""
    now = ports.clock()
    zone = ports.factory.site.timezone
    window = day_window(local_date(now - timedelta(days=1), zone), zone)
    try:
        source.fetch(source.series[0], window, now)
    except ChocolateError as error:
        return Finding(source.name, "error", error.message, error.hint)
    return Finding(source.name, "ok", "reachable")
