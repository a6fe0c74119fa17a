"""What judging stands on."""

from services.judging.adapters.indexes import INDEXES, OUTBOXES
from services.judging.adapters.migrations import MIGRATIONS
from services.judging.topology import TOPOLOGY
from shared.foundations import Foundations

FOUNDATIONS = Foundations(TOPOLOGY, INDEXES, OUTBOXES, MIGRATIONS)
