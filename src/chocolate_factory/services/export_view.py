"""What every export shows of a stored plan: its runs, filtered, and its slots with load and prices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from chocolate_factory.core.errors import NotFound, UsageError
from chocolate_factory.domain.factory import WEEKDAYS, Factory, Shift
from chocolate_factory.domain.factory_file import parse_factory
from chocolate_factory.domain.ports import Ports
from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import PLAN_MINUTES, Window, days_of, epoch, moment
from chocolate_factory.domain.staffing import is_holiday, shift_span
from chocolate_factory.services.export_words import LANGUAGES, Words
from chocolate_factory.services.read_plans import plan_body
from chocolate_factory.services.settle_plans import realised_stack

Row = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """Which runs of which plan, and in which language: `plan_id` None is the newest plan.

    `machine` is a name of the factory file, `shift` the position of a `[[shift]]` there, from 1.
    """

    plan_id: str | None = None
    machine: str | None = None
    shift: int | None = None
    language: str = "en"


@dataclass(frozen=True)
class RunView:
    """A run of the plan; `step` names it within its batch, also in a later plan of the same batch.

    Times are UTC, energy kWh, cost EUR.
    """

    batch: str
    product: str
    process: str
    step: str
    machine: str
    unit: int
    start: datetime
    end: datetime
    energy_kwh: float
    cost_eur: float
    why: str
    mode: str = ""

    @property
    def task(self) -> str:
        """Process, and its mode where it has several, e.g. `conche, gentle`."""
        return f"{self.process}, {self.mode}" if self.mode else self.process

    @property
    def place(self) -> str:
        """Machine and unit, e.g. `conche 2`."""
        return f"{self.machine} {self.unit}"


@dataclass(frozen=True, eq=False)
class PlanView:
    """A plan to export: `answer` as stored, `runs` as chosen, and each slot of the window, arrays (T,).

    `price_eur_kwh` is the all-in price with electricity tax; `market_eur_mwh` is None where the contract
    fixes the price.
    """

    answer: Row
    factory: Factory
    choice: Choice
    words: Words
    runs: tuple[RunView, ...]
    window: Window
    load_kw: FloatArray
    price_eur_kwh: FloatArray
    market_eur_mwh: FloatArray | None

    @property
    def zone(self) -> str:
        """The site's time zone."""
        return self.factory.site.timezone

    @property
    def issued_at(self) -> datetime:
        """When the plan was made, UTC."""
        return _utc(self.answer["issued_at"])

    @property
    def price_origin(self) -> str:
        """`31 % published, 69 % forecast`, of the slots."""
        names = {"sample": "sample_prices", "contract": "by_contract"}
        counts = self.answer["price_origin"]
        total = sum(counts.values())
        told = {self.words[names.get(kind, kind)]: count for kind, count in counts.items() if count}
        return ", ".join(f"{100 * count / total:.0f} % {word}" for word, count in told.items())

    @property
    def chosen(self) -> str:
        """What the runs are limited to, in words; empty for the whole plan."""
        parts = [self.choice.machine] if self.choice.machine else []
        if self.choice.shift is not None:
            told = shift_text(self.factory.shifts[self.choice.shift - 1], self.words)
            parts.append(f"{self.words['shift'].lower()} {self.choice.shift} ({told})")
        return ", ".join(parts)


