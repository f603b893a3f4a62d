"""Versions of models and choices of champions as files with checksums."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.core.errors import ModelRefused, StoreFailed
from chocolate_factory.domain.ports import Json, Learnt
from chocolate_factory.domain.registry import (
    Choice,
    Chooser,
    Held,
    State,
    Version,
    champion_then,
    left_over,
)
from chocolate_factory.infrastructure.origin_files import LIBRARIES

CHOICES, LOCK, DAMAGED = "champion.json", ".lock", ".damaged"
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
ARRAY = "array."
"""Before every name in a file: an array may be called as a parameter of the writer is."""


class Unsound(Exception):
    """A file that is not what was saved, with its state and a reason."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


@dataclass(frozen=True)
class ModelFiles:
    """Folder `<series>/<model>/` with `<number>.npz`, its manifest `<number>.json`. See `Registry`.

    Files are written under another name, synced and renamed, the manifest last: without one there is no
    version. Writers wait for each other at one lock file. `code` tells the version of the running program.
    """

    folder: Path
    code: Callable[[], str]

    def save(self, learnt: Learnt, metrics: Json) -> Version:
        """Keep as the next version. Raises StoreFailed, and ValueError for arrays of objects."""
        data = packed(learnt.arrays)
        place = self.folder / learnt.series / learnt.model
        with self._alone():
            place.mkdir(parents=True, exist_ok=True)
            sweep(place)
            number = max(numbers_in(place, "*"), default=0) + 1
            made = Version(
                series=learnt.series,
                model=learnt.model,
                number=number,
                learnt_at=learnt.learnt_at.astimezone(UTC),
                code=self.code(),
                libraries={name: library_version(name) for name in LIBRARIES},
                facts=dict(learnt.facts),
                metrics=dict(metrics),
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
            manifest = sealed({**asdict(made), "learnt_at": made.learnt_at.isoformat()})
            write_whole(place / f"{number:06d}.npz", data)
            write_whole(place / f"{number:06d}.json", manifest)
            for old in left_over(numbers_in(place, "*.json"), self._held_to(learnt)):
                (place / f"{old:06d}.json").unlink(missing_ok=True)
                (place / f"{old:06d}.npz").unlink(missing_ok=True)
        return made

    def held(self, series: str, model: str) -> list[Held]:
        """All kept versions, newest first; each file is read and its checksum compared."""
        place = self.folder / series / model
        found = [self._look(place, number) for number in numbers_in(place, "*.json")]
        return sorted(
            found, key=lambda one: (one.version.learnt_at if one.version else END_OF_TIME, one.number)
        )[::-1]

    def load(self, series: str, model: str, number: int) -> Learnt:
        """The numbers of a version. Raises ModelRefused."""
        place = self.folder / series / model
        try:
            version = read_manifest(place, number)
            arrays = unpacked(self._sound(place, version))
        except Unsound as fault:
            raise ModelRefused(f"Version {number} of {model} for {series} {fault.reason}.") from None
        return Learnt(version.model, version.series, version.learnt_at, arrays, version.facts)

    def choices(self, series: str) -> list[Choice]:
        """Choices made for a series, in order. Raises ModelRefused."""
        try:
            body = opened((self.folder / series / CHOICES).read_bytes())
            return [choice_of(series, row) for row in body["choices"]]
        except FileNotFoundError:
            return []
        except (Unsound, OSError, KeyError, TypeError, ValueError):
            raise ModelRefused(
                f"The file of champions of {series} cannot be read or was changed.",
                "Choose again with `choco models promote`; until then the default model serves.",
            ) from None

    def choose(self, choice: Choice) -> None:
        """Add a choice. Raises StoreFailed."""
        path = self.folder / choice.series / CHOICES
        with self._alone():
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path.parent)
            try:
                made = [*self.choices(choice.series), choice]
            except ModelRefused:
                path.replace(path.with_name(path.name + DAMAGED))
                made = [choice]
            rows = [{**asdict(one), "since": one.since.astimezone(UTC).isoformat()} for one in made]
            write_whole(path, sealed({"choices": rows}))

    def _look(self, place: Path, number: int) -> Held:
        version = None
        try:
            version = read_manifest(place, number)
            self._sound(place, version)
        except Unsound as fault:
            return Held(number, fault.state, version)
        return Held(number, State.OK, version)

    def _sound(self, place: Path, version: Version) -> bytes:
        """The bytes that were saved, or Unsound."""
        if version.code != self.code():
            raise Unsound(State.OTHER_CODE, f"was learnt by other code or libraries ({version.code})")
        data = read(place / f"{version.number:06d}.npz")
        if hashlib.sha256(data).hexdigest() != version.sha256:
            raise Unsound(State.CHANGED, "was changed after it was saved: its checksum differs")
        return data

    def _held_to(self, learnt: Learnt) -> int | None:
        """The version of this model that the newest choice is held to."""
        try:
            choice = champion_then(self.choices(learnt.series), learnt.series, END_OF_TIME)
        except ModelRefused:
            return None
        return choice.version if choice.model == learnt.model else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other writer meanwhile; whatever the disk says becomes StoreFailed."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise StoreFailed(
                f"CHOCO_STATE: cannot write to {self.folder} ({error.strerror}).",
                "Check the disk and the rights of the folder; the versions before serve on.",
            ) from error


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as the bytes of a compressed .npz without objects; ValueError where there are some."""
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"the array {name} holds objects")
    buffer = io.BytesIO()
    named: dict[str, Any] = {ARRAY + name: array for name, array in arrays.items()}
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()


def unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of `packed`, or Unsound."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name.removeprefix(ARRAY): file[name] for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        raise Unsound(State.CHANGED, "cannot be read as numbers") from None


def read_manifest(place: Path, number: int) -> Version:
    """The manifest of a version, or Unsound."""
    body = opened(read(place / f"{number:06d}.json"))
    try:
        made = Version(**{**body, "learnt_at": datetime.fromisoformat(body["learnt_at"])})
    except (KeyError, TypeError, ValueError):
        raise Unsound(State.CHANGED, "has a manifest of another form") from None
    if (made.number, made.model, made.series) != (number, place.name, place.parent.name):
        raise Unsound(State.CHANGED, "has the manifest of another version")
    return made


def choice_of(series: str, row: Mapping[str, Any]) -> Choice:
    """A choice from its JSON; KeyError, TypeError or ValueError where it is none."""
    since = datetime.fromisoformat(row["since"])
    chosen_by = Chooser(row["chosen_by"])
    return Choice(series, str(row["model"]), since, chosen_by, str(row["why"]), row["version"])


def sealed(body: Mapping[str, Any]) -> bytes:
    """A document as JSON with the digest of its own content."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({**json.loads(text), "digest": digest}, ensure_ascii=False, indent=1).encode() + b"\n"


