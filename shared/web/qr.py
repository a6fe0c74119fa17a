"""QR codes as SVG (ISO/IEC 18004, error correction level M)."""

import re

from zxingcpp import BarcodeFormat, create_barcode, write_barcode_to_svg


def qr_svg(text: str) -> str:
    """The text as a QR code with its quiet zone: an SVG element that takes the size of its place."""
    symbol = create_barcode(text, BarcodeFormat.QRCode, ec_level="M")
    drawn = str(write_barcode_to_svg(symbol, add_quiet_zones=True))
    element = drawn[drawn.index("<svg") :]
    element = re.sub(r"\s*<desc>.*?</desc>", "", element)
    return re.sub(r'width="(\d+)" height="(\d+)"', r'viewBox="0 0 \1 \2"', element, count=1)
