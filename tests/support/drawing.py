"""Processes that draw for tests. Each keeps its fonts in memory, so they end with the module that started them."""

from services.certificates.adapters.engines import Engines
from services.certificates.adapters.typst_worker import TypstWorker

_started: list[TypstWorker] = []


class NotedEngines(Engines):
    """Engines of a test, whose processes are noted."""

    def drawing(self, engine: str) -> TypstWorker:
        worker = super().drawing(engine)
        _started.append(worker)
        return worker


async def end_drawing() -> None:
    """End what runs, in the event loop that started it; whoever draws again starts anew."""
    for worker in _started:
        await worker.end()
