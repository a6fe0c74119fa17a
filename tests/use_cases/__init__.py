"""The use cases on ports in memory: who may, when, what is refused with which code, which events follow."""
