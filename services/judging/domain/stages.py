"""How far a season is in judging, from the first ballot to the last revision of its results."""

from shared.states import State


class SeasonStage(State):
    """How far a season has come."""

    OPEN = "open"
    CLOSED = "closed"
    ANNOUNCING = "announcing"
    ANNOUNCED = "announced"
    FINALIZING = "finalizing"
    FINAL = "final"
    REVISING = "revising"


BEING_STATED = frozenset({SeasonStage.ANNOUNCING, SeasonStage.FINALIZING, SeasonStage.REVISING})
"""Results are being written down: nothing that they depend on may change, and whoever finds it carries it on."""
SETTLED = frozenset({SeasonStage.FINALIZING, SeasonStage.FINAL, SeasonStage.REVISING})
"""Somebody made the results final: what is decided from now on acts by a revision."""
PUBLIC = SETTLED | {SeasonStage.ANNOUNCED}
"""Results can be seen by those whom they concern."""
STATED_FINAL = frozenset({SeasonStage.FINAL, SeasonStage.REVISING})
"""There are final results to be seen."""
