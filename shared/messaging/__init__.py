"""Events over NATS JetStream: the outbox and its relay, the one decorator of consumers, and what is provisioned.

Nothing outside this package publishes or subscribes.
"""
