"""What registration stands on."""

from services.registration.adapters.indexes import INDEXES, OUTBOXES
from services.registration.adapters.migrations import MIGRATIONS
from services.registration.topology import TOPOLOGY
from shared.foundations import Foundations

FOUNDATIONS = Foundations(TOPOLOGY, INDEXES, OUTBOXES, MIGRATIONS)
