"""Words of a what-if become changes of a factory file."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.core.errors import ChocolateError, UsageError
from chocolate_factory.domain.factory import Factory
from chocolate_factory.domain.factory_file import read_factory
from chocolate_factory.domain.slots import Window
from chocolate_factory.domain.what_if_edits import CHANGES, KEYS, changed
from tests.worlds import tiny

WINDOW = Window(datetime(2026, 3, 10, 20, tzinfo=UTC), datetime(2026, 3, 13, 23, tzinfo=UTC))


def after(*words: str, kind: str = "indexed") -> Factory:
    """The tiny plant after changes."""
    return read_factory(changed(tomllib.loads(tiny(kind)), WINDOW, words).data)


def test_every_key_is_told() -> None:
    assert KEYS.keys() == CHANGES.keys()


def test_machines_come_and_go() -> None:
    assert after("machine:oven=+2").machine("oven").count == 4
    assert after("machine:oven=5").machine("oven").count == 5
    (away,) = after("machine:mixer=-1").machine("mixer").unavailable
    assert (away.units, away.start < WINDOW.start, away.end > WINDOW.end) == (1, True, True)
    assert after("machine:oven=0").machine("oven").unavailable[0].units == 2


def test_contract() -> None:
    assert after("power=+5").contract.contracted_power_kw == (25,) * 6
    assert after("power:P6=40").contract.contracted_power_kw == (20, 20, 20, 20, 20, 40)
    assert after("tariff=6.1TD", "power=-50%").contract.contracted_power_kw == (10,) * 6
    small = after("power=14", "tariff=2.0TD").contract
    assert (small.access_tariff, small.contracted_power_kw) == ("2.0TD", (14, 14))
    prices = after("price=+10%", kind="fixed").contract.energy_eur_mwh
    assert prices == pytest.approx((209, 187, 165, 154, 143, 132))


def test_shifts() -> None:
    late = after("shift=22:00-24:00").shifts[-1]
    assert (late.start, late.end, len(late.days)) == (time(22), None, 5)
    assert after("shift:sat,sun=06:00-14:00").shifts[-1].days == {"sat", "sun"}
    assert after("shift:mon,tue=none").shifts[0].days == {"wed", "thu", "fri"}


def test_demand_prices_and_the_file_as_it_was() -> None:
    data = tomllib.loads(tiny())
    result = changed(data, WINDOW, ("demand:loaf=+20%", "price=-50%", "price=+10%", "excess=-100%"))
    assert result.data["demand"][0]["kg"] == pytest.approx(120)
    assert (result.price, result.excess, result.batches) == (pytest.approx(0.55), 0.0, True)
    assert after("demand:loaf=300").demands[0].kg == 300
    assert data == tomllib.loads(tiny())


@pytest.mark.parametrize(
    "word",
    [
        "", "colour=red", "price", "price=", "price=5", "price=-200%", "price:x=+1%", "machine=+1",
        "machine:tank=+1", "machine:oven=-3", "machine:oven=+0.5", "machine:oven=+10%", "shift=none",
        "shift:mo=06:00-14:00", "shift=6-14", "power:P9=5", "power=lots", "demand=300", "demand:wine=3",
        "tariff:x=2.0TD", "power=" + "1" * 90, "power=nan", "price=+1e3%",
    ],
)  # fmt: skip
def test_wrong_words_say_what_is_allowed(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        changed(tomllib.loads(tiny()), WINDOW, (word,))
    assert caught.value.hint.startswith("Use ") or "changes nothing" in caught.value.message
    assert "See --help." not in caught.value.hint


def test_too_many_or_none() -> None:
    for words in ((), ("price=+1%",) * 21):
        with pytest.raises(UsageError):
            changed(tomllib.loads(tiny()), WINDOW, words)


@given(st.sampled_from(sorted(CHANGES)), st.text(max_size=6), st.text(max_size=8))
def test_any_text_is_a_change_or_an_expected_error(key: str, part: str, value: str) -> None:
    try:
        read_factory(changed(tomllib.loads(tiny()), WINDOW, (f"{key}:{part}={value}",)).data)
    except ChocolateError as error:
        assert error.message


def test_battery_and_array() -> None:
    """Keys of tables that stand once: set, raised, taken away; a new battery takes two hours each way."""
    plain = tomllib.loads(tiny())
    one = changed(plain, WINDOW, ("battery.capacity_kwh=50", "battery.wear_eur_kwh=0.1", "pv.kwp=20"))
    assert one.data["battery"] == {
        "capacity_kwh": 50.0, "charge_kw": 25.0, "discharge_kw": 25.0, "wear_eur_kwh": 0.1
    }  # fmt: skip
    assert one.data["pv"] == {"kwp": 20.0} and len(one.notes) == 1 and not one.batches
    more = changed(one.data, WINDOW, ("battery.capacity_kwh=+50%", "pv.surplus=spot", "pv.kwp=-5"))
    assert more.data["battery"]["capacity_kwh"] == 75 and more.data["battery"]["charge_kw"] == 25
    assert more.data["pv"] == {"kwp": 15.0, "surplus": "spot"} and not more.notes
    none = changed(more.data, WINDOW, ("battery=none", "pv=none"))
    assert "battery" not in none.data and "pv" not in none.data
    with pytest.raises(UsageError):
        changed(plain, WINDOW, ("battery=50",))
    assert changed(plain, WINDOW, ("battery.capacity_kwh=much",)).data["battery"] == {"capacity_kwh": "much"}
