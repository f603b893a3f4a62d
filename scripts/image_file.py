"""An image as `docker save` writes it: its configuration, and every file of every layer."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

HIDES, HIDES_ALL = ".wh.", ".wh..wh..opq"
Read = Callable[[], bytes]
Look = Callable[[str, tarfile.TarInfo, Read], None]
"""Called with path, header and content of each file of each layer, hidden ones and hard links too."""


class NoImage(Exception):
    """The file is not an image as docker writes it."""


@dataclass(frozen=True)
class Contents:
    """`config` of the image and `files`: path without a leading slash -> header, as a container sees them."""

    config: dict[str, Any]
    files: dict[str, tarfile.TarInfo] = field(default_factory=dict)
    layers: int = 0


def read_image(archive: Path, look: Look) -> Contents:
    """Walk through all layers once; raises `NoImage`."""
    try:
        with tarfile.open(archive) as outer:
            (manifest,) = json.loads(member(outer, "manifest.json").read())
            config = json.loads(member(outer, manifest["Config"]).read())
            files: dict[str, tarfile.TarInfo] = {}
            for name in manifest["Layers"]:
                with tarfile.open(fileobj=member(outer, name)) as layer:
                    lay_over(files, layer, look)
            return Contents(config, files, len(manifest["Layers"]))
    except (tarfile.TarError, KeyError, ValueError, TypeError, OSError) as error:
        raise NoImage(f"{archive}: {error}") from None


def member(outer: tarfile.TarFile, name: str) -> IO[bytes]:
    """A file of the archive; raises `NoImage` where that is a folder or the like."""
    found = outer.extractfile(name)
    if found is None:
        raise NoImage(f"{name} is no file")
    return found


def is_file(info: tarfile.TarInfo) -> bool:
    """Whether this is a file with content: a hard link is one, with the rights of what it leads to."""
    return info.isreg() or info.islnk()


def lay_over(files: dict[str, tarfile.TarInfo], layer: tarfile.TarFile, look: Look) -> None:
    """Put a layer over what lies below; its marks take files and folders away.

    Raises `NoImage` for a name that leads out of the image: whoever writes under it would write elsewhere.
    """
    fresh: dict[str, tarfile.TarInfo] = {}
    for info in layer:
        path = PurePosixPath(info.name)
        if path.is_absolute() or ".." in path.parts:
            raise NoImage(f"a layer names {info.name}, outside of the image")
        text = "" if str(path) == "." else str(path)
        if path.name == HIDES_ALL:
            remove(files, str(path.parent), itself=False)
        elif path.name.startswith(HIDES):
            remove(files, str(path.with_name(path.name.removeprefix(HIDES))), itself=True)
        elif text:
            fresh[text] = info
            if is_file(info):
                look(text, info, reader(layer, info))
    files.update(fresh)


def reader(layer: tarfile.TarFile, info: tarfile.TarInfo) -> Read:
    """Reads one file of a layer, when asked."""

    def read() -> bytes:
        found = layer.extractfile(info)
        return found.read() if found else b""

    return read


def remove(files: dict[str, tarfile.TarInfo], path: str, *, itself: bool) -> None:
    """Take away what is below a path, and the path itself."""
    below = f"{path}/"
    for name in [name for name in files if name.startswith(below) or (itself and name == path)]:
        del files[name]
