"""The numbers of a design's slots, drawn onto its preview so that each slot of the form is seen in the picture."""

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw, ImageFont

from services.certificates.domain.designs import Layout, Placed

INK, PAPER = (23, 50, 93), (255, 255, 255)
RADIUS, DASH, GAP = 10, 4, 4
"""In pixels."""
DIGITS = 13


def mark_slots(picture: bytes, layout: Layout, numbers: Mapping[str, int]) -> bytes:
    """The preview with a dashed frame around each slot that has a number, and the number in a disc at its corner."""
    with Image.open(io.BytesIO(picture)) as opened:
        drawn = opened.convert("RGB")
    canvas, font = ImageDraw.Draw(drawn), ImageFont.load_default(DIGITS)
    scale = drawn.width / layout.sheet[0]
    marked = [(item, numbers[item.slot]) for item in layout.placed if item.slot in numbers]
    boxes = [(_box(item, scale, drawn.size), number) for item, number in marked]
    for box, _ in boxes:
        _frame(canvas, box)
    taken: list[tuple[float, float]] = []
    shown: set[int] = set()
    for (left, top, right, _), number in boxes:
        if number in shown:  # slots of one number are one part of the form
            continue
        shown.add(number)
        x = min(max(left, RADIUS), drawn.width - RADIUS)
        y = min(max(top, RADIUS), drawn.height - RADIUS)
        while any(abs(x - other) < 2 * RADIUS and abs(y - height) < 2 * RADIUS for other, height in taken):
            x = x + 2 * RADIUS if x + 2 * RADIUS < right else x
            y += 2 * RADIUS
        taken.append((x, y))
        canvas.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=INK, outline=PAPER)
        canvas.text((x, y), str(number), fill=PAPER, font=font, anchor="mm")
    marked_picture = io.BytesIO()
    drawn.save(marked_picture, "PNG")
    return marked_picture.getvalue()


Box = tuple[float, float, float, float]


def _box(item: Placed, scale: float, size: tuple[int, int]) -> Box:
    """Where the slot is in the picture: left, top, right, bottom, within it."""
    left, top = max(item.left * scale, 0), max(item.top * scale, 0)
    right, bottom = (item.left + item.width) * scale, (item.top + item.height) * scale
    return left, top, max(min(right, size[0] - 1), left), max(min(bottom, size[1] - 1), top)


def _frame(canvas: ImageDraw.ImageDraw, box: Box) -> None:
    left, top, right, bottom = box
    for y in (top, bottom):
        start = left
        while start < right:
            canvas.line((start, y, min(start + DASH, right), y), fill=INK)
            start += DASH + GAP
    for x in (left, right):
        start = top
        while start < bottom:
            canvas.line((x, start, x, min(start + DASH, bottom)), fill=INK)
            start += DASH + GAP
