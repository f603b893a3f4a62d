"""A plan as an iCalendar feed (RFC 5545, RFC 7986): one event a run.

Times are in UTC: of a local time that the clocks tell twice, iCalendar can only name the first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from chocolate_factory import __version__
from chocolate_factory.services.export_view import PlanView, RunView
from chocolate_factory.services.export_words import amount, local_clock, local_day

if TYPE_CHECKING:
    from icalendar import Event

REFRESH = timedelta(minutes=15)
SEQUENCE_ZERO = datetime(2020, 1, 1, tzinfo=UTC)


def calendar(view: PlanView) -> bytes:
    """The runs as events.

    A UID belongs to site, batch and step, whatever the plan: a subscribed calendar moves the event when the
    next plan moves the run. SEQUENCE are the seconds from 2020 to the plan's issue, so it only grows.
    """
    from icalendar import Calendar  # loaded for those who ask for it only

    made = Calendar()
    name = " ".join(filter(None, ["Chocolate Factory:", view.answer["site"], view.chosen]))
    name = f"SAMPLE {name}" if view.answer["sample"] else name
    made.add("prodid", f"-//Chocolate Factory//{__version__}//{view.words['language'].upper()}")
    made.add("version", "2.0")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", view.zone)
    made.add("last-modified", view.issued_at)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", f"PT{REFRESH.seconds // 60}M")
    made.add("x-choco-plan", view.answer["id"])
    for run in view.runs:
        made.add_component(event(run, view))
    return bytes(made.to_ical())


def event(run: RunView, view: PlanView) -> Event:
    """One run; it does not make anyone busy."""
    from icalendar import Event

    made = Event()
    mark = "SAMPLE " if view.answer["sample"] else ""
    made.add("uid", uid(view.answer["site"], run))
    made.add("dtstamp", view.issued_at)
    made.add("last-modified", view.issued_at)
    made.add("sequence", int((view.issued_at - SEQUENCE_ZERO).total_seconds()))
    made.add("dtstart", run.start)
    made.add("dtend", run.end)
    made.add("summary", f"{mark}{run.place}: {run.task}, {run.batch}")
    made.add("description", description(run, view))
    made.add("location", f"{view.answer['site']}, {run.place}")
    made.add("categories", [run.machine, run.product])
    made.add("status", "CONFIRMED")
    made.add("transp", "TRANSPARENT")
    exact = {
        "batch": run.batch,
        "product": run.product,
        "process": run.process,
        "machine": run.machine,
        "unit": run.unit,
        "energy-kwh": repr(run.energy_kwh),
        "cost-eur": repr(run.cost_eur),
    }
    for key, value in exact.items():
        made.add(f"x-choco-{key}", str(value))
    return made


def uid(site: str, run: RunView) -> str:
    """The same for a step of a batch in every plan of a site."""
    return f"{uuid5(NAMESPACE_URL, repr((site, run.batch, run.step)))}"


def description(run: RunView, view: PlanView) -> str:
    """Time, energy, cost and reason, in lines."""
    words, zone = view.words, view.zone
    when = f"{local_day(run.start, zone, words)} {local_clock(run.start, zone)}"
    lines = [
        f"{when} - {local_clock(run.end, zone)}",
        f"{words['batch']}: {run.batch}",
        f"{words['energy']}: {amount(run.energy_kwh, words)} kWh",
        f"{words['cost']}: {amount(run.cost_eur, words)} EUR",
        f"{words['why']}: {run.why}",
        f"{words['plan']}: {view.answer['id']}",
    ]
    return "\n".join([words["sample"], *lines] if view.answer["sample"] else lines)
