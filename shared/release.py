"""Which release this code is: the one place that says it, also for the package."""

RELEASE = "0.2.0"
