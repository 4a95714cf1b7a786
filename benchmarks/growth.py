"""A plot of how times grow with the number of requests, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10

_FONT = 'font-family="sans-serif" font-size="10"'


def _x(requests: int) -> float:
    return 60 + 165 * (log10(requests) - 6)


def _y(ms: float) -> float:
    return 380 - 66 * (log10(max(ms, 0.1)) + 1)


def drawn(times: Mapping[int, Mapping[str, float]]) -> str:
    """The plot as SVG.

    Args:
        times: Requests -> who -> milliseconds.
    """
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 420" {_FONT}>']
    for power in range(-1, 5):
        level = _y(10**power)
        parts.append(f'<path d="M60 {level:.0f}H400" stroke="#ddd"/>')
        parts.append(_text(54, level + 4, f"{10**power:,g} ms", "end"))
    parts += [_text(_x(each), 400, f"{each / 1e6:g}M", "middle") for each in times]
    names = list(dict.fromkeys(name for each in times.values() for name in each))
    for place, name in enumerate(names):
        color = f"hsl({place * 360 // len(names)} 70% 40%)"
        points = [
            (_x(size), _y(each[name])) for size, each in times.items() if name in each
        ]
        line = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}"/>')
        parts += [
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{color}"/>'
            for x, y in points
        ]
        parts.append(_text(430, 40 + 20 * place, name, "start", color))
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, text: str, anchor: str, color: str = "#333") -> str:
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{color}">{text}</text>'
