"""What exists in NATS: one stream an owner, one durable consumer for each event a service takes in."""

from collections.abc import Mapping
from dataclasses import dataclass

from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from shared.events.base import IntegrationEvent

DUPLICATE_WINDOW = 7200.0
ACK_WAIT = 10.0
"""Seconds after which an event whose consumer died is delivered again. Handlers take well under one; a database that does
not answer is given up after five."""
MAX_ACK_PENDING = 1000
LAST_VALUE_STREAM = "PEOPLE"


@dataclass(frozen=True, slots=True)
class ServiceTopology:
    """What one service tells and takes in: the source of its consumers, its AsyncAPI page and its drift check."""

    service: str
    stream: str
    publishes: tuple[type[IntegrationEvent], ...]
    consumes: Mapping[str, type[IntegrationEvent]]
    """Durable name to event. Renaming a durable reads its stream again from the beginning."""


def stream_config(name: str, *, replicas: int = 1) -> StreamConfig:
    """A stream as it must be: by limits, on file, refusing rather than dropping when full.

    Nobody may delete or purge, except in the stream of names, which keeps one value a person and must be able to
    forget.
    """
    last_value = name == LAST_VALUE_STREAM
    return StreamConfig(
        name=name,
        subjects=[f"{name.lower()}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=0,
        max_msgs_per_subject=1 if last_value else -1,
        discard_new_per_subject=False,
        duplicate_window=DUPLICATE_WINDOW,
        num_replicas=replicas,
        deny_delete=not last_value,
        deny_purge=not last_value,
        allow_rollup_hdrs=False,
        allow_direct=False,
        allow_atomic=True,
    )


def consumer_config(durable: str, event: type[IntegrationEvent]) -> ConsumerConfig:
    """A durable pull consumer as it must be. Deliveries are counted by us, so the server never gives up."""
    subject = f"{event.SUBJECT}.*" if event.STREAM == LAST_VALUE_STREAM else event.SUBJECT
    return ConsumerConfig(
        durable_name=durable,
        filter_subject=subject,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        max_ack_pending=MAX_ACK_PENDING,
    )
