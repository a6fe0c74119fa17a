"""How far a bulk download is."""

from shared.states import State


class DownloadState(State):
    """A download is worked on, ready to be fetched, or has failed."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
