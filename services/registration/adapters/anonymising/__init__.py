"""Copies of works for judges: what a file says of its maker is taken out; its content stays as it was sent.

`cleaners.clean` takes a file and makes its copy, or says why there can be none; `names.places_of_names` looks at a copy
once more for the names that registration knows. Nothing here holds a film in memory, knows the time, or throws dice: the
same file gives the same copy.
"""
