"""Dispatch at its edges: one slot, a battery that can do nothing, no sun, a limit that cannot be kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chocolate_factory.domain.assets import Assets, as_it_comes
from chocolate_factory.domain.dispatch import beside_dispatch, best_dispatch
from chocolate_factory.domain.factory_assets import Battery
from chocolate_factory.domain.problem import Problem, load_kw, solution_cost_eur
from tests.unit.planners.tiny_plants import lot, problem, step


def plant(slots: int, assets: Assets, **keys: float) -> Problem:
    """A plant of so many slots without work."""
    free = [True] * slots
    price = [0.1 + 0.1 * (t % 2) for t in range(slots)]
    given = problem(price, [[step(0, 1, 5.0, free)]], [1], [lot(0, 0, slots)], **keys)  # type: ignore[arg-type]
    return replace(given, assets=assets)


def still(slots: int, battery: Battery | None, start: float = 0.0) -> Assets:
    """Assets without sun."""
    return Assets(np.zeros(slots), np.zeros(slots), battery, start)


def test_one_slot() -> None:
    """Nothing can be moved within one slot, and the battery ends as it began."""
    given = plant(1, still(1, Battery(10, 5, 5), 3.0))
    found = best_dispatch(given, load_kw(given, ()))
    assert found is not None and found.dispatch.stored_kwh.tolist() == pytest.approx([3.0])


@pytest.mark.parametrize("battery", [None, Battery(0, 5, 5), Battery(10, 0, 5), Battery(10, 5, 0)])
def test_a_battery_that_can_do_nothing(battery: Battery | None) -> None:
    """No capacity or no power costs and brings nothing."""
    given = plant(4, still(4, battery))
    assert solution_cost_eur(given, ()) == pytest.approx(solution_cost_eur(replace(given, assets=None), ()))


def test_a_reserve_above_what_is_there_is_not_made_up() -> None:
    """A battery with less than its reserve need not be filled, and is not emptied further."""
    given = plant(4, still(4, Battery(10, 5, 5, reserve_kwh=4.0), 1.0))
    found = best_dispatch(given, load_kw(given, ()))
    assert found is not None and found.dispatch.stored_kwh.min() >= 1.0 - 1e-9


def test_a_limit_that_cannot_be_kept() -> None:
    """More load than limit and battery together: there is no dispatch, and the cost is that of rest."""
    given = plant(4, still(4, Battery(10, 5, 5), 0.0), cap=0.5)
    assert best_dispatch(given, load_kw(given, ())) is None
    assert np.isfinite(solution_cost_eur(given, ()))
    assert beside_dispatch(given, load_kw(given, ())).assets is None


def test_without_assets_there_is_none() -> None:
    """Asking is an error."""
    given = replace(plant(2, still(2, None)), assets=None)
    with pytest.raises(ValueError, match="without assets"):
        best_dispatch(given, load_kw(given, ()))


@pytest.mark.parametrize("shift", [0.0, -0.15])
def test_many_odd_prices(shift: float) -> None:
    """Prices below 0, surplus dearer than power: never both ways at once, never worse than rest."""
    battery = Battery(20, 5, 5, efficiency=0.81)
    sun = np.tile([0.0, 3.0, 6.0, 2.0], 30)
    given = plant(120, Assets(sun, np.full(120, 0.15), battery, 2.0, True), auxiliary=2.0)
    given = replace(given, price_eur_kwh=given.price_eur_kwh + shift)
    load = load_kw(given, ())
    found = best_dispatch(given, load)
    assert found is not None and given.assets is not None
    use = found.dispatch
    grid = load + use.net_kw
    assert np.minimum(use.charge_kw, use.discharge_kw).max() <= 1e-6
    assert grid.min() >= -1e-6 and np.minimum(grid, use.sold_kw).max() <= 1e-6
    assert use.stored_kwh[-1] >= 2.0 - 1e-6
    blind = solution_cost_eur(given, (), as_it_comes(given.assets, load))
    assert solution_cost_eur(given, ()) <= blind + 1e-6
