"""Charts as inline SVG, drawn by hand: readable without colour, on paper and on a phone."""

from collections.abc import Sequence
from html import escape

INK = "#1c2733"
FAINT = "#7a8794"
RULE = "#d8dee4"
BLUES = ("#0b4f6c", "#146a8c", "#2a86a8", "#57a3bf", "#8cc2d5", "#b9dbe7")


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 13,
    anchor: str = "start",
    fill: str = INK,
    bold: bool = False,
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{fill}"{weight}>{escape(words)}</text>'
    )


def svg(width: int, height: int, parts: Sequence[str], title: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return (
        f'<svg{named} xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(title, quote=True)}" font-family="inherit">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def funnel(steps: Sequence[tuple[str, int]], rates: Sequence[str], title: str) -> str:
    """A funnel: one bar a step, as wide as its count, with the rate between the bars.

    `rates` has one text fewer than `steps`. A bar never gets narrower than a hair, so that one
    lead among thousands is still seen.
    """
    width, row, gap, left = 720, 40, 30, 190
    room = width - left - 90
    most = max((count for _, count in steps), default=0) or 1
    parts: list[str] = []
    for index, (label, count) in enumerate(steps):
        y = index * (row + gap) + 4
        size = max(2.0, room * count / most) if count else 0.0
        x = left + (room - size) / 2
        shade = BLUES[min(index, len(BLUES) - 1)]
        parts.append(text(0, y + row / 2 + 5, label, size=14, bold=True))
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{size:.1f}" height="{row}" rx="3" fill="{shade}">'
            f"<title>{escape(label)}: {count}</title></rect>"
        )
        parts.append(text(width, y + row / 2 + 5, f"{count:,}", size=15, anchor="end", bold=True))
        if index < len(rates):
            middle = left + room / 2
            parts.append(
                text(
                    middle,
                    y + row + gap / 2 + 5,
                    f"↓ {rates[index]}",
                    size=12,
                    anchor="middle",
                    fill=FAINT,
                )
            )
    return svg(width, len(steps) * (row + gap) - gap + 10, parts, title)


def bars(rows: Sequence[tuple[str, int, str]], title: str) -> str:
    """Horizontal bars: label, count, and words behind the count (a share, say)."""
    width, row, gap, left = 720, 22, 10, 230
    room = width - left - 130
    most = max((count for _, count, _ in rows), default=0) or 1
    parts: list[str] = []
    for index, (label, count, words) in enumerate(rows):
        y = index * (row + gap)
        size = max(1.0, room * count / most) if count else 0.0
        parts.append(text(left - 10, y + row / 2 + 5, _short(label, 32), anchor="end"))
        parts.append(
            f'<rect x="{left}" y="{y}" width="{size:.1f}" height="{row}" rx="2" fill="{BLUES[1]}">'
            f"<title>{escape(label)}: {count}</title></rect>"
        )
        said = f"{count:,} · {words}" if words else f"{count:,}"
        parts.append(text(left + size + 8, y + row / 2 + 5, said, fill=INK))
    return svg(width, max(1, len(rows)) * (row + gap), parts, title)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
