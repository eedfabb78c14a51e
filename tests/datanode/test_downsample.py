"""L{netsim.datanode.downsample}."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.downsample import reduce
from netsim.datanode.model import Block
from netsim.errors import QueryError
from tests.properties import examples

NOW = 1_500_000_000.0


def block(t: Any, **columns: Any) -> Block:
    """A block of these columns."""
    arrays = {
        name: values if isinstance(values, np.ndarray) else np.array(values)
        for name, values in columns.items()
    }
    return Block("t", np.array(t, np.float64), arrays, 7.0)


def strings(*values: str | None) -> NDArray[Any]:
    """A column of strings."""
    result = np.empty(len(values), object)
    result[:] = values
    return result


def nearly(t: NDArray[Any]) -> float:
    """What floats of this size cannot tell apart."""
    return 8 * float(np.spacing(np.abs(t).max(initial=1.0)))


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Any block: regular or not, with times that repeat, gaps, holes in its columns."""
    size = draw(st.integers(1, 30))
    start = draw(st.floats(-1e10, 1e10) | st.integers(0, 100).map(float))
    gaps = st.sampled_from([0.0, 0.1, 1.0, 1.0, 1.0, 100.0, 1e6]) | st.floats(0, 1e3)
    steps = draw(st.lists(gaps, min_size=size, max_size=size))
    t = start + np.cumsum(steps)
    values = st.floats(allow_infinity=False, width=64) | st.sampled_from([math.nan, 0.0, 1.0])
    return Block(
        "t",
        t,
        {
            "f": np.array(draw(st.lists(values, min_size=size, max_size=size)), np.float64),
            "i": np.array(
                draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=size, max_size=size))
            ),
            "b": np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool),
            "s": strings(*(str(place) for place in range(size))),
        },
    )


STRIDES = st.none() | st.floats(0, 1e7) | st.sampled_from([1e-9, 0.5, 1.0, 60.0])
POINTS = st.none() | st.integers(1, 40)


class UntouchedTests(SynchronousTestCase):
    """What is within the limits."""

    def check(self, given: Block, *limits: Any) -> None:
        self.assertIs(given, reduce(given, *limits))

    def test_within(self) -> None:
        """It is given back as it is."""
        some = block([0, 1, 2], x=[5, 6, 7])
        self.check(some)
        self.check(some, 1.0, 3)
        self.check(some, 0, None)

    def test_accuracy(self) -> None:
        """Times that only floats bring nearer are far enough apart."""
        times = NOW + np.arange(100) * 0.1
        self.assertLess(np.diff(times).min(), 0.1)
        self.check(block(times, x=times), 0.1)

    def test_little(self) -> None:
        """Nothing, and one sample, are within any limits."""
        self.check(block([], x=np.empty(0)), 5.0, 1)
        self.check(block([1], x=[1]), 5.0, 1)

    def test_wrong(self) -> None:
        """Limits that are none are refused, whatever they are for."""
        for stride in (-1, math.nan, math.inf, "1", True):
            with self.assertRaises(QueryError) as caught:
                reduce(block([], x=[]), stride)  # type: ignore[arg-type]
            self.assertIn("min_stride: expected ", str(caught.exception))
        for points in (0, -5, 1.5, "1", True, math.nan):
            with self.assertRaises(QueryError) as caught:
                reduce(block([], x=[]), None, points)  # type: ignore[arg-type]
            self.assertIn("max_points: expected an integer from 1 on", str(caught.exception))


