"""Samples of a soak as one small SVG, for light pages and dark ones."""

from pathlib import Path

CURVES = {
  "anonymous": "anonymous memory, MiB", "pss": "PSS, MiB", "rss": "resident, MiB", "descriptors": "descriptors",
  "threads": "threads", "children": "children", "zombies": "zombies", "disk": "disk, MiB", "history": "history, MiB",
}
COLUMNS, WIDTH, HEIGHT, LEFT, TOP, ACROSS, DOWN = 2, 330, 80, 46, 46, 390, 124
POINTS = 150
STYLE = """text { font: 11px sans-serif; fill: #555 } .title { font-weight: bold } path { fill: none; stroke-linejoin: round }
.curve { stroke: #2563eb; stroke-width: 1.2 } .frame { stroke: #999; stroke-width: 0.5 }
.trouble { stroke: #dc2626; stroke-opacity: 0.5; stroke-width: 0.5 }
@media (prefers-color-scheme: dark) { text { fill: #bbb } .curve { stroke: #7dabff } .trouble { stroke: #ff7b72 } }"""


def write(path: Path, title: str, samples: list[dict[str, float]], deaths: list[float]) -> None:
  """`deaths`: seconds from the beginning at which the app died."""
  rows = -(-len(CURVES) // COLUMNS)
  parts = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * ACROSS} {TOP + rows * DOWN - 14}">',
    f"<style>{STYLE}</style>", f'<text class="title" x="{LEFT}" y="18">{title}</text>',
  ]
  for index, (name, label) in enumerate(CURVES.items()):
    x, y = LEFT + index % COLUMNS * ACROSS, TOP + index // COLUMNS * DOWN
    parts.append(f'<g transform="translate({x} {y})">{panel(label, name, samples, deaths)}</g>')
  path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def panel(label: str, name: str, samples: list[dict[str, float]], deaths: list[float]) -> str:
  end = samples[-1]["at"]
  # What was never more than zero has an axis all the same.
  top = nice(max(sample[name] for sample in samples) or 1)
  # The highest of each piece: what is plotted is never below what was seen.
  piece = max(1, -(-len(samples) // POINTS))
  chunks = [samples[first:first + piece] for first in range(0, len(samples), piece)]
  points = [
    f"{chunk[0]['at'] / end * WIDTH:.0f} {HEIGHT - max(sample[name] for sample in chunk) / top * HEIGHT:.1f}"
    for chunk in chunks
  ]
  ticks = "".join(f"M{death / end * WIDTH:.0f} {HEIGHT}v-5" for death in deaths)
  return "".join([
    f'<text x="0" y="-6">{label}</text>',
    f'<text x="-4" y="8" text-anchor="end">{top:g}</text><text x="-4" y="{HEIGHT}" text-anchor="end">0</text>',
    f'<text x="{WIDTH}" y="{HEIGHT + 14}" text-anchor="end">{end / 60:.3g} min</text>',
    f'<path class="frame" d="M0 0V{HEIGHT}H{WIDTH}"/><path class="trouble" d="{ticks}"/>',
    f'<path class="curve" d="M{"L".join(points)}"/>',
  ])


def nice(value: float) -> float:
  """The end of an axis."""
  step = 1.0
  while step * 10 <= value:
    step *= 10
  while step > value:
    step /= 10
  return next((step * factor for factor in (1, 1.5, 2, 3, 4, 5, 6, 8) if step * factor >= value), step * 10)
