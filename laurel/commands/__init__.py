"""The commands of `laurel`, a module for what belongs together."""
