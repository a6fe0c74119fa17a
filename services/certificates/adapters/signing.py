"""Signatures in documents: PAdES B-B (ETSI EN 319 142-1), written into the file in the same pass as its field."""

import asyncio
import hashlib
import io

import pikepdf
from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.algos import SignedDigestAlgorithm
from cryptography.hazmat.primitives import serialization
from pikepdf import Array, Dictionary, Name, Object, Pdf, String
from pyhanko.sign.signers import Signer
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.certificates.adapters.keys import DocumentKeys
from shared.errors import Unavailable
from shared.http.outgoing import Outgoing, Undelivered
from shared.season.time import from_unix_micros

RESERVED = 6144
"""Bytes of a document that its signature may take, chain and time stamp included."""
PROBE = b"\xa5" * 32
BYTE_RANGE = b"/ByteRange [ 0 9999999999 9999999999 9999999999 ]"
"""What stands for the signed stretches of a file before they are known."""
FIELD = "OrganizerSignature"
INVISIBLE_PRINTED_LOCKED = 132
SIGNATURES_ONLY_APPEND = 3
REPLY = "application/timestamp-reply"
LONGEST_REPLY = 16 * 1024


class _KeySigner(Signer):
    """Signs with the installation's key for documents."""

    def __init__(self, keys: DocumentKeys) -> None:
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register_multiple(_asn1(certificate) for certificate in keys.chain)
        super().__init__(
            signing_cert=_asn1(keys.certificate),
            cert_registry=registry,
            signature_mechanism=SignedDigestAlgorithm({"algorithm": keys.key.mechanism}),
        )
        self.raw, self.remote = keys.key.sign, keys.key.remote
        self._one_at_a_time = asyncio.Lock()

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: ARG002
        if not self.remote:
            return self.raw(data)
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.raw, data)


def _asn1(certificate: object) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))  # type: ignore[attr-defined]


class _Seal:
    """The signature over a digest, from one that was built with all its parts: only digest and signature differ.

    Building the structure anew costs twenty times as much as signing.
    """

    def __init__(self, signer: _KeySigner, template: cms.ContentInfo) -> None:
        self._signer, self._template = signer, template
        self._attributes: bytes = template["content"]["signer_infos"][0]["signed_attrs"].untag().dump(force=True)
        self._place = self._attributes.index(PROBE)
        self._wholes: dict[int, tuple[bytes, int, int]] = {}

    def over(self, digest: bytes) -> bytes:
        """The CMS structure that signs this SHA-256 digest."""
        signed = self._attributes[: self._place] + digest + self._attributes[self._place + len(PROBE) :]
        signature = self._signer.raw(signed)
        whole, of_digest, of_signature = self._whole(len(signature))
        made = bytearray(whole)
        made[of_digest : of_digest + len(digest)] = digest
        made[of_signature : of_signature + len(signature)] = signature
        return bytes(made)

    def _whole(self, length: int) -> tuple[bytes, int, int]:
        if length not in self._wholes:
            mark = b"\x5a" * length
            copy = self._template.copy()
            copy["content"]["signer_infos"][0]["signature"] = mark
            whole: bytes = copy.dump(force=True)
            self._wholes[length] = whole, whole.index(PROBE), whole.index(mark)
        return self._wholes[length]


