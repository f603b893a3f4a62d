"""Finished origins of walk-forward tests as files, so that a stopped test goes on."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

import chocolate_factory
from chocolate_factory.core.errors import Misconfigured
from chocolate_factory.domain.backtest import Origin, Told
from chocolate_factory.infrastructure.file_locks import FileLocks

CODE = (
    "core/errors.py", "domain", "infrastructure/forecasters", "services/backtest_forecasts.py",
    "services/forecast_prices.py",
)  # fmt: skip
"""Parts of the program that a forecast depends on: whatever one of them imports is among them."""

LIBRARIES = ("numpy", "lightgbm", "prophet", "holidays", "tzdata")


@dataclass(frozen=True)
class OriginFiles:
    """Files under a folder: `<series>-<gate>/<day>-<model>.npz`. See `KeptOrigins`.

    Written under another name and renamed, so that a file is whole or not there; one that cannot be read is
    not there either. Writers wait for each other, so that what a killed one left is written over. With
    `again` nothing is read.
    """

    folder: Path
    again: bool = False

    def get(self, origin: Origin, digest: str) -> Told | None:
        """What is kept of this origin and these inputs."""
        if self.again:
            return None
        try:
            with np.load(self._path(origin), allow_pickle=False) as kept:
                if str(kept["digest"]) != digest:
                    return None
                levels, prices = kept["levels"].tolist(), kept["prices"]
                fit, predict = kept["seconds"].tolist()
                return Told(
                    origin=origin,
                    label=str(kept["label"]),
                    start=kept["start"],
                    price=prices[0],
                    quantiles=dict(zip(levels, prices[1:], strict=True)),
                    fit_seconds=fit,
                    predict_seconds=predict,
                    refused=str(kept["refused"]),
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def put(self, told: Told, digest: str) -> None:
        """Keep it. Raises Misconfigured where the folder cannot be written to."""
        path = self._path(told.origin)
        data = io.BytesIO()
        np.savez(
            data,
            digest=np.array(digest),
            label=np.array(told.label),
            refused=np.array(told.refused),
            start=told.start,
            levels=np.array(list(told.quantiles), np.float64),
            prices=np.array([told.price, *told.quantiles.values()], np.float64),
            seconds=np.array([told.fit_seconds, told.predict_seconds]),
        )
        unfinished = path.with_name(f".{path.name}.tmp")
        try:
            with FileLocks(path.parent).wait(""):
                unfinished.write_bytes(data.getvalue())
                unfinished.replace(path)
        except OSError as error:
            raise Misconfigured(f"CHOCO_STATE: cannot write to {path.parent} ({error.strerror}).") from error

    def _path(self, origin: Origin) -> Path:
        return self.folder / origin.track.name / f"{origin.day:%Y%m%d}-{origin.model}.npz"


def code_version(parts: tuple[str, ...] = CODE, libraries: tuple[str, ...] = LIBRARIES) -> str:
    """Version of the program, and a digest of some of its code and libraries: those of a forecast."""
    root = Path(chocolate_factory.__file__).parent
    found = hashlib.sha256(" ".join(map(installed, libraries)).encode())
    for part in parts:
        place = root / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{chocolate_factory.__version__}+{found.hexdigest()[:12]}"


def installed(library: str) -> str:
    """The version of a library, "none" where an optional one is not there."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"
