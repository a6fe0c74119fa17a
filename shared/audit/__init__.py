"""The audit log of a service: who did or looked at what, append-only, each record bound to the one before it."""

from shared.audit.chain import Fault, Head, Line, Verdict, verify
from shared.audit.log import INDEXES, AuditLog

__all__ = ["INDEXES", "AuditLog", "Fault", "Head", "Line", "Verdict", "verify"]
