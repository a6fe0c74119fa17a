"""Handing works out as organizers do: first what would change, then exactly that."""

from typing import Any

from laurel.client import Client


def hand_out(organizer: Client, season: str, **wishes: Any) -> dict[str, Any]:
    """Preview and apply; what was handed out."""
    base = f"/judging/v1/seasons/{season}/panels"
    preview = organizer.call("POST", f"{base}/preview", json=wishes).json()
    handed: dict[str, Any] = organizer.call("POST", base, json={**wishes, "preview": preview["preview"]}).json()
    return handed