def plan_view(ports: Ports, choice: Choice) -> PlanView:
    """The stored plan with the runs chosen.

    Raises NotFound without such a plan, UsageError for a machine, shift or language that does not exist.
    """
    body = plan_body(ports.store, choice.plan_id)
    if body is None:
        what = f"No plan has the id {choice.plan_id}." if choice.plan_id else "No plan is stored yet."
        raise NotFound(what, "Make one with `choco plan`.")
    answer = body["answer"]
    texts = ports.store.find("factory", id=body["factory"], limit=1)
    factory = parse_factory(str(texts[0].body["text"]), f"factory of plan {answer['id']}")
    check_choice(factory, choice)
    window = Window(_utc(answer["window"]["start"]), _utc(answer["window"]["end"]))
    market = np.array(body["market_eur_mwh"], np.float64) if body["market_eur_mwh"] is not None else None
    slots = window.slot_count(PLAN_MINUTES)
    return PlanView(
        answer=answer,
        factory=factory,
        choice=choice,
        words=LANGUAGES[choice.language],
        runs=tuple(run for run in all_runs(answer) if _wanted(run, factory, choice)),
        window=window,
        load_kw=np.array([point["kw"] for point in answer["load_kw"]], np.float64),
        price_eur_kwh=realised_stack(
            factory, window, np.zeros(slots) if market is None else market
        ).all_in_eur_kwh,
        market_eur_mwh=market,
    )


def check_choice(factory: Factory, choice: Choice) -> None:
    """UsageError for a machine, shift or language that this factory does not have."""
    machines = [machine.name for machine in factory.machines]
    if choice.machine is not None and choice.machine not in machines:
        raise UsageError(f"machine {choice.machine!r}: not known.", f"Use one of {', '.join(machines)}.")
    if choice.language not in LANGUAGES:
        raise UsageError(f"language {choice.language!r}: not known.", f"Use one of {', '.join(LANGUAGES)}.")
    if choice.shift is not None and not 1 <= choice.shift <= len(factory.shifts):
        told = [
            f"{number} ({shift_text(shift, LANGUAGES['en'])})"
            for number, shift in enumerate(factory.shifts, 1)
        ]
        raise UsageError(f"shift {choice.shift}: not known.", f"The factory file has {', '.join(told)}.")


def shift_text(shift: Shift, words: Words) -> str:
    """`Mon Tue 06:00-14:00`"""
    names = words["days"].split()
    days = " ".join(names[number] for number, day in enumerate(WEEKDAYS) if day in shift.days)
    return f"{days} {shift.start:%H:%M}-{shift.end.strftime('%H:%M') if shift.end else '24:00'}"


def shift_spans(factory: Factory, number: int, window: Window) -> list[Window]:
    """When a shift (position from 1) is there, UTC; none on the site's holidays.

    A shift belongs to the local day on which it starts, also where it runs past midnight.
    """
    zone, shift = factory.site.timezone, factory.shifts[number - 1]
    days = days_of(window, zone)
    spans = [
        shift_span(shift, day, zone)
        for day in ([days[0] - timedelta(days=1), *days] if days else [])
        if WEEKDAYS[day.weekday()] in shift.days and not is_holiday(factory.site, day)
    ]
    return [span for span in spans if span is not None]


def all_runs(answer: Row) -> list[RunView]:
    """Every run of an answer, by start, machine and unit."""
    seen: Counter[tuple[str, str]] = Counter()
    runs = []
    for row in sorted(answer["runs"], key=lambda row: (_utc(row["start"]), row["machine"], row["unit"])):
        key = (row["batch"], row["process"])
        seen[key] += 1
        runs.append(
            RunView(
                batch=row["batch"],
                product=row["product"],
                process=row["process"],
                step=f"{row['process']}-{seen[key]}",
                machine=row["machine"],
                unit=row["unit"],
                start=_utc(row["start"]),
                end=_utc(row["end"]),
                energy_kwh=row["energy_kwh"],
                cost_eur=row["cost_eur"],
                why=row["why"],
                mode=row.get("mode", ""),
            )
        )
    return runs


def _wanted(run: RunView, factory: Factory, choice: Choice) -> bool:
    if choice.machine is not None and run.machine != choice.machine:
        return False
    if choice.shift is None:
        return True
    own = Window(run.start, run.end)
    return any(span.clip(own) for span in shift_spans(factory, choice.shift, own))


def _utc(text: str) -> datetime:
    return moment(epoch(datetime.fromisoformat(text)))
