"""The public keys that sign tokens, for programs outside (RFC 7517, RFC 8037)."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.registration.entrypoints.context import ContextOf


class KeyOut(BaseModel):
    """An Ed25519 public key."""

    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = "EdDSA"
    kid: str
    x: str = Field(description="base64url without padding.")


class KeysOut(BaseModel):
    """Every key whose tokens may still be valid."""

    keys: list[KeyOut]


router = APIRouter(prefix="/registration", tags=["accounts"])


@router.get("/.well-known/jwks.json", summary="Public keys")
async def jwks(context: ContextOf) -> KeysOut:
    async_io_motor_cursor = context.database["keys"].find({}, {"x": 1}).sort("_id", 1)
    return KeysOut(keys=[KeyOut(kid=document["_id"], x=document["x"]) async for document in async_io_motor_cursor])
