"""The use cases of registration: load, decide, save. What they need of the outside stands in `ports`."""
