"""Days that Red Eléctrica corrected: first value, corrected value, and a plan as of before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Run, Upstream

# (an hour that was corrected, the evening before it, a later moment, EUR/MWh first published and corrected)
CORRECTED = [
    ("2025-01-01T09:00", "2024-12-31T21:00:00+01:00", "2025-01-05T12:00:00+01:00", 964.88, 423.15),
    ("2025-09-09T21:00", "2025-09-08T21:00:00+02:00", "2025-09-14T12:00:00+02:00", 379.53, 253.58),
    ("2025-09-10T00:00", "2025-09-09T21:00:00+02:00", "2025-09-14T12:00:00+02:00", 232.83, 142.70),
]


def told(choco: Run, env: dict[str, str], *command: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(choco(*command, "--json", env=env).stdout)
    return found


@pytest.mark.parametrize(
    ("hour", "eve", "later", "first", "corrected"),
    [CORRECTED[0], *(pytest.param(*row, marks=pytest.mark.soak) for row in CORRECTED[1:])],
)
def test_first_and_corrected_value_and_the_plan_before(
    choco: Run,
    upstream: Upstream,
    tmp_path: Path,
    hour: str,
    eve: str,
    later: str,
    first: float,
    corrected: float,
) -> None:
    env = {
        **upstream.settings(),
        "CHOCO_FACTORY": str(ROOT / "examples" / "workshop-pvpc.toml"),
        "CHOCO_STATE": str(tmp_path / "state"),
        "CHOCO_PLAN__TIME_LIMIT_S": "3",
        "CHOCO_FORECAST__MODEL": "naive-kind",
    }
    then, now = {**env, "CHOCO_NOW": eve}, {**env, "CHOCO_NOW": later}
    sync = ("sync", "--from", "2024-12-01" if hour < "2025-06" else "2025-08-01", "--only", "pvpc")
    upstream.at(eve)
    choco(*sync, env=then)
    before = told(choco, then, "plan", "--days", "1")
    assert told(choco, then, "show", "pvpc", hour)["value"] == first
    upstream.at(later)
    choco(*sync, env=now)
    slot = told(choco, now, "show", "pvpc", hour)
    assert [row["value"] for row in slot["revisions"]] == [first, corrected]
    assert slot["value"] == corrected
    assert slot["change"] == pytest.approx(corrected - first)
    assert told(choco, then, "show", "pvpc", hour)["value"] == first, "the eve shows what was known on it"
    after = told(choco, then, "plan", "--days", "1")
    assert after["cost_eur"] == pytest.approx(before["cost_eur"]), "a correction leaks into an earlier plan"
    assert after["price_origin"] == before["price_origin"]
    late = told(choco, now, "show", "pvpc", hour)
    assert late["available_at"] > slot["revisions"][0]["available_at"]
