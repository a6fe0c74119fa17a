"""Renders the pages of one service: its own templates on top of the shared base page."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from shared.season.text import LANGUAGES
from shared.web.forms import new_form_key
from shared.web.translation import Catalog, Translator, preferred_language
from shared.web.workspace import workspace

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "laurel_language"
YEAR = 365 * 24 * 3600


class Pages:
    """The templates and texts of one service."""

    def __init__(self, service: str, entrypoints: Path, public_url: str) -> None:
        self._service, self._secure = service, public_url.startswith("https://")
        self.catalog = Catalog([HERE / "locales", entrypoints / "locales"])
        loaders = [FileSystemLoader(entrypoints / "templates"), FileSystemLoader(HERE / "templates")]
        self._environment = Environment(
            loader=ChoiceLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            lstrip_blocks=True,  # and no trim_blocks: a line that the formatter breaks stays a space on the page
        )
        self.marks = {
            path.name: sha256(path.read_bytes()).hexdigest()[:12]
            for path in (HERE / "static").iterdir()
            if path.is_file()
        }
        self._environment.globals["new_form_key"] = new_form_key
        self._environment.globals["workspace_of"] = workspace
        self._environment.globals["static"] = lambda name: f"/{service}/static/{name}?{self.marks[name]}"

    def translator(self, request: Request) -> Translator:
        """The texts in the language that was asked for: by `?lang=`, the cookie, or the browser's preference."""
        asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
        return self.catalog.translator(
            asked if asked in LANGUAGES else preferred_language(request.headers.get("accept-language", ""))
        )

    def render(
        self, request: Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> Response:
        """A page. The language switch leads to the same page."""
        translator = self.translator(request)
        other = "en" if translator.language == "zh" else "zh"
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
        values: dict[str, Any] = {
            "t": translator,
            "lang": translator.language,
            "other": other,
            "switch": f"{request.url.path}?{urlencode([*query, ('lang', other)])}",
            "path": request.url.path,
            "principal": getattr(request.state, "principal", None),
            "season": None,
            "robots": True,
            **(context or {}),
        }
        response = HTMLResponse(self._environment.get_template(template).render(values), status)
        response.headers["Vary"] = "Cookie, Accept-Language"
        response.headers["Content-Language"] = translator.html_language
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, translator.language, max_age=YEAR, samesite="lax", httponly=True, secure=self._secure
            )
        return response
