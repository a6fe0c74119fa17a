"""Templates of documents: those that come with Laurel, and the organizers' own with their seals; versions never change.

A certificate names the version that it is printed by, so that what was issued looks the same for ever: a version holds
everything that makes its documents, and names its engine. One that comes with Laurel is named by its content and engine,
and kept like the others.
"""

import asyncio
import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from services.certificates.adapters.engines import current
from services.certificates.domain.designs import Design
from services.certificates.domain.documents import BY_LIST, STANDARD, Kind
from shared.errors import InvalidState, NotFound
from shared.mongo import Mongo

PACKAGED = Path(__file__).parents[1] / "typst"
BUILT_IN = ("landscape", "portrait")
ART = ("border.svg", "mark.svg")
MAINS = ("certificate.typ", "book.typ", "frame.typ", "layout.typ")
"""What makes documents of a template: one alone, many, what is the same on all, and what templates may use."""
MOST_SOURCE, MOST_FILE = 200_000, 2 * 1024 * 1024
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}\.(png|jpg|svg)")
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a template. `files` are pictures and mains by name, each by the hash of its content."""

    id: str
    season: str
    name: str
    number: int
    source: str
    files: Mapping[str, str]
    engine: str
    at: int
    by: str
    design: Design | None = None
    """What it was made of; None where somebody wrote its source."""


class Source(Protocol):
    """Where the files of a template version come from, and which engine draws them."""

    async def files(self, template: str) -> Files: ...
    async def engine(self, template: str) -> str: ...


def packaged_files(name: str) -> dict[str, bytes]:
    """The files of a template that comes with Laurel."""
    return {"template.typ": (PACKAGED / f"{name}.typ").read_bytes(), **_packaged(ART), **_packaged(MAINS)}


def _packaged(names: Sequence[str]) -> dict[str, bytes]:
    return {name: (PACKAGED / name).read_bytes() for name in names}


def identity(name: str) -> str:
    """The name of a packaged template by its content and its engine."""
    content = b"\0".join([*(content for _, content in sorted(packaged_files(name).items())), current().encode()])
    return f"{name}-{sha256(content).hexdigest()[:8]}"


class Folders:
    """Template versions as folders that typst reads; each is written once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._root = Path(tempfile.mkdtemp(prefix="laurel-templates-"))
        weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        self._ready: dict[str, Path] = {}
        self._lock = asyncio.Lock()

    async def folder(self, template: str) -> Path:
        """Raises NotFound: there is no such version."""
        async with self._lock:
            if template not in self._ready:
                self._ready[template] = write_folder(self._root, await self._source.files(template))
        return self._ready[template]


def write_folder(root: Path, files: Files) -> Path:
    """A new folder below `root` with these files, and today's mains where they hold none."""
    folder = Path(tempfile.mkdtemp(dir=root))
    for name, content in {**_packaged(MAINS), **files}.items():
        (folder / name).write_bytes(content)
    return folder


