"""A plain tus client, as other people's programs have one."""

import base64
from collections.abc import Iterator

import httpx

VERSION = {"Tus-Resumable": "1.0.0"}
CONTENT = {**VERSION, "Content-Type": "application/offset+octet-stream"}


class Tus:
    """One sender's uploads."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120)

    def announce(self, season: str, entry: str, name: str, size: int) -> httpx.Response:
        pairs = {"season": season, "entry": entry, "filename": name}
        told = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        headers = {**VERSION, "Upload-Length": str(size), "Upload-Metadata": told}
        return self.client.post("/registration/v1/uploads", headers=headers)

    def begin(self, season: str, entry: str, name: str, size: int) -> str:
        answer = self.announce(season, entry, name, size)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def offset(self, address: str) -> int:
        answer = self.client.head(address, headers=VERSION)
        assert answer.status_code == 200, answer.text
        return int(answer.headers["Upload-Offset"])

    def send(self, address: str, offset: int, content: bytes | Iterator[bytes]) -> httpx.Response:
        return self.client.patch(address, headers={**CONTENT, "Upload-Offset": str(offset)}, content=content)

    def receipt(self, address: str) -> httpx.Response:
        return self.client.get(address)

    def whole(self, season: str, entry: str, name: str, content: bytes) -> httpx.Response:
        """Send a file and answer with its receipt, or with the refusal."""
        answer = self.announce(season, entry, name, len(content))
        if answer.status_code != 201:
            return answer
        address = answer.headers["Location"]
        sent = self.send(address, 0, content)
        return self.receipt(address) if sent.status_code == 204 else sent
