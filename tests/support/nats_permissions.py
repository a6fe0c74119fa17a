"""What one service may do in NATS, and nothing beyond: `deploy/nats.conf` grants just this."""

from shared.messaging.topology import LAST_VALUE_STREAM, ServiceTopology


def may_publish(topology: ServiceTopology) -> set[str]:
    """Its own subjects, its own consumers, and what the drift check reads."""
    told = {event.STREAM for event in topology.publishes}
    streams = {topology.stream, *told, *(event.STREAM for event in topology.consumes.values())}
    allowed = {f"{topology.stream.lower()}.>", "$JS.API.INFO", *(f"$JS.API.STREAM.INFO.{stream}" for stream in streams)}
    if LAST_VALUE_STREAM in told:
        name = LAST_VALUE_STREAM
        allowed |= {f"{name.lower()}.>", f"$JS.API.STREAM.MSG.GET.{name}", f"$JS.API.STREAM.MSG.DELETE.{name}"}
    for durable, event in topology.consumes.items():
        allowed |= {
            f"$JS.API.CONSUMER.INFO.{event.STREAM}.{durable}",
            f"$JS.API.CONSUMER.MSG.NEXT.{event.STREAM}.{durable}",
            f"$JS.ACK.{event.STREAM}.{durable}.>",
        }
    return allowed


def may_subscribe(topology: ServiceTopology) -> set[str]:
    """Its own answers alone."""
    return {f"_INBOX_{topology.service}.>"}
