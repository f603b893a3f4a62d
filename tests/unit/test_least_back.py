"""The least of a sliding window, beside looking at each window."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.whole_batches import least_back


@given(st.lists(st.floats(-9, 9) | st.just(float("inf")), min_size=1, max_size=30), st.integers(0, 40))
def test_each_value_is_the_least_of_its_window(values: list[float], back: int) -> None:
    expected = [min(values[max(0, here - back) : here + 1]) for here in range(len(values))]
    assert least_back(np.array(values), back).tolist() == expected
    assert least_back(np.array(values), None).tolist() == np.minimum.accumulate(values).tolist()
