"""Decision trees as columns of numbers: kept as text, walked without the library they grew in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.series import FloatArray
from chocolate_factory.domain.slots import IntArray

TYPES = {"root": "<i4", "feature": "<i2", "left": "<i4", "right": "<i4", "threshold": "<f8", "value": "<f8"}


@dataclass(frozen=True, eq=False)
class Trees:
    """Nodes (m,) of all trees; a leaf has itself on both sides.

    A row goes `left` where its `feature`, as a 32-bit float, is at most `threshold`. `value` (m, outputs) is
    what a leaf tells; `root` (trees,) where each tree begins.
    """

    root: IntArray
    feature: IntArray
    left: IntArray
    right: IntArray
    threshold: FloatArray
    value: FloatArray

    def tell(self, table: FloatArray) -> FloatArray:
        """Mean over the trees of what their leaves tell of rows (n, features), shape (n, outputs)."""
        rows = table.astype(np.float32)
        place = np.arange(len(rows))[:, None]
        node = np.tile(self.root, (len(rows), 1))
        while True:
            goes_left = rows[place, self.feature[node]] <= self.threshold[node]
            after = np.where(goes_left, self.left[node], self.right[node])
            if np.array_equal(after, node):
                found: FloatArray = self.value[node].mean(axis=1)
                return found
            node = after

    def pack(self) -> dict[str, Any]:
        """As JSON: each column compressed in base64 with its shape, and a digest of them all."""
        packed = {
            item.name: _packed(getattr(self, item.name).astype(TYPES[item.name])) for item in fields(self)
        }
        return {**packed, "sha256": _digest(packed)}


def unpack(body: Mapping[str, Any]) -> Trees:
    """The trees that `pack` wrote; ValueError where anything is missing, changed or does not fit together."""
    try:
        if body["sha256"] != _digest({name: body[name] for name in TYPES}):
            raise ValueError("the trees are not as they were kept")
        found = {name: _unpacked(body[name], kind) for name, kind in TYPES.items()}
    except (KeyError, TypeError, binascii.Error, zlib.error) as error:
        raise ValueError(f"no trees: {error!r}") from error
    size = len(found["value"])
    inside = all(((found[name] >= 0) & (found[name] < size)).all() for name in ("root", "left", "right"))
    if not inside or any(len(found[name]) != size for name in TYPES if name != "root"):
        raise ValueError("nodes that are not there")
    ints = {name: found[name].astype(np.int64) for name in ("root", "feature", "left", "right")}
    return Trees(**ints, threshold=found["threshold"], value=found["value"])


def _packed(column: NDArray[Any]) -> dict[str, Any]:
    text = base64.b64encode(zlib.compress(column.tobytes(), 9)).decode()
    return {"shape": list(column.shape), "data": text}


def _unpacked(body: Mapping[str, Any], kind: str) -> NDArray[Any]:
    raw = zlib.decompress(base64.b64decode(body["data"], validate=True))
    return np.frombuffer(raw, kind).reshape(body["shape"])


def _digest(packed: Mapping[str, Mapping[str, Any]]) -> str:
    text = "|".join(f"{name} {packed[name]['shape']} {packed[name]['data']}" for name in TYPES)
    return hashlib.sha256(text.encode()).hexdigest()
