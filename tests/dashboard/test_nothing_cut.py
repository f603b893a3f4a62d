"""Names and headings that must be read whole on a phone, in a real browser. About 4 s."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.dashboard import data_samples
from tests.dashboard.conftest import Open
from tests.dashboard.site import PHONE, Site

TEXT_WIDTH = """one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return [range.getBoundingClientRect().width, one.clientWidth];
}"""
CHOSEN_WIDTH = """one => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = getComputedStyle(one).font;
    return [pen.measureText(one.selectedOptions[0].label).width, one.clientWidth];
}"""
ARROW_PX = 36
"""What a choice needs beside its text: its padding and its arrow."""


def test_the_name_of_the_plant_is_whole(show: Open, site: Site) -> None:
    site.answer = site.answer.model_copy(update={"site": "Linares reference plant"})
    name = show(size=PHONE).locator("header .site")
    expect(name).to_have_text("Linares reference plant")
    assert name.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_headings_of_days_do_not_touch(show: Open) -> None:
    headings = show(size=PHONE).locator("[data-card=heat] thead th:not(:first-child)")
    expect(headings.first).to_be_visible()
    widths: list[Any] = [one.evaluate(TEXT_WIDTH) for one in headings.all()]
    assert len(widths) >= 7
    assert all(text + 4 <= room + 0.5 for text, room in widths), widths


def test_the_chosen_series_is_read_whole(show: Open, site: Site) -> None:
    site.answers |= data_samples.answers()
    choice = show(size={**PHONE, "width": 390}, hash="data/climate").locator("[data-test=beyond-series]")
    choice.wait_for()
    text, room = choice.evaluate(CHOSEN_WIDTH)
    assert text + ARROW_PX <= room
