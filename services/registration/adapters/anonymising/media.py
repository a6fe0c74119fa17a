"""Films and recordings: the pictures and sounds as they were encoded, in a container that is written anew."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from av.stream import Disposition

from services.registration.adapters.anonymising.refusal import NotAnonymised

CONTAINERS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        ".mp4": ("mp4", ("mov,mp4,m4a,3gp,3g2,mj2",)),
        ".m4v": ("mp4", ("mov,mp4,m4a,3gp,3g2,mj2",)),
        ".mov": ("mov", ("mov,mp4,m4a,3gp,3g2,mj2",)),
        ".webm": ("webm", ("matroska,webm",)),
        ".mp3": ("mp3", ("mp3",)),
        ".wav": ("wav", ("wav",)),
        ".ogg": ("ogg", ("ogg",)),
    }
)
"""How each is written, and as what it must have been read."""
CODECS = frozenset(
    "h264 hevc av1 vp8 vp9 prores aac alac mp3 mp3float opus libopus vorbis flac theora ac3 pcm_s16le pcm_s24le pcm_s32le "
    "pcm_u8 pcm_f32le pcm_s16be pcm_alaw pcm_mulaw libdav1d".split()
)
REMARKS: Mapping[str, str] = MappingProxyType(
    {
        "h264": "filter_units=remove_types=6",
        "hevc": "filter_units=remove_types=39|40",
        "av1": "filter_units=remove_types=5",
        "libdav1d": "filter_units=remove_types=5",
    }
)
"""What an encoder may write between the pictures: supplemental information, metadata."""
HEADERS = 3
"""Of a Vorbis or Theora stream: identification, comments, tables."""


def clean_media(source: Path, target: Path, extension: str) -> None:
    """Picture and sound without being encoded again; tags, chapters, covers, subtitles and attachments are left out.

    Raises:
        NotAnonymised: it cannot be read, or holds something that may tell of its maker in each of its frames.
    """
    format_, read_as = CONTAINERS[extension]
    try:
        with av.open(str(source), metadata_errors="ignore") as original:
            if original.format.name not in read_as:
                raise NotAnonymised("unreadable")
            _remux(original, target, format_)
    except (FFmpegError, ValueError) as error:
        if isinstance(error, NotAnonymised):
            raise
        raise NotAnonymised("unreadable") from error


def _remux(original: Any, target: Path, format_: str) -> None:
    more = {"movflags": "+faststart"} if format_ in ("mp4", "mov") else {}
    more |= {"write_xing": "1", "id3v2_version": "0"} if format_ == "mp3" else {}
    with av.open(str(target), "w", format=format_, options={"fflags": "+bitexact", **more}) as copy:
        streams, filters = {}, {}
        for stream in original.streams:
            if stream.type not in ("video", "audio") or stream.disposition & Disposition.attached_pic:
                continue
            codec = stream.codec_context.name
            if codec not in CODECS:
                raise NotAnonymised("part", codec)
            made = copy.add_stream_from_template(stream, opaque=True)
            if codec in ("vorbis", "theora") and stream.codec_context.extradata:
                made.codec_context.extradata = _without_comments(stream.codec_context.extradata)
            streams[stream.index] = made
            if codec in REMARKS:
                filters[stream.index] = BitStreamFilterContext(REMARKS[codec], stream, made)
        if not streams:
            raise NotAnonymised("unreadable")
        for packet in original.demux([original.streams[number] for number in streams]):
            number = packet.stream.index
            for kept in _filtered(packet, filters.get(number)):
                kept.stream = streams[number]
                copy.mux(kept)
        for number, filter_ in filters.items():
            for kept in filter_.filter(None):
                kept.stream = streams[number]
                copy.mux(kept)


def _filtered(packet: Any, filter_: BitStreamFilterContext | None) -> Iterator[Any]:
    if packet.dts is None and packet.size == 0:  # the demuxer says that a stream has ended
        return
    if packet.stream.codec_context.name.startswith("mp3") and not _is_frame(packet):
        return
    if filter_ is None:
        yield packet
    else:
        yield from filter_.filter(packet)


def _is_frame(packet: Any) -> bool:
    """Whether an MPEG audio packet begins like one; tags at the end of a file do not."""
    head = bytes(packet)[:2]
    return len(head) == 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0


def _without_comments(headers: bytes) -> bytes:
    """The three headers of a Vorbis or Theora stream, with an empty list of comments."""
    if not headers or headers[0] != HEADERS - 1:
        raise NotAnonymised("unreadable")
    at, sizes = 1, []
    for _ in range(HEADERS - 1):
        size = 0
        while at < len(headers) and headers[at] == 255:
            size, at = size + 255, at + 1
        if at >= len(headers):
            raise NotAnonymised("unreadable")
        sizes.append(size + headers[at])
        at += 1
    first = headers[at : at + sizes[0]]
    old = headers[at + sizes[0] : at + sum(sizes)]
    tables = headers[at + sum(sizes) :]
    comments = old[:7] + bytes(8) + (b"\x01" if old[1:7] == b"vorbis" else b"")
    laced = b"".join(b"\xff" * (len(part) // 255) + bytes([len(part) % 255]) for part in (first, comments))
    return bytes([HEADERS - 1]) + laced + first + comments + tables
