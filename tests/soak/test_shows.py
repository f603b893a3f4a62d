"""The week plan on real input: winter, both clock changes, three contracts (about six minutes)."""

from __future__ import annotations

from pathlib import Path

import pytest

from chocolate_factory.domain.catalog import ESSENTIAL
from tests.conftest import ROOT, Run, Upstream
from tests.e2e.shows import environment, read

pytestmark = pytest.mark.soak
SECONDS = "60"


@pytest.mark.parametrize(
    ("now", "slots"),
    [
        ("2026-03-10T21:00:00+01:00", 171 * 4),
        ("2025-10-24T21:00:00+02:00", 172 * 4),
        ("2026-03-27T21:00:00+01:00", 170 * 4),
    ],
    ids=["winter", "25-hour day", "23-hour day"],
)
def test_reference_plant(choco: Run, upstream: Upstream, tmp_path: Path, now: str, slots: int) -> None:
    env = environment(upstream, tmp_path, now)
    report = read(choco, env, "sync", "--from", "2025-03-01")
    missing = {row["series"]: row["missing"] for row in report["series"] if row["series"] in ESSENTIAL}
    assert missing == dict.fromkeys(ESSENTIAL, 0)
    answer = read(choco, env, "plan", "--time-limit", SECONDS)
    assert answer["violations"] == []
    assert answer["mip_gap"] <= 0.05
    assert answer["saving"]["eur"] > 0
    assert len(answer["load_kw"]) == slots


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "examples").glob("*.toml")))
def test_examples(choco: Run, upstream: Upstream, tmp_path: Path, name: str) -> None:
    env = environment(upstream, tmp_path, "2026-03-10T21:00:00+01:00", ROOT / "examples" / name)
    read(choco, env, "sync", "--from", "2025-03-01")
    answer = read(choco, env, "plan", "--time-limit", SECONDS)
    assert answer["violations"] == []
    assert answer["mip_gap"] <= 0.05
    assert answer["saving"]["eur"] >= 0
