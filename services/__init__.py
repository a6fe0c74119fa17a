"""The three services of Laurel. They never import one another; they speak in events."""
