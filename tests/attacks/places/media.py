"""Places in films and recordings."""

import io
import struct
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import av
import numpy as np

from tests.attacks.places.pictures import picture
from tests.attacks.places.place import MARK, Place

CODECS: Mapping[str, tuple[str, str]] = {
    "mp4": ("libx264", "aac"),
    "mov": ("libx264", "aac"),
    "webm": ("libvpx", "libopus"),
    "matroska": ("libvpx", "libopus"),
    "mp3": ("", "libmp3lame"),
    "wav": ("", "pcm_s16le"),
    "ogg": ("", "libopus"),
}


def opened(*given: Any, **more: Any) -> Any:
    """A container of PyAV, whose types know no difference between reading and writing."""
    return av.open(*given, **more)


def recorded(
    kind: str,
    audio: str = "",
    *,
    tags: Mapping[str, str] | None = None,
    stream_tags: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
    video_options: Mapping[str, str] | None = None,
    prepare: Callable[[Any], None] = lambda _: None,
) -> bytes:
    """Half a second of picture and sound, as far as the kind has them."""
    out, (video, sound) = io.BytesIO(), CODECS[kind]
    with opened(out, "w", format=kind, options=dict(options or {})) as container:
        container.metadata.update(tags or {})
        streams = []
        if video:
            stream = container.add_stream(video, rate=10, options=dict(video_options or {}))
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            streams.append(stream)
        layout = "stereo" if audio == "vorbis" else "mono"
        heard = container.add_stream(audio or sound, rate=48000, options={"strict": "experimental"})
        heard.layout = layout
        streams.append(heard)
        for stream in streams:
            stream.metadata.update(stream_tags or {})
        prepare(container)
        for number in range(5 if video else 0):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 40 * number, dtype=np.uint8), format="rgb24")
            for packet in streams[0].encode(frame):
                container.mux(packet)
        samples = np.sin(np.arange(24000) / 20).reshape(1, -1)
        resampler = av.AudioResampler(
            format=heard.format, layout=layout, rate=48000, frame_size=heard.frame_size or 1024
        )
        tone = av.AudioFrame.from_ndarray((samples * 9000).astype(np.int16), format="s16", layout="mono")
        tone.sample_rate = 48000
        for piece in (*resampler.resample(tone), *resampler.resample(None)):
            for packet in heard.encode(piece):
                container.mux(packet)
        for stream in streams:
            for packet in stream.encode(None):
                container.mux(packet)
    return out.getvalue()


plain = cache(recorded)
TAGS = {"title": MARK, "artist": MARK, "comment": MARK}


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def riff(kind: bytes, content: bytes) -> bytes:
    """A WAV with this chunk at its end."""
    content += b"\0" * (len(content) % 2)
    whole = plain("wav") + kind + struct.pack("<I", len(content)) + content
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def in_moov(box_: bytes) -> bytes:
    """A film whose index, at its end, has this box in addition."""
    whole = plain("mp4")
    at = whole.rindex(b"moov") - 4
    size = int.from_bytes(whole[at : at + 4], "big")
    return whole[:at] + struct.pack(">I", size + len(box_)) + whole[at + 4 : at + size] + box_ + whole[at + size :]


def sei() -> bytes:
    """Supplemental information of the encoder in the stream itself."""
    whole = plain("mp4")
    at = whole.index(b"x264 - core")
    return whole[:at] + MARK.encode() + whole[at + len(MARK) :]


def ape() -> bytes:
    item = struct.pack("<II", len(MARK), 0) + b"Artist\0" + MARK.encode()
    flags = struct.pack("<4I", 2000, len(item) + 32, 1, 0) + bytes(8)
    return plain("mp3") + item + b"APETAGEX" + flags


def id3v1() -> bytes:
    return plain("mp3") + b"TAG" + MARK.encode().ljust(125, b"\0")


def lyrics() -> bytes:
    text = b"LYRICSBEGINAUT" + f"{len(MARK):05d}{MARK}".encode()
    return plain("mp3") + text + f"{len(text):06d}LYRICS200".encode() + b"TAG" + bytes(125)


def attach(container: Any) -> None:
    container.add_attachment(f"{MARK}.txt", "text/plain", MARK.encode())


def cover() -> bytes:
    """An ID3 tag with a picture."""
    frame = b"\0image/jpeg\0\x03\0" + picture("JPEG", comment=MARK.encode())
    tag = b"APIC" + struct.pack(">I", len(frame)) + b"\0\0" + frame
    size = len(tag)
    return b"ID3\x03\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + tag + plain("mp3")


