"""Filing an objection, whatever the way: counted, so that nobody floods the committee, and answered by a receipt."""

from collections.abc import Mapping, Sequence

from fastapi import Request

from services.judging.application.evidence import Attachment
from services.judging.application.objecting import Filed, Filer, file, receipt_of
from services.judging.application.ports import JudgedSeason
from services.judging.entrypoints.context import Context
from shared.errors import LaurelError
from shared.http.client_address import address_of
from shared.mongo.counters import MongoCounters
from shared.throttle import Throttle

MOST_AN_HOUR = 10


async def file_objection(
    context: Context,
    request: Request,
    season: JudgedSeason,
    values: Mapping[str, str],
    filer: Filer,
    evidence: Sequence[Attachment],
) -> Filed:
    """File it; what is refused is not counted.

    Raises:
        TooMany: this address has filed its objections for now.
    """
    throttle = Throttle(MongoCounters(context.database), "objection", MOST_AN_HOUR, 3600)
    address = address_of(request)
    await throttle.spend(address)  # counted though it is right, so that nobody floods the committee
    try:
        return await file(season, "objection", values, filer, context.store, context.objections, evidence)
    except LaurelError:
        await throttle.give_back(address)
        raise


async def receipt_address(context: Context, filed: Filed) -> str:
    """Where whoever filed it reads the answer."""
    receipt = await receipt_of(filed, context.objections)
    return f"/judging/seasons/{filed.season}/objections/{filed.id}/receipt/{receipt}"
