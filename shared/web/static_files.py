"""Styles, scripts and pictures of pages: kept by browsers for a year under an address that names their content."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

FOREVER = "public, max-age=31536000, immutable"


class MarkedFiles(StaticFiles):
    """Files of one folder; pages ask for each with its mark, a hash of its content."""

    def __init__(self, marks: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._marks = marks

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or that it has not changed. Under any other mark, or none, it is asked for again each time."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        marked = scope["query_string"].decode("latin-1") == self._marks.get(Path(full_path).name)
        response.headers["Cache-Control"] = FOREVER if marked else "public, no-cache"
        return response
