"""One site as its factory file describes it. Reading and checking the file is `factory_file.py`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum

import numpy as np

from chocolate_factory.domain.factory_assets import Battery, Photovoltaics
from chocolate_factory.domain.factory_limits import OutputLimit, StorageLimit
from chocolate_factory.domain.slots import PLAN_MINUTES

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ContractKind(StrEnum):
    """How energy is priced."""

    INDEXED = "indexed"
    PVPC = "pvpc"
    FIXED = "fixed"


class Attendance(StrEnum):
    """When staff must be there during a step."""

    THROUGHOUT = "throughout"
    ENDS = "ends"
    NONE = "none"


@dataclass(frozen=True)
class Site:
    """Place, zone and calendar. `holidays` is a country-subdivision code, or "" for none."""

    name: str
    timezone: str
    latitude: float
    longitude: float
    holidays: str = ""


@dataclass(frozen=True)
class Contract:
    """The supply contract; names and defaults follow the factory file.

    `contracted_power_kw` has six values P1..P6, for 2.0TD two: (peak and flat, valley). Optional
    figures are None where the file is silent; `domain/tariff` then uses the published value or a
    shown assumption.
    """

    kind: ContractKind
    access_tariff: str
    contracted_power_kw: tuple[float, ...]
    retail_margin_eur_mwh: float = 0.0
    energy_eur_mwh: tuple[float, ...] | None = None
    energy_includes_tolls: bool = True
    adjustment_services_eur_mwh: float | None = None
    operator_fees_eur_mwh: float | None = None
    losses_percent: tuple[float, ...] | None = None
    efficiency_fund_eur_mwh: float | None = None
    municipal_fee: float = 0.015
    margin_inside_losses: bool = False
    guarantees_eur_mwh: float = 0.0
    equipment_rental_eur_day: float | None = None
    industrial: bool = True
    excess_eur_kw: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Shift:
    """Staffed span on some weekdays, local wall times; `end` is None for 24:00.

    An end at or before its start runs into the next day.
    """

    days: frozenset[str]
    start: time
    end: time | None


@dataclass(frozen=True)
class Outage:
    """Units of a machine that are away between two UTC moments."""

    start: datetime
    end: datetime
    units: int


@dataclass(frozen=True)
class Machine:
    """A type of machine with `count` equal units, each drawing `power_kw` while a run is on it."""

    name: str
    count: int
    power_kw: float
    unavailable: tuple[Outage, ...] = ()


@dataclass(frozen=True)
class Mode:
    """One way to run a step: how long it lasts and what it draws, as in `Step`."""

    name: str
    minutes: int
    power_kw: float
    profile: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of a recipe. `wait_max_minutes` None: the wait before it is unlimited.

    `profile` says how the draw changes within the step: (minutes, kW) parts in order that add up to
    `minutes`, empty for a constant draw. `power_kw` is then the mean over its whole slots. A step that can be
    run in several ways has `modes`, the normal one first, which is also what the step itself says; `mode` is
    the name of the one that a step of `ways` stands for.
    """

    process: str
    machine: str
    minutes: int
    power_kw: float
    attended: Attendance = Attendance.THROUGHOUT
    wait_max_minutes: int | None = None
    max_outdoor_c: float | None = None
    max_outdoor_rh: float | None = None
    profile: tuple[tuple[int, float], ...] = ()
    modes: tuple[Mode, ...] = ()
    mode: str = ""

    @property
    def ways(self) -> tuple[Step, ...]:
        """The step in each of its modes, the normal one first; itself where it has none."""
        return tuple(
            replace(self, minutes=m.minutes, power_kw=m.power_kw, profile=m.profile, modes=(), mode=m.name)
            for m in self.modes
        ) or (self,)

    def in_mode(self, name: str) -> Step:
        """The step in the mode of that name, in the normal one where it has none of that name."""
        return next((way for way in self.ways if way.mode == name), self.ways[0])

    @property
    def profile_kw(self) -> tuple[float, ...]:
        """Draw of each planning slot of the step, empty where the draw is the same in all of them.

        A slot has the mean of its minutes; minutes that round the step up to whole slots draw like the last.
        """
        if not self.profile:
            return ()
        minutes = np.repeat([kw for _, kw in self.profile], [span for span, _ in self.profile])
        missing = -len(minutes) % PLAN_MINUTES
        means = np.pad(minutes, (0, missing), "edge").reshape(-1, PLAN_MINUTES).mean(axis=1)
        return () if np.ptp(means) == 0 else tuple(means.tolist())

    @property
    def peak_kw(self) -> float:
        """The highest draw of a planning slot."""
        return max(self.profile_kw, default=self.power_kw)


@dataclass(frozen=True)
class SetupRule:
    """What a unit of a machine needs between product `before` and product `after`, "" for any.

    Of the rules of a machine the first that fits counts; 0 minutes say that nothing is needed.
    """

    machine: str
    minutes: int
    power_kw: float = 0.0
    before: str = ""
    after: str = ""
    attended: Attendance = Attendance.THROUGHOUT


@dataclass(frozen=True)
class Product:
    """A recipe: equal batches of `batch_kg`, steps in order."""

    name: str
    batch_kg: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Auxiliary:
    """A load beside the runs. `kw_per_degree_above` is (threshold °C, kW per °C)."""

    name: str
    power_kw: float
    staffed_only: bool = False
    kw_per_degree_above: tuple[float, float] | None = None


@dataclass(frozen=True)
class DemandEntry:
    """What is asked: `every` is "weekday", one of WEEKDAYS, or "once".

    `due` is a local wall time (None for 24:00) for repeated entries; `due_date` completes it for "once".
    `fixed`: the batches of a weekly entry are not scaled down in weeks with holidays.
    """

    product: str
    kg: float
    every: str
    due: time | None
    due_date: date | None = None
    fixed: bool = False


@dataclass(frozen=True)
class Factory:
    """The whole site. `assumptions` are the sentences to show where a default stands for a fact."""

    site: Site
    contract: Contract
    shifts: tuple[Shift, ...]
    machines: tuple[Machine, ...]
    products: tuple[Product, ...]
    auxiliaries: tuple[Auxiliary, ...]
    demands: tuple[DemandEntry, ...]
    assumptions: tuple[str, ...] = field(default=())
    storages: tuple[StorageLimit, ...] = ()
    outputs: tuple[OutputLimit, ...] = ()
    battery: Battery | None = None
    pv: Photovoltaics | None = None
    co2_eur_per_tonne: float | None = None
    setups: tuple[SetupRule, ...] = ()

    def machine(self, name: str) -> Machine:
        """The machine type of that name."""
        return next(m for m in self.machines if m.name == name)

    def product(self, name: str) -> Product:
        """The product of that name."""
        return next(p for p in self.products if p.name == name)
