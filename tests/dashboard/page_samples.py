"""Invented answers for the page: a small bakery-like plan that never was, in the API's own schemas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chocolate_factory.api.schemas.common import Span
from chocolate_factory.api.schemas.dashboard import (
    AdviceAnswer,
    Dashboard,
    Level,
    MachineRow,
    PriceSlot,
    PriceStrip,
    RunningRow,
    SeriesHealth,
    Trouble,
)
from chocolate_factory.api.schemas.plans import (
    CostParts,
    LoadPoint,
    Money,
    PlanAnswer,
    PriceOrigin,
    RunRow,
    Saving,
    StockRow,
)
from chocolate_factory.domain.slots import day_window, local_date, local_midnight, planning_window

ZONE = "Europe/Madrid"
QUARTER = timedelta(minutes=15)
TUESDAY = datetime.fromisoformat("2026-03-10T21:00:00+01:00")
BEFORE_LONG_DAY = datetime.fromisoformat("2025-10-25T21:00:00+02:00")
MACHINES = [
    MachineRow(name=name, count=count, power_kw=power)
    for name, count, power in [("mixer", 1, 11.0), ("conche", 3, 15.0)]
]
LEVELS: list[Level] = ["very_low", "low", "normal", "high", "very_high"]


def quarters(start: datetime, end: datetime) -> list[datetime]:
    """Starts of the quarter-hours of a span, UTC."""
    count = int((end - start) / QUARTER)
    return [start.astimezone(UTC) + QUARTER * k for k in range(count)]


def price_slots(now: datetime, end: datetime) -> list[PriceSlot]:
    """From local midnight to the end: published to the second midnight, forecast after that."""
    first = day_window(local_date(now, ZONE), ZONE)
    known = local_midnight(local_date(now, ZONE) + timedelta(days=2), ZONE)
    slots = []
    for k, start in enumerate(quarters(first.start, end)):
        price = 60.0 + 40.0 * ((k * 7) % 96 - 48) / 48
        forecast = start >= known
        low, high = (price - 12.0, price + 20.0) if forecast else (price, price)
        slots.append(
            PriceSlot(
                start=start,
                origin="forecast" if forecast else "published",
                price_eur_mwh=price,
                p10=low,
                p90=high,
                all_in_eur_kwh=price / 800 + 0.05,
                all_in_p10_eur_kwh=low / 800 + 0.05,
                all_in_p90_eur_kwh=high / 800 + 0.05,
                period=f"P{2 + (k // 24) % 5}",
                level=LEVELS[(k // 10) % 5],
            )
        )
    return slots


def runs_from(first: datetime, days: int) -> list[RunRow]:
    """One mix and one conche run a day, the conches in turn."""
    rows = []
    for day in range(days):
        start = first + timedelta(days=day)
        steps = [("mix", "mixer", 1, 0.0, 0.5, 11.0), ("conche", "conche", 1 + day % 3, 0.5, 5.5, 15.0)]
        for process, machine, unit, begin, end, power in steps:
            energy = power * (end - begin)
            rows.append(
                RunRow(
                    batch=f"standard-{day + 1}",
                    product="premium" if day % 3 == 2 else "standard",
                    process=process,
                    machine=machine,
                    unit=unit,
                    start=start + timedelta(hours=begin),
                    end=start + timedelta(hours=end),
                    energy_kwh=energy,
                    cost_eur=energy * 0.12,
                    why="The cheapest start before it is due.",
                )
            )
    return rows


def sample_plan(now: datetime, first: datetime, days: int) -> PlanAnswer:
    """A plan whose first run starts at `first`."""
    window = planning_window(now.astimezone(UTC), 7, ZONE)
    starts = quarters(window.start, window.end)
    return PlanAnswer(
        id="sample-1",
        sample=False,
        site="Invented plant",
        issued_at=now - timedelta(minutes=3),
        window=Span(start=window.start, end=window.end),
        resolution_min=15,
        currency="EUR",
        contract="3.0TD indexed",
        model="naive",
        cost_eur=845.2,
        energy_kwh=6100.0,
        baseline=Money(cost_eur=999.9, energy_kwh=6100.0),
        saving=Saving(eur=154.7, percent=15.47),
        cost_parts=CostParts(energy=780.0, excess_power=20.0, taxes=45.2),
        mip_gap=0.0124,
        solve_seconds=12.0,
        price_origin=PriceOrigin(published=108, forecast=len(starts) - 108, sample=0, contract=0),
        violations=[],
        assumed_stock=[StockRow(product="standard", batches=5, due=now + timedelta(hours=1))],
        left_for_later=[],
        late=[],
        assumptions=["Losses: standard values of the access tariff."],
        bill={},
        runs=runs_from(first, days),
        load_kw=[LoadPoint(start=start, kw=20.0 + 80.0 * (k % 40 == 0)) for k, start in enumerate(starts)],
    )


def advice_of(plan: PlanAnswer, now: datetime) -> AdviceAnswer:
    """What the plan says at a moment."""

    def row(run: RunRow) -> RunningRow:
        fields = {"batch", "process", "machine", "unit", "start", "end"}
        return RunningRow(**run.model_dump(include=fields))

    running = [row(run) for run in plan.runs if run.start <= now < run.end]
    later = [row(run) for run in plan.runs if run.start > now]
    return AdviceAnswer(
        action="run" if running else "wait" if later else "done",
        running=running,
        next=later[0] if later else None,
        switch_at=None,
        price_now_eur_kwh=0.1416,
        level_now="low",
        saving_today_eur=18.4,
    )


def contracted_steps(plan: PlanAnswer) -> list[LoadPoint]:
    """130 kW at night, 80 kW by day."""
    kw = [130.0 if point.start.hour < 8 else 80.0 for point in plan.load_kw]
    return [
        LoadPoint(start=point.start, kw=power)
        for point, power, before in zip(plan.load_kw, kw, [0.0, *kw], strict=False)
        if power != before
    ]


def ready(now: datetime = TUESDAY, *, first_in_hours: float = 9.0, sample: bool = False) -> Dashboard:
    """The page's data with a plan whose first run starts some hours from now; seven days of runs."""
    plan = sample_plan(now, now + timedelta(hours=first_in_hours), 7)
    healthy = SeriesHealth(
        series="spot",
        state="ok",
        until=plan.window.end,
        updated_at=now,
        age_minutes=420,
        holes=0,
        note="",
        remedy="",
    )
    late = healthy.model_copy(update={"series": "pvpc", "state": "late", "holes": 24})
    return Dashboard(
        now=now,
        sample=sample,
        state="ready",
        activity=None,
        site="Invented plant",
        timezone=ZONE,
        plant_note="Invented figures for tests.",
        plant_note_es="Cifras inventadas para pruebas.",
        contracted_power_kw=[80, 80, 80, 80, 80, 130],
        contracted_kw=contracted_steps(plan),
        machines=MACHINES,
        advice=advice_of(plan, now),
        prices=PriceStrip(
            series="spot", model="naive", resolution_min=15, points=price_slots(now, plan.window.end)
        ),
        plan=plan,
        data=[healthy, late],
        troubles=[
            Trouble(
                kind="Unreachable",
                title="Source unreachable",
                detail="esios: no answer.",
                hint="Check the network.",
            )
        ],
    )


def preparing(now: datetime = TUESDAY) -> Dashboard:
    """The page's data before there is a plan."""
    empty = {"state": "preparing", "activity": "plan", "advice": None, "prices": None, "plan": None}
    return ready(now).model_copy(update={**empty, "data": [], "troubles": []})
