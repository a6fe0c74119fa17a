"""Messages about an account itself: told on the page of one's messages, and by mail to the address it had."""

from services.registration.application.identity import Account
from services.registration.domain.messages import Message
from services.registration.entrypoints.context import Context


async def tell_changed(context: Context, account: Account, kind: str, *, mail: str = "") -> None:
    """Tell whoever the account belongs to that its password or address was changed; `mail` is the former address."""
    now = await context.store.clock.now()
    key = f"account/{account.id}/{account.credentials}"
    values = {"title": account.login, "reason": "", "mail": mail}
    await context.notifications.messages.add([Message(key, account.id, kind, "", "", now, values)])
