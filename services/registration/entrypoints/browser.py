"""Browser sessions: the cookies of a signed-in person."""

from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.accounts import SESSION_SECONDS, Accounts
from services.registration.application.identity import Account
from shared.identity.authenticator import TOKEN_COOKIE, cookie_name

SESSION_COOKIE = "laurel_session"
SESSION_PATH = "/registration"


def own_path(address: str) -> str:
    """The address if it stays on this site, else the first page."""
    parts = urlsplit(address)
    safe = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if safe else "/"


class Browser:
    """Opens, renews and ends sessions. The session's secret is sent to registration alone, its tokens to every service."""

    def __init__(self, accounts: Accounts, *, secure: bool) -> None:
        self._accounts, self._secure = accounts, secure

    def _set(self, response: Response, name: str, value: str, path: str) -> None:
        response.set_cookie(
            cookie_name(name, secure=self._secure, path=path),
            value,
            max_age=SESSION_SECONDS,
            path=path,
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )

    def _session(self, request: Request) -> str:
        return request.cookies.get(cookie_name(SESSION_COOKIE, secure=self._secure, path=SESSION_PATH), "")

    async def open(self, account: Account, to: str) -> Response:
        """The way on, with the cookies of a new session."""
        return await self.opened(account, RedirectResponse(own_path(to), status_code=303))

    async def opened(self, account: Account, response: Response) -> Response:
        """The same response, with the cookies of a new session."""
        secret = await self._accounts.open_session(account)
        self._set(response, SESSION_COOKIE, secret, SESSION_PATH)
        self._set(response, TOKEN_COOKIE, await self._accounts.token_of(secret) or "", "/")
        return response

    async def renew(self, request: Request, to: str) -> Response | None:
        """The way on with a fresh token, or None when no session holds."""
        token = await self._accounts.token_of(self._session(request))
        if token is None:
            return None
        response = RedirectResponse(own_path(to), status_code=303)
        self._set(response, TOKEN_COOKIE, token, "/")
        return response

    async def refresh(self, request: Request, response: Response) -> Response:
        """The same response; where a browser's session asks, with a token of the roles that are held from now on."""
        token = await self._accounts.token_of(self._session(request))
        if token:
            self._set(response, TOKEN_COOKIE, token, "/")
        return response

    def close(self, response: Response) -> Response:
        """The same response without the cookies."""
        for name, path in ((SESSION_COOKIE, SESSION_PATH), (TOKEN_COOKIE, "/")):
            known = cookie_name(name, secure=self._secure, path=path)
            response.delete_cookie(known, path=path, secure=self._secure, httponly=True, samesite="lax")
        return response