def opened(data: bytes) -> dict[str, Any]:
    """The document of `sealed`, or Unsound where its digest differs."""
    try:
        body = json.loads(data)
        digest = body.pop("digest")
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unsound(State.CHANGED, "has a manifest that cannot be read") from None
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise Unsound(State.CHANGED, "has a manifest that was changed")
    return dict(body)


def read(path: Path) -> bytes:
    """The bytes of a file, or Unsound."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Unsound(State.MISSING, f"lacks its file {path.name}") from None
    except OSError as error:
        raise Unsound(State.MISSING, f"has a file that cannot be read ({error.strerror})") from None


def write_whole(path: Path, data: bytes) -> None:
    """A file with these bytes, or the former one: synced, then renamed."""
    unfinished = path.with_name(f".{path.name}")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep(place: Path) -> None:
    """Remove what a writer that was killed left: unfinished files, and numbers without a manifest."""
    for path in place.glob(".*.*"):
        path.unlink(missing_ok=True)
    for path in place.glob("*.npz"):
        if not path.with_suffix(".json").exists():
            path.unlink(missing_ok=True)


def numbers_in(place: Path, pattern: str) -> list[int]:
    """Numbers of versions of which files are there."""
    return sorted({int(path.stem) for path in place.glob(pattern) if path.stem.isdigit()})
