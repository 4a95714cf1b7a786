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
    last = {name: ms for _, each in sorted(times.items()) for name, ms in each.items()}
    for place, name in enumerate(sorted(last, key=lambda name: -last[name])):
        mine = name.startswith("ours")
        color = (
            f"hsl({190 + 4 * place} 80% 35%)" if mine else f"hsl({9 * place} 75% 45%)"
        )
        points = [
            (_x(size), _y(each[name])) for size, each in times.items() if name in each
        ]
        line = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        style = (
            f'fill="none" stroke="{color}" stroke-width="{3 if name == "ours" else 1}"'
        )
        style += "" if mine else ' stroke-dasharray="4 3"'
        parts.append(f'<polyline points="{line}" {style}/>')
        parts += [
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{color}"/>'
            for x, y in points
        ]
        height = 40 + 20 * place
        parts.append(f'<path d="M430 {height - 4}h24" {style}/>')
        parts.append(_text(462, height, name, "start", color))
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, text: str, anchor: str, color: str = "#333") -> str:
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{color}">{text}</text>'
