"""How a service stands: its servers, its events on the way, its disks. Read by health, metrics and the operator's page."""

import asyncio
from dataclasses import dataclass

from shared.audit import AuditLog, Head
from shared.messaging.broker import Connection
from shared.messaging.delivery import Delivery
from shared.messaging.provision import Drift, check_drift
from shared.messaging.relay import Relay
from shared.messaging.streams import StreamWatch
from shared.messaging.topology import ServiceTopology
from shared.mongo import Mongo
from shared.observability.metrics import Metrics

UNSENT_LIMIT_SECONDS = 60.0
DISK_LIMIT = 0.9
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind a consumer is."""

    consumer: str
    pending: int
    unacknowledged: int


@dataclass(frozen=True, slots=True)
class Status:
    """One reading. A part that did not answer has the name of its error instead of `ok`."""

    database: str
    broker: str
    drift: str
    oldest_unsent: float
    queued: int
    published: int
    dead_letters: int
    lags: tuple[Lag, ...]
    disks: tuple[tuple[str, float], ...]
    """Store and used share, 0 to 1."""
    audit: Head | None
    """The last record of the audit log, if the database answers."""
    losses: tuple[tuple[str, str], ...] = ()
    """Streams that lost something which is being told again, and how they differ from what is known of them."""

    @property
    def checks(self) -> dict[str, str]:
        """What readiness is decided by, and `streams`. Dead letters are shown and keep nobody from working."""
        full = [f"{store} {used:.0%}" for store, used in self.disks if used > DISK_LIMIT]
        return {
            "database": self.database,
            "broker": self.broker,
            "consumers": self.drift or "ok",
            "unsent_events": "ok"
            if self.oldest_unsent < UNSENT_LIMIT_SECONDS
            else f"oldest {self.oldest_unsent:.0f} s",
            "disk": ", ".join(full) or "ok",
            "streams": ", ".join(f"{stream} {how}" for stream, how in self.losses) or "ok",
        }

    @property
    def ready(self) -> bool:
        """Whether work can be done. While a stream is filled again it can, but for what needs everything."""
        return all(value == "ok" for part, value in self.checks.items() if part != "streams")

    @property
    def in_order(self) -> bool:
        return self.ready and not self.losses


class Reader:
    """Reads the status of one service."""

    def __init__(
        self,
        topology: ServiceTopology,
        mongo: Mongo,
        connection: Connection,
        relay: Relay,
        delivery: Delivery,
        audit: AuditLog,
        metrics: Metrics,
        streams: StreamWatch,
    ) -> None:
        self._topology, self._mongo, self._connection = topology, mongo, connection
        self._relay, self._delivery, self._audit, self._metrics = relay, delivery, audit, metrics
        self._streams = streams

    async def read(self) -> Status:
        """The status now; parts that do not answer within two seconds count as away."""
        stored, carried = await asyncio.gather(self._database(), self._broker())
        database, oldest, letters, disk, head = stored
        broker, drift, lags, stream_disk = carried
        status = Status(
            database=database,
            broker=broker,
            drift=drift,
            oldest_unsent=oldest,
            queued=self._relay.queued,
            published=self._relay.published,
            dead_letters=letters,
            lags=lags,
            disks=(*disk, *stream_disk),
            audit=head,
            losses=tuple(sorted(self._streams.losses.items())),
        )
        self._count(status)
        return status

    async def _database(self) -> tuple[str, float, int, tuple[tuple[str, float], ...], Head | None]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._mongo.ping()
                age = await self._relay.oldest_pending_seconds()
                letters = await self._delivery.count_dead_letters()
                used = await self._mongo.disk_used()
                head = await self._audit.head()
        except Exception as error:  # noqa: BLE001 - any failure means that it is away
            return type(error).__name__, 0.0, 0, (), None
        return "ok", age, letters, (("database", used),), head

    async def _broker(self) -> tuple[str, str, tuple[Lag, ...], tuple[tuple[str, float], ...]]:
        client = self._connection.broker.connection
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                infos = await check_drift(client, self._topology)
                account = await client.jetstream().account_info()
        except Drift as drift:
            return "ok", str(drift), (), ()
        except Exception as error:  # noqa: BLE001 - any failure means that it is away
            return type(error).__name__, "", (), ()
        lags = tuple(Lag(info.name, info.num_pending or 0, info.num_ack_pending or 0) for info in infos)
        most = account.limits.max_storage
        return "ok", "", lags, (("streams", account.storage / most),) if most > 0 else ()

    def _count(self, status: Status) -> None:
        metrics, service = self._metrics, self._topology.service
        metrics.up.labels(service, "database").set(status.database == "ok")
        metrics.up.labels(service, "broker").set(status.broker == "ok")
        metrics.up.labels(service, "consumers").set(not status.drift)
        metrics.oldest.labels(service).set(status.oldest_unsent)
        metrics.queued.labels(service).set(status.queued)
        metrics.published.labels(service).set(status.published)
        metrics.dead_letters.labels(service).set(status.dead_letters)
        if status.audit:
            metrics.audit.labels(service).set(status.audit.number)
        for lag in status.lags:
            metrics.pending.labels(service, lag.consumer).set(lag.pending)
            metrics.unacknowledged.labels(service, lag.consumer).set(lag.unacknowledged)
        for store, used in status.disks:
            metrics.disk.labels(service, store).set(used)
