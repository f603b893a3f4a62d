"""Every tab on real input, phone and desktop, es and en, light and dark: no fault; a picture is kept of each.

The pictures are in `CHOCO_ARTEFACTS`, by default `tests/artefacts`. About three minutes.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from chocolate_factory.core.config import load_settings
from chocolate_factory.main import create_app
from chocolate_factory.wiring import build_world
from tests.bench.bench_page import chromium
from tests.conftest import ROOT, Run, Upstream
from tests.dashboard.conftest import USUAL
from tests.dashboard.site import DESKTOP, Serving
from tests.dashboard.whole import LISTEN, PAGES, faults, settle, walk
from tests.e2e.shows import environment, read

pytestmark = pytest.mark.soak
KEPT = Path(os.environ.get("CHOCO_ARTEFACTS", ROOT / "tests" / "artefacts"))
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": DESKTOP}
LOCALES = {"es": "es-ES", "en": "en-GB"}
SCHEMES = ("light", "dark")
NOW = "2026-03-10T21:00:00+01:00"


@contextmanager
def looking(browser: Browser, url: str, how: tuple[str, str, str]) -> Iterator[Page]:
    """A page of a size, language and scheme; what the browser complains of is an error."""
    size, language, scheme = how
    with browser.new_context(
        viewport=SIZES[size],  # type: ignore[arg-type]
        locale=LOCALES[language],
        color_scheme=scheme,  # type: ignore[arg-type]
        timezone_id="America/New_York",
    ) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.add_init_script(LISTEN)
        page.goto(f"{url}/dashboard")
        settle(page)
        yield page
        assert "\n".join(line for line in said if not any(part in line for part in USUAL)) == ""


def shoot(browser: Browser, url: str, how: tuple[str, str, str], folder: Path) -> list[str]:
    """A picture of each part of the page, and the faults of each."""
    found = []
    folder.mkdir(parents=True, exist_ok=True)
    with looking(browser, url, how) as page:
        for place in PAGES:
            found += faults(page, place)
            page.evaluate("window.scrollTo(0, 0)")
            name = "-".join((place.replace("/", "-"), *how))
            page.screenshot(path=folder / f"{name}.png", full_page=True)
    return found


def test_every_tab_on_real_input(
    choco: Run, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environment(upstream, tmp_path / "state", NOW)
    read(choco, env, "sync", "--from", "2025-12-01")
    read(choco, env, "plan", "--time-limit", "20")
    for name, value in {**env, "CHOCO_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)
    found = []
    with Serving(create_app(build_world(load_settings()))) as serving, chromium() as browser:
        for how in itertools.product(SIZES, LOCALES, SCHEMES):
            found += [f"{how}: {fault}" for fault in shoot(browser, serving.url, how, KEPT)]
        for size in SIZES:
            with looking(browser, serving.url, (size, "es", "light")) as page:
                found += [f"{size}: {fault}" for fault in walk(page)]
    assert "\n".join(found) == ""
