"""What certificates stands on."""

from services.certificates.adapters.indexes import INDEXES, OUTBOXES
from services.certificates.adapters.migrations import MIGRATIONS
from services.certificates.topology import TOPOLOGY
from shared.foundations import Foundations

FOUNDATIONS = Foundations(TOPOLOGY, INDEXES, OUTBOXES, MIGRATIONS)