class ReduceTests(SynchronousTestCase):
    """What exceeds them."""

    def check(self, given: Block, t: Any, **columns: Any) -> None:
        self.assertEqual(list(t), given.t.tolist())
        for name, values in columns.items():
            self.assertEqual(list(values), given.columns[name].tolist(), name)
        self.assertEqual(7.0, given.finalized_until)

    def test_stride(self) -> None:
        """Each bucket of two slots gives its minimum and maximum, in their order."""
        some = block(range(8), x=[5, 1, 9, 3, 0, 1, 2, -1], y=[1, 2, 3, 4, 4, 3, 2, 1])
        self.check(reduce(some, 2.0), [0, 2, 4, 6], x=[1, 9, 2, -1], y=[1, 4, 4, 1])

    def test_points(self) -> None:
        """Slots are as wide as so many points need, to two digits."""
        some = block(NOW + np.arange(1001), x=np.arange(1001))
        result = reduce(some, None, 10)
        self.assertEqual([120.0], sorted(set(np.diff(result.t))))
        self.assertTrue(all(result.t % 120 == 0))

    def test_both(self) -> None:
        """The stride counts where it is wider than needed."""
        some = block(range(101), x=range(101))
        self.check(reduce(some, 25.0, 50), [0, 25, 50, 75], x=[0, 49, 50, 100])

    def test_edges(self) -> None:
        """What lies before the first edge, and after the last whole bucket, is not lost."""
        some = block([3, 4, 5, 6, 7, 8, 9, 10, 11, 12], x=[9, 1, 1, 1, 1, 1, 1, 1, 0, 5])
        self.check(reduce(some, 2.0), [4, 6, 8, 10], x=[9, 1, 0, 5])

    def test_noEdge(self) -> None:
        """Where no bucket fits there is one that begins with the first sample."""
        self.check(reduce(block([3, 4, 5], x=[1, 0, 2]), 2.0), [3, 5], x=[0, 2])

    def test_gap(self) -> None:
        """Where there is nothing nothing comes; a lone sample gets the slot that it is in."""
        some = block([0, 1, 40, 81.5, 82, 83], x=[1, 2, 7, 4, 5, 6])
        self.check(reduce(some, 2.0), [0, 2, 40, 80, 82], x=[1, 2, 7, 4, 6])
        some = block([0, 1, 3, 6.5, 8, 10], x=range(6))
        self.check(reduce(some, 2.0), [0, 2, 6, 8, 10], x=[0, 2, 3, 4, 5])

    def test_oneSlot(self) -> None:
        """Where one point fits it is the extreme that sticks out."""
        some = block(
            [0, 1, 2], x=[1, 9, 2], y=[5, 5, 0], z=[math.nan, 2, math.nan], s=strings("a", "b", "c")
        )
        self.check(reduce(some, 5.0), [0], x=[9], y=[0], z=[2], s=["c"])
        self.check(reduce(some, None, 1), [0], x=[9], y=[0], z=[2], s=["c"])

    def test_twoPoints(self) -> None:
        """Of two points one is the minimum and one is the maximum."""
        self.check(reduce(block([0, 3, 101], x=[1, 9, -2]), None, 2), [0, 101], x=[9, -2])

    def test_within(self) -> None:
        """Where edges are not exact, times are within range nevertheless."""
        late = np.append(-109.19999999999999, np.arange(-109, -100, 0.2))
        early = np.append(np.arange(-5, -0.15, 0.02), -0.10000000000000002)
        for t, *limits in ((late, 0.6), (early, 0.1), ([-10, -5, 1e-15], None, 2)):
            result = reduce(block(t, x=t), *limits)
            self.assertGreater(result.t.size, 1)
            self.assertTrue(t[0] <= result.t[0] and result.t[-1] <= t[-1])

    def test_sameTime(self) -> None:
        """Times that are all equal give one point."""
        self.check(reduce(block([5, 5, 5], x=[1, 2, 9]), None, 2), [5], x=[9])

    def test_unsorted(self) -> None:
        """A time that goes back by one place of a float disturbs nobody."""
        before = np.nextafter(4.0, 0.0)
        some = block([0, 1, 4.0, before, 4.0, before, 5, 8, 10, 11], x=range(10))
        result = reduce(some, 2.0)
        self.check(result, [0, 2, 4, 6, 8, 10], x=[0, 1, 2, 6, 7, 9])

    def test_kinds(self) -> None:
        """Bools stay bools, integers integers; of strings first and last are taken."""
        some = block(
            range(4),
            b=[False, True, True, False],
            i=[2**62 + 1, 2**62, 0, 1],
            s=strings("a", "b", None, "d"),
        )
        result = reduce(some, 2.0)
        self.check(result, [0, 2], b=[False, True], i=[2**62 + 1, 0], s=["a", "d"])
        self.assertEqual(["b", "i", "O"], [result.columns[name].dtype.kind for name in "bis"])

    def test_notANumber(self) -> None:
        """It is passed over, unless there is nothing else."""
        nan = math.nan
        some = block(range(8), x=[nan, 3, 1, nan, nan, nan, nan, nan], y=[nan] * 8)
        result = reduce(some, 2.0)
        self.check(result, [0, 2, 4, 6])
        self.assertEqual(["3.0", "1.0", "nan", "nan"], [str(x) for x in result.columns["x"]])
        self.assertTrue(np.isnan(result.columns["y"]).all())

    def test_infinite(self) -> None:
        """Infinities are extremes as others are."""
        some = block(range(4), x=[0, math.inf, -math.inf, 1])
        self.check(reduce(some, 2.0), [0, 2], x=[math.inf, -math.inf])
        self.assertTrue(math.isinf(reduce(some, None, 1).columns["x"][0]))

    def test_movingWindow(self) -> None:
        """As a window moves, what is within it keeps its times and values."""
        t = NOW + np.arange(5000) * 0.5
        x = np.random.default_rng(1).normal(size=5000)
        one, other = (
            reduce(block(t[i : i + 3000], x=x[i : i + 3000]), None, 200) for i in (0, 777)
        )
        common, places, others = np.intersect1d(one.t, other.t, return_indices=True)
        self.assertGreater(common.size, 100)
        inner = slice(2, -2)
        self.assertEqual(
            one.columns["x"][places][inner].tolist(), other.columns["x"][others][inner].tolist()
        )


