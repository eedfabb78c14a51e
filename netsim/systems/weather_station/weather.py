"""
The weather of a place, as a function of time: six hundred metres above a temperate sea.

All of it hangs together.  Fronts come every few days: with one the pressure falls,
clouds flatten the daily cycle of the temperature, it gets moist and windy, and rains.
"""

from __future__ import annotations

from math import cos, exp, pi, sin

from attrs import frozen

from netsim.systems.weather_station.noise import Noise

__all__ = ["Reading", "Weather"]

HOUR, DAY, YEAR = 3600.0, 86400.0, 31556952.0

GUST = 3
"""Seconds over which a gust is measured."""

_SHOWER = 0.42
"""The strength of a front that begins to rain."""


@frozen
class Reading:
    """
    What the instruments measure.

    @ivar temperature: of the air, degrees Celsius.
    @ivar dew_point: degrees Celsius.
    @ivar humidity: relative, percent.
    @ivar pressure: at the station, hectopascals.
    @ivar wind_direction: where the wind comes from, degrees from north by east.
    @ivar wind_speed: metres a second.
    @ivar wind_gust: the greatest speed of the last minute.
    @ivar rain_rate: millimetres an hour.
    @ivar rain_today: millimetres since midnight.
    """

    temperature: float
    dew_point: float
    humidity: float
    pressure: float
    wind_direction: float
    wind_speed: float
    wind_gust: float
    rain_rate: float
    rain_today: float


class Weather:
    """The weather of one place; another seed is another place."""

    def __init__(self, seed: int) -> None:
        self._noise = Noise(seed)

    def at(self, time: float) -> Reading:
        """
        What is measured at a time.

        @param time: in Unix seconds; days begin as in UTC.
        """
        temperature, dew_point = self._air(time)
        speed = self._wind(time)
        steps = int(time // GUST)
        recent = [self._wind(step * GUST) for step in range(steps - 60 // GUST + 1, steps + 1)]
        return Reading(
            temperature=temperature,
            dew_point=dew_point,
            humidity=100 * (_vapour(dew_point) / _vapour(temperature)),
            pressure=self._pressure(time),
            wind_direction=self._direction(time),
            wind_speed=speed,
            wind_gust=max(speed, *recent),
            rain_rate=self._rain_rate(time),
            rain_today=self._rain_today(time),
        )

    def _front(self, time: float) -> float:
        """How much of a front there is: 1 in the middle of one, -1 far from any."""
        smooth = self._noise.smooth
        wave, ripple = smooth("front", time, 30 * HOUR), smooth("ripple", time, 7 * HOUR)
        return (wave + 0.3 * ripple) / 1.3

    def _air(self, time: float) -> tuple[float, float]:
        """Temperature and dew point; both follow the mass of air, one of them the sun."""
        smooth, front = self._noise.smooth, self._front(time)
        season = -8 * cos(2 * pi * (time / YEAR - 20 / 365))
        mass = 13 + season + 4 * smooth("mass", time, 4 * DAY) - 2 * front
        sun = (3.75 - 1.25 * front) * _cycle(time, 14 * HOUR, DAY)
        temperature = mass + sun + 0.3 * smooth("eddies", time, HOUR / 6)
        dew_point = mass - 6.5 + 4.5 * front + smooth("moisture", time, 6 * HOUR)
        return temperature, min(temperature, dew_point)

    def _pressure(self, time: float) -> float:
        slow = 3 * self._noise.smooth("pressure", time, 50 * HOUR)
        return 945 - 9 * self._front(time) + slow + 0.6 * _cycle(time, 10 * HOUR, DAY / 2)

    def _wind(self, time: float) -> float:
        smooth = self._noise.smooth
        day = 1.2 * _cycle(time, 15 * HOUR, DAY)
        mean = 3.5 + 3 * self._front(time) + day + 1.5 * smooth("breeze", time, 3 * HOUR)
        gusts = 0.25 * smooth("gusts", time, GUST) + 0.2 * smooth("waves", time, 20)
        return max(0.3, mean) * (1 + gusts)

    def _direction(self, time: float) -> float:
        smooth = self._noise.smooth
        mean = 220 + 140 * smooth("direction", time, 20 * HOUR) + 40 * self._front(time)
        return (mean + 12 * smooth("vane", time, 5) + 10 * smooth("veer", time, 90)) % 360

    def _rain_rate(self, time: float) -> float:
        hour = time // HOUR
        return self._shower(hour) * sin(pi * (time / HOUR - hour)) ** 2

    def _rain_today(self, time: float) -> float:
        hour = time // HOUR
        share = time / HOUR - hour
        today = range(int(time // DAY * 24), int(hour))
        # Rounding must not make it negative.
        fallen = max(0.0, share / 2 - sin(2 * pi * share) / (4 * pi))
        return sum(self._shower(past) for past in today) / 2 + self._shower(hour) * fallen

    def _shower(self, hour: float) -> float:
        """The greatest rate of rain in an hour: showers begin and end with the hours."""
        excess = self._front((hour + 0.5) * HOUR) - _SHOWER
        return max(0.0, excess) * 8 * (1 + self._noise.pick("shower", int(hour)))


def _cycle(time: float, top: float, period: float) -> float:
    """From -1 to 1 and back, with 1 at a certain time of each period."""
    return cos(2 * pi * (time - top) / period)


def _vapour(temperature: float) -> float:
    """How much water air of a temperature can hold (Magnus); only ratios matter."""
    return exp(17.62 * temperature / (243.12 + temperature))
