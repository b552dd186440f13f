"""More charts as inline SVG: cohort heat map, flow between states, trend with target and alarms.

Shade never stands alone: every cell, band and mark carries its number or its word.
"""

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from connector.reports.svg import BLUES, FAINT, INK, RULE, text
from connector.reports.svg import svg as whole

WIDTH = 720


def heat(
    columns: Sequence[str], rows: Sequence[tuple[str, int, Sequence[float | None]]], title: str
) -> str:
    """Cohorts down, steps across: each cell a share, darker where it is higher.

    A row is (cohort, its size, shares); None leaves a cell empty.
    """
    left, row = 150, 30
    size = (WIDTH - left) / max(1, len(columns))
    heads = [
        wrap(name, max(10, int(size / 9)), break_long_words=False) for name in columns
    ]  # 9: a letter on a phone
    head = 16 * max(map(len, heads), default=1) + 12
    parts = [
        text(left + size * (i + 0.5), head - 12 - 16 * line, part, size=12, anchor="middle")
        for i, lines in enumerate(heads)
        for line, part in enumerate(lines[::-1])
    ]
    for index, (cohort, count, shares) in enumerate(rows):
        y = head + index * row
        parts.append(text(0, y + 20, cohort, bold=True))
        parts.append(text(left - 12, y + 20, f"{count:,}", anchor="end", fill=FAINT))
        for place, share in enumerate(shares):
            if share is None:
                continue
            x = left + place * size
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{y + 1}" width="{size - 2:.1f}" height="{row - 2}" '
                f'rx="3" fill="{BLUES[1]}" fill-opacity="{0.06 + 0.9 * min(1.0, share):.2f}"/>'
            )
            fill = "#ffffff" if share > 0.55 else INK
            middle = x + size / 2
            parts.append(
                text(middle, y + 20, f"{share * 100:.0f} %", anchor="middle", fill=fill, bold=True)
            )
    return whole(WIDTH, head + max(1, len(rows)) * row + 6, parts, title, "heat")


def flow(
    name: str, total: int, branches: Sequence[tuple[str, int]], title: str, unit: str = ""
) -> str:
    """Where a number of leads went: one trunk on the left, a band for each branch."""
    shown = [(label, count) for label, count in branches if count]
    gap, trunk, left, right = 14, 26, 130, 400
    room = 220
    height = max(60, int(room + gap * max(0, len(shown) - 1)) + 20)
    top = (height - room) / 2
    parts = [
        text(0, height / 2 - 4, name, size=14, bold=True),
        text(0, height / 2 + 16, f"{total:,} {unit}".rstrip(), size=14),
        f'<rect x="{left}" y="{top:.1f}" width="{trunk}" height="{room}" rx="3" '
        f'fill="{BLUES[0]}"/>',
    ]
    start, y = top, 16.0
    for index, (label, count) in enumerate(shown):
        size = max(2.0, room * count / max(1, total))
        fill = BLUES[min(index + 1, len(BLUES) - 1)]
        x, bend = left + trunk, (left + trunk + right) / 2
        parts.append(
            f'<path d="M{x} {start:.1f} C{bend} {start:.1f} {bend} {y:.1f} {right} {y:.1f} '
            f"V{y + size:.1f} C{bend} {y + size:.1f} {bend} {start + size:.1f} {x} "
            f'{start + size:.1f} Z" fill="{fill}" fill-opacity="0.75" stroke="#ffffff">'
            f"<title>{escape(label)}: {count}</title></path>"
        )
        share = f"{count / total * 100:.0f} %" if total else "–"
        middle = y + size / 2
        parts.append(text(right + 12, middle - 3, label, bold=size > 30))
        parts.append(text(right + 12, middle + 15, f"{count:,} · {share}", bold=size > 30))
        start += size
        y += max(size, 30) + gap
    return whole(WIDTH, max(height, int(y) + 10), parts, title)


def trend(
    points: Sequence[tuple[str, float]],
    title: str,
    *,
    target: float | None = None,
    target_word: str = "",
    marks: Sequence[tuple[int, str]] = (),
    running: bool = False,
) -> str:
    """A line of figures by period, the target as a dashed line, alarms as marked moments.

    `marks` are (index of the point, word). `running` draws the last point hollow: its period is
    not over.
    """
    left, top, height, bottom = 68, 26, 190, 34
    most = max([value for _, value in points] + [target or 0.0, 1e-9]) * 1.12
    room = WIDTH - left - 20
    step = room / max(1, len(points) - 1)

    def at(index: int, value: float) -> tuple[float, float]:
        return left + index * step, top + height * (1 - value / most)

    parts = _ruled(most, top, height, left)
    if target is not None:
        _, y = at(0, target)
        parts.append(
            f'<line x1="{left}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="{INK}" '
            'stroke-dasharray="6 4"/>'
        )
        word = f"{target_word} {target:,.0f}".strip()
        parts.append(text(WIDTH - 20, y - 6, word, size=12, anchor="end"))
    for index, word in marks:
        x, _ = at(index, 0)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + height}" stroke="{INK}" '
            'stroke-dasharray="2 3"/>'
        )
        parts.append(text(x, top - 8, f"▲ {word}", size=12, anchor="middle", bold=True))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(i, v) for i, (_, v) in enumerate(points)))
    parts.append(f'<polyline points="{line}" fill="none" stroke="{BLUES[0]}" stroke-width="2.5"/>')
    every = max(1, len(points) // 8)
    for index, (label, value) in enumerate(points):
        x, y = at(index, value)
        last = index == len(points) - 1
        fill = "#ffffff" if running and last else BLUES[0]
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{BLUES[0]}" '
            f'stroke-width="2"><title>{escape(label)}: {value:,.0f}</title></circle>'
        )
        if index % every == 0 or last:
            anchor = "end" if last and len(points) > 1 else "middle"
            parts.append(text(x, top + height + 24, label, size=11, anchor=anchor, fill=FAINT))
        if len(points) <= 14:
            parts.append(text(x, y - 10, f"{value:,.0f}", size=12, anchor="middle", bold=True))
    return whole(WIDTH, top + height + bottom, parts, title)


def _ruled(most: float, top: int, height: int, left: int) -> list[str]:
    """Three thin lines with their figures: nothing, half and all."""
    parts = []
    for share in (0.0, 0.5, 1.0):
        value = most / 1.12 * share
        y = top + height * (1 - value / most)
        parts.append(
            f'<line x1="{left}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="{RULE}"/>'
        )
        parts.append(text(left - 8, y + 4, f"{value:,.0f}", size=12, anchor="end", fill=FAINT))
    return parts