class Templates:
    """Every version of every template, their pictures, and which one a season prints a kind by."""

    def __init__(self, mongo: Mongo) -> None:
        database = mongo.database
        self._templates, self._files, self._choices = (
            database["templates"],
            database["template_files"],
            database["template_choices"],
        )
        self._clock = mongo.clock
        self._current = identity("landscape")

    async def keep_built_in(self) -> None:
        """Keep what comes with this release, for documents that will be printed by it."""
        for name in BUILT_IN:
            content = packaged_files(name)
            source = content.pop("template.typ").decode()
            files = {item: await self._keep(data) for item, data in content.items()}
            values = {"season": "", "name": name, "number": 0, "source": source, "files": _safe(files)}
            await self._insert(identity(name), values, "")

    async def _keep(self, data: bytes) -> str:
        key = sha256(data).hexdigest()
        await self._files.update_one({"_id": key}, {"$setOnInsert": {"data": data}}, upsert=True)
        return key

    async def _insert(self, key: str, values: Mapping[str, Any], by: str) -> bool:
        whole = {**values, "engine": current(), "at": await self._clock.now(), "by": by}
        result = await self._templates.update_one({"_id": key}, {"$setOnInsert": whole}, upsert=True)
        return result.upserted_id is not None

    async def find(self, template: str) -> Template:
        """Raises NotFound."""
        key = self._current if template == STANDARD else template
        document = await self._templates.find_one({"_id": key})
        if document is None:
            raise NotFound("no-such-template")
        return _template(document)

    async def newest(self, season: str, name: str) -> Template:
        """The newest version of a season's template, or the packaged one of this name.

        Raises:
            NotFound: there is neither.
        """
        document = await self._templates.find_one({"season": season, "name": name}, sort=[("number", -1)])
        if document is None and name in BUILT_IN:
            return await self.find(identity(name))
        if document is None:
            raise NotFound("no-such-template")
        return _template(document)

    async def of(self, season: str) -> list[Template]:
        """Every version of the season's own templates, the newest first, then those that come with Laurel."""
        cursor = self._templates.find({"season": season}).sort([("name", 1), ("number", -1)])
        own = [_template(document) async for document in cursor]
        return [*own, *[await self.find(identity(name)) for name in BUILT_IN]]

    async def files(self, template: str) -> Files:
        stored_template = await self.find(template)
        pictures = {name: await self.picture(key) for name, key in stored_template.files.items()}
        return {"template.typ": stored_template.source.encode(), **pictures}

    async def engine(self, template: str) -> str:
        return (await self.find(template)).engine

    async def picture(self, key: str) -> bytes:
        document = await self._files.find_one({"_id": key})
        if document is None:
            raise NotFound("no-such-template")
        return bytes(document["data"])

    async def pictures(self, season: str) -> dict[str, str]:
        """The pictures of a season that templates may show, by name."""
        document = await self._choices.find_one({"_id": f"{season}/pictures"})
        own: dict[str, str] = document["files"] if document else {}
        built_in = (await self.find(identity("landscape"))).files
        return {
            **{name: key for name, key in built_in.items() if name in ART},
            **{name.replace("|", "."): key for name, key in own.items()},
        }

    async def add_picture(self, season: str, name: str, data: bytes) -> None:
        """Take in a seal, a signature or other art; a later one of the same name is for later versions.

        Raises:
            InvalidState: its name or size is not allowed.
        """
        if not FILE_NAME.fullmatch(name):
            raise InvalidState("picture-name")
        if len(data) > MOST_FILE:
            raise InvalidState("file-too-large", most=MOST_FILE // 1024 // 1024)
        key = await self._keep(data)
        await self._choices.update_one(
            {"_id": f"{season}/pictures"}, {"$set": {f"files.{name.replace('.', '|')}": key}}, upsert=True
        )

    async def take_over_picture(self, season: str, name: str, key: str) -> str:
        """Let this season show a picture that another one has; its name there, another where this one is taken."""
        own = await self.pictures(season)
        if own.get(name) == key:
            return name
        free = name if name not in own else f"{key[:12]}.{name.rpartition('.')[2]}"
        await self._choices.update_one(
            {"_id": f"{season}/pictures"}, {"$set": {f"files.{free.replace('.', '|')}": key}}, upsert=True
        )
        return free

    async def designs(self) -> list[Template]:
        """The newest version of every template that is a design, of all seasons."""
        newest: dict[tuple[str, str], Template] = {}
        async for document in self._templates.find({"design": {"$exists": True}}).sort("number", 1):
            newest[document["season"], document["name"]] = _template(document)
        return list(newest.values())

    async def save(self, season: str, name: str, source: str, by: str, design: Design | None = None) -> Template:
        """A new version of a template; what was issued by earlier ones stays as it is.

        Raises:
            InvalidState: another came at the same moment.
        """
        last = await self._templates.find_one({"season": season, "name": name}, sort=[("number", -1)])
        number = last["number"] + 1 if last else 1
        key = f"{season}/{name}@{number}"
        mains = {main: await self._keep(content) for main, content in _packaged(MAINS).items()}
        files = _safe({**mains, **await self.pictures(season)})
        values = {"season": season, "name": name, "number": number, "source": source, "files": files}
        if design:
            values["design"] = design.model_dump(mode="json")
        if not await self._insert(key, values, by):
            raise InvalidState("changed-meanwhile")
        return await self.find(key)

    async def choose(self, season: str, kind: Kind, template: str) -> None:
        """Print this kind by this version from now on.

        Raises:
            NotFound: there is no such version for this season.
        """
        stored_template = await self.find(template)
        if stored_template.season not in ("", season):
            raise NotFound("no-such-template")
        await self._choices.update_one(
            {"_id": f"{season}/{kind}"}, {"$set": {"template": stored_template.id}}, upsert=True
        )

    async def chosen(self, season: str, kinds: Sequence[Kind]) -> dict[Kind, str]:
        """The version that each kind is printed by; kinds by a list by that of students where none was chosen for them."""
        cursor = self._choices.find({"_id": {"$in": [f"{season}/{kind}" for kind in {*kinds, "student"}]}})
        made = {document["_id"].rpartition("/")[2]: document["template"] async for document in cursor}
        usual = made.get("student", self._current)
        return {kind: made.get(kind, usual if kind in BY_LIST else self._current) for kind in kinds}


def _safe(files: Mapping[str, str]) -> dict[str, str]:
    """Names as keys of a document, in which a dot would mean something else."""
    return {name.replace(".", "|"): key for name, key in files.items()}


def _template(d: Mapping[str, Any]) -> Template:
    files = {name.replace("|", "."): key for name, key in d["files"].items()}
    design = Design.model_validate(d["design"]) if "design" in d else None
    return Template(
        d["_id"], d["season"], d["name"], d["number"], d["source"], files, d["engine"], d["at"], d["by"], design
    )