class _Stamper(TimeStamper):
    """The time-stamping service that the operator named (RFC 3161 over HTTP), wherever it stands."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._url, self._outgoing = url, Outgoing(inside=True)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = {"content-type": "application/timestamp-query", "accept": REPLY}
        try:
            answer = await self._outgoing.post(self._url, req.dump(), headers, most=LONGEST_REPLY)
        except Undelivered as error:
            raise TimestampRequestError(error.reason) from error
        if answer.status != 200 or answer.media_type.partition(";")[0].strip().lower() != REPLY:
            raise TimestampRequestError("no time stamp")
        try:
            stamp = tsp.TimeStampResp.load(answer.content, strict=True)
            stamp.native  # noqa: B018 - reads all of it, where what is wrong with it is expected
        except (ValueError, TypeError, KeyError) as error:
            raise TimestampRequestError("no time stamp") from error
        return stamp


class DocumentSigner:
    """Signs whole documents.

    Without a time-stamping service and with a key that is no P-256 key of a device, the same document and time give the
    same bytes.
    """

    def __init__(self, keys: DocumentKeys, timestamp_url: str = "") -> None:
        self._signer = _KeySigner(keys)
        self._stamper = _Stamper(timestamp_url) if timestamp_url else None
        self._seal: _Seal | None = None

    async def signed(self, document: bytes, at: int, label: str) -> bytes:
        """The document with an invisible signature over all of it; tags and PDF/A stay.

        Args:
            document: a tagged PDF of one page.
            at: the time that the signature states, in microseconds.
            label: what a screen reader says of the signature field.
        """
        return await self.sealed(bytearray(await asyncio.to_thread(_with_field, document, at, label)))

    async def sealed(self, prepared: bytearray) -> bytes:
        """A document whose signature field has room for it, with the signature over everything else.

        Raises:
            Unavailable: the time-stamping service does not answer, or not rightly.
        """
        contents = prepared.rindex(b"/Contents <" + b"00" * 64) + len(b"/Contents ")
        end = contents + 2 * RESERVED + 2
        span = b"[ 0 %010d %010d %010d ]" % (contents, end, len(prepared) - end)
        place = prepared.rindex(BYTE_RANGE)
        prepared[place : place + len(BYTE_RANGE)] = (b"/ByteRange " + span).ljust(len(BYTE_RANGE))
        view = memoryview(prepared)
        digest = hashlib.sha256(view[:contents])
        digest.update(view[end:])
        view.release()
        signature = (await self._over(digest.digest())).hex().encode()
        if len(signature) > 2 * RESERVED:
            raise ValueError(f"the signature takes {len(signature) // 2} bytes of {RESERVED}")
        prepared[contents + 1 : contents + 1 + len(signature)] = signature
        return bytes(prepared)

    async def _over(self, digest: bytes) -> bytes:
        if self._stamper or self._signer.remote:  # either takes longer than building the structure anew
            try:
                signed = await self._signer.async_sign(digest, "sha256", use_pades=True, timestamper=self._stamper)
            except TimestampRequestError as error:
                raise Unavailable("time-stamp-away") from error
            return bytes(signed.dump())
        if self._seal is None:
            self._seal = _Seal(self._signer, await self._signer.async_sign(PROBE, "sha256", use_pades=True))
        return self._seal.over(digest)


def _with_field(document: bytes, at: int, label: str) -> bytes:
    """The document with a signature field in its tag tree, and room for the signature."""
    with Pdf.open(io.BytesIO(document)) as pdf:
        page, root = pdf.pages[0], pdf.Root
        value = pdf.make_indirect(
            Dictionary(
                Type=Name.Sig,
                Filter=Name("/Adobe.PPKLite"),
                SubFilter=Name("/ETSI.CAdES.detached"),
                M=String(f"D:{from_unix_micros(at):%Y%m%d%H%M%S}Z"),
                ByteRange=Array([0, 9999999999, 9999999999, 9999999999]),
                Contents=String(bytes(RESERVED)),
            )
        )
        widget = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=String(FIELD),
                TU=String(label),
                Rect=Array([0, 0, 0, 0]),
                F=INVISIBLE_PRINTED_LOCKED,
                P=page.obj,
                V=value,
            )
        )
        _tag(pdf, page.obj, widget)
        annotations = page.obj.get("/Annots", Array())
        annotations.append(widget)
        page.obj.Annots = annotations
        root.AcroForm = Dictionary(Fields=Array([widget]), SigFlags=SIGNATURES_ONLY_APPEND)
        written = io.BytesIO()
        pdf.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return written.getvalue()


def _tag(pdf: Pdf, page: Object, widget: Object) -> None:
    """Put the field into the tag tree, as PDF/UA asks for every annotation."""
    tree = pdf.Root.StructTreeRoot
    key = int(tree.get("/ParentTreeNextKey", 0))
    children = tree.K if isinstance(tree.K, Array) else [tree.K]
    top = children[0]
    element = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.Form, P=top, Pg=page, K=Dictionary(Type=Name.OBJR, Obj=widget, Pg=page))
    )
    numbers = tree.ParentTree.Nums
    key = max(key, 1 + max((int(numbers[position]) for position in range(0, len(numbers), 2)), default=-1))
    numbers.append(key)
    numbers.append(element)
    if not isinstance(top.K, Array):
        top.K = Array([top.K])
    top.K.append(element)
    widget.StructParent = key
    tree.ParentTreeNextKey = key + 1