def matroska_void() -> bytes:
    """A padding element at the end of a film that holds something."""
    return plain("webm") + b"\xec" + bytes([0x80 | len(MARK)]) + MARK.encode()


def private_vorbis() -> bytes:
    """Vorbis headers with comments, inside a WebM."""
    source = io.BytesIO(recorded("ogg", "vorbis", tags=TAGS))
    out = io.BytesIO()
    with opened(source) as original, opened(out, "w", format="webm") as copy:
        stream = original.streams.audio[0]
        made = copy.add_stream_from_template(stream, opaque=True)
        private = stream.codec_context.extradata
        first, second = private[1], private[2]
        tables = private[3 + first + second :]
        told = b"\x03vorbis" + len(MARK).to_bytes(4, "little") + MARK.encode() + bytes(4) + b"\1"
        made.codec_context.extradata = bytes([2, first, len(told)]) + private[3 : 3 + first] + told + tables
        for packet in original.demux(stream):
            if packet.dts is not None:
                packet.stream = made
                copy.mux(packet)
    return out.getvalue()


def bext() -> bytes:
    return riff(b"bext", MARK.encode().ljust(602, b"\0"))


def film(extension: str, kind: str) -> tuple[Place, ...]:
    return (
        Place(extension, "tags", partial(recorded, kind, tags=TAGS)),
        Place(
            extension, "tags of a stream", partial(recorded, kind, stream_tags={"title": MARK, "handler_name": MARK})
        ),
    )


FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
MEDIA = (
    *film(".mp4", "mp4"),
    *film(".mov", "mov"),
    *film(".webm", "webm"),
    Place(
        ".mp4", "apple keys", lambda: recorded("mp4", tags={"maker": MARK}, options={"movflags": "use_metadata_tags"})
    ),
    Place(
        ".mp4",
        "fragments",
        lambda: recorded("mp4", tags=TAGS, options=FRAGMENTS) + box(b"moof", box(b"uuid", bytes(16) + MARK.encode())),
    ),
    Place(".mp4", "free box", lambda: plain("mp4") + box(b"free", MARK.encode())),
    Place(".mp4", "skip box", lambda: plain("mp4") + box(b"skip", MARK.encode())),
    Place(".mp4", "uuid box", lambda: plain("mp4") + box(b"uuid", bytes(16) + MARK.encode())),
    Place(".mp4", "meta box", lambda: plain("mp4") + box(b"meta", bytes(4) + box(b"xml ", bytes(4) + MARK.encode()))),
    Place(".mp4", "unknown box", lambda: plain("mp4") + box(b"zzzz", MARK.encode())),
    Place(".mp4", "user data in the index", lambda: in_moov(box(b"udta", box(b"\xa9aut", MARK.encode())))),
    Place(".mp4", "free box in the index", lambda: in_moov(box(b"free", MARK.encode()))),
    Place(".mp4", "stream of the encoder", sei),
    Place(".mp4", "after the end", lambda: plain("mp4") + MARK.encode()),
    Place(".webm", "attachment", lambda: recorded("matroska", prepare=attach)),
    Place(".webm", "void element", matroska_void),
    Place(".webm", "private data of vorbis", private_vorbis),
    Place(".mp3", "id3v2", lambda: recorded("mp3", tags=TAGS)),
    Place(".mp3", "id3v1", id3v1),
    Place(".mp3", "ape", ape),
    Place(".mp3", "lyrics3", lyrics),
    Place(".mp3", "cover", cover),
    Place(".wav", "list info", lambda: recorded("wav", tags=TAGS)),
    Place(".wav", "bext", bext),
    Place(".wav", "ixml", lambda: riff(b"iXML", f"<BWFXML><USER>{MARK}</USER></BWFXML>".encode())),
    Place(".wav", "id3 chunk", lambda: riff(b"id3 ", MARK.encode())),
    Place(
        ".wav", "cue labels", lambda: riff(b"LIST", b"adtllabl" + struct.pack("<II", 4 + len(MARK), 1) + MARK.encode())
    ),
    Place(".wav", "unknown chunk", lambda: riff(b"zzzz", MARK.encode())),
    Place(".wav", "after the end", lambda: plain("wav") + MARK.encode()),
    Place(".ogg", "vorbis comment", lambda: recorded("ogg", "vorbis", tags=TAGS)),
    Place(".ogg", "opus comment", lambda: recorded("ogg", "libopus", tags=TAGS)),
    Place(".ogg", "after the end", lambda: plain("ogg") + MARK.encode()),
)
