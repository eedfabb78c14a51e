"""Tests for L{netsim.systems.weather_station.weather}."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite
from statistics import correlation, mean

from attrs import astuple
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.weather_station.weather import DAY, HOUR, Weather
from tests.properties import examples

MIDNIGHT = 1763683200.0
"""The beginning of a day."""


class WeatherTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.weather = Weather(1)

    def series(self, name: str, count: int, step: float, begin: float = MIDNIGHT) -> list[float]:
        return [getattr(self.weather.at(begin + step * index), name) for index in range(count)]

    def test_it_depends_on_seed_and_time_alone(self) -> None:
        one = self.weather.at(MIDNIGHT)
        self.weather.at(MIDNIGHT + 1e6)
        self.assertEqual(self.weather.at(MIDNIGHT), one)
        self.assertEqual(Weather(1).at(MIDNIGHT), one)
        self.assertNotEqual(Weather(2).at(MIDNIGHT), one)

    def test_afternoons_are_warmer_than_nights(self) -> None:
        days = range(60)
        night = mean(self.weather.at(MIDNIGHT + DAY * day + 2 * HOUR).temperature for day in days)
        noon = mean(self.weather.at(MIDNIGHT + DAY * day + 14 * HOUR).temperature for day in days)
        self.assertTrue(5 < noon - night < 12, noon - night)

    def test_summers_are_warmer_than_winters(self) -> None:
        # 60 days around the middle of July and of January.
        july, january = MIDNIGHT + 206 * DAY, MIDNIGHT + 26 * DAY
        warm, cold = (
            mean(self.series("temperature", 240, DAY / 4, begin)) for begin in (july, january)
        )
        self.assertTrue(11 < warm - cold < 21, warm - cold)

    def test_the_humidity_falls_while_the_temperature_rises(self) -> None:
        warm, moist = (self.series(name, 300, HOUR) for name in ("temperature", "humidity"))
        self.assertLess(correlation(warm, moist), -0.5)

    def test_a_low_pressure_brings_wind_and_rain(self) -> None:
        pressure = self.series("pressure", 500, 3 * HOUR)
        for name in ("wind_speed", "humidity"):
            other = self.series(name, 500, 3 * HOUR)
            self.assertLess(correlation(pressure, other), -0.2, name)
        rain = self.series("rain_rate", 500, 3.1 * HOUR)
        self.assertTrue(0.05 < mean(rate > 0 for rate in rain) < 0.3)

    def test_it_varies_slowly(self) -> None:
        day = self.wet_day()
        for name, most in [
            ("temperature", 0.1),
            ("dew_point", 0.1),
            ("humidity", 1),
            ("pressure", 0.05),
            ("rain_rate", 1),
            ("rain_today", 0.4),
        ]:
            values = self.series(name, 1440, 60, day)
            steps = [abs(after - before) for before, after in pairwise(values)]
            self.assertLess(max(steps), most, name)
            self.assertGreater(max(steps), 0, name)

    def test_the_wind_varies_within_seconds(self) -> None:
        for name in ("wind_speed", "wind_direction"):
            values = self.series(name, 60, 3)
            self.assertGreater(len(set(values)), 50)

    def test_the_wind_comes_from_everywhere(self) -> None:
        found = [self.weather._direction(MIDNIGHT + HOUR * hour) for hour in range(3000)]
        self.assertTrue(min(found) < 1 and 359 < max(found) < 360)

    def test_a_gust_is_the_greatest_speed_of_a_minute(self) -> None:
        for minute in range(20):
            now = MIDNIGHT + 60 * minute
            speeds = self.series("wind_speed", 20, 3, now - 57)
            self.assertEqual(self.weather.at(now).wind_gust, max(speeds))

    def test_what_has_fallen_is_the_sum_of_the_rates(self) -> None:
        day = self.wet_day()
        fallen = 0.0
        for minute in range(23 * 60 + 37):
            fallen += self.weather._rain_rate(day + 60 * minute + 30) / 60
        self.assertGreater(fallen, 1)
        told = self.weather.at(day + 60 * (23 * 60 + 37)).rain_today
        self.assertApproximates(told, fallen, 0.001)

    def test_at_midnight_nothing_has_fallen(self) -> None:
        day = self.wet_day()
        self.assertGreater(self.weather.at(day + DAY - 1).rain_today, 1)
        self.assertEqual(self.weather.at(day + DAY).rain_today, 0)

    def wet_day(self) -> float:
        """A day on which it rains."""
        days = [MIDNIGHT + DAY * day for day in range(40)]
        return max(days, key=lambda day: self.weather.at(day + DAY - 1).rain_today)

    def test_in_the_first_moments_of_a_shower_nothing_negative_has_fallen(self) -> None:
        hours = [MIDNIGHT + HOUR * hour for hour in range(0, 24 * 100, 24)]
        wet = [hour for hour in hours if self.weather._shower(hour // HOUR)]
        self.assertGreater(len(wet), 5)
        for hour in wet:
            for step in range(100):
                self.assertGreaterEqual(self.weather._rain_today(hour + step * 1e-6), 0)

    @examples(300)
    @given(st.integers(), st.floats(0, 1e10))
    def test_it_is_possible_anywhere_at_any_time(self, seed: int, time: float) -> None:
        found = Weather(seed).at(time)
        self.assertTrue(all(map(isfinite, astuple(found))))
        self.assertTrue(-25 < found.temperature < 45, found)
        self.assertLessEqual(found.dew_point, found.temperature)
        self.assertTrue(10 < found.humidity <= 100, found)
        self.assertTrue(925 < found.pressure < 965, found)
        self.assertTrue(0 <= found.wind_direction < 360, found)
        self.assertTrue(0 < found.wind_speed <= found.wind_gust < 20, found)
        self.assertTrue(0 <= found.rain_rate < 15, found)
        self.assertTrue(0 <= found.rain_today < 115, found)