class PropertyTests(SynchronousTestCase):
    """What holds for all blocks and all limits."""

    @given(blocks(), STRIDES, POINTS)
    @examples(100)
    def test_limits(self, some: Block, stride: float | None, points: int | None) -> None:
        """Neither limit is exceeded, times are within range, and columns stay aligned."""
        result = reduce(some, stride, points)
        self.assertLessEqual(result.t.size, points or some.t.size)
        self.assertLessEqual(result.t.size, some.t.size)
        if stride:
            self.assertTrue((np.diff(result.t) >= stride - nearly(some.t)).all())
        self.assertTrue((result.t >= some.t[0]).all() and (result.t <= some.t[-1]).all())
        self.assertTrue((np.diff(result.t) >= 0).all())
        for name, column in result.columns.items():
            self.assertEqual(result.t.shape, column.shape)
            self.assertEqual(some.columns[name].dtype, column.dtype)

    @given(blocks(), STRIDES, POINTS)
    @examples(100)
    def test_extremes(self, some: Block, stride: float | None, points: int | None) -> None:
        """Nothing that sticks out is lost, where there is room for two points."""
        result = reduce(some, stride, points)
        if result.t.size < 2:
            return
        for name in "fib":
            before, after = (each.columns[name] for each in (some, result))
            before, after = before[~np.isnan(before)], after[~np.isnan(after)]
            if before.size:
                self.assertEqual((before.min(), before.max()), (after.min(), after.max()))
            else:
                self.assertEqual(0, after.size)

    @given(blocks(), STRIDES, POINTS)
    @examples(100)
    def test_near(self, some: Block, stride: float | None, points: int | None) -> None:
        """Every point is a sample, and comes from nearby: within four slots."""
        result = reduce(some, stride, points)
        if result.t.size < 2 or result is some:
            return
        width = np.diff(result.t).min()
        for at, text in zip(result.t, result.columns["s"], strict=True):
            self.assertLessEqual(abs(some.t[int(text)] - at), 4 * width + nearly(some.t))
