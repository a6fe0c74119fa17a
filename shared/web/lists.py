"""Lists that staff work in: what was asked for stands in the address; what was ticked is what the page showed."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.datastructures import FormData as SentForm

from shared.errors import InvalidState, LaurelError
from shared.season.csv_rows import write_marked_csv
from shared.web.translation import Translator

Row = TypeVar("Row")
MOST_ROWS = 50
"""So many on one page of a list that is read whole."""
MOST_AT_ONCE = 2000
LONGEST = 80
"""Characters of one condition."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The conditions of a list, by name; one that was not asked for is empty. `tab` is the name of the one that tabs choose."""

    values: Mapping[str, str]
    tab: str = "state"
    page: int = 1

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def query(self) -> str:
        """The conditions as an address writes them."""
        return self.with_()

    def with_(self, **changed: str) -> str:
        """The same with other conditions; an empty one goes."""
        return urlencode({name: value for name, value in {**self.values, **changed}.items() if value})

    def without(self, name: str) -> str:
        return self.with_(**{name: ""})

    @property
    def tab_query(self) -> str:
        """The tab alone, without any other condition."""
        return urlencode({self.tab: self[self.tab]}) if self[self.tab] else ""


def read_asked(request: Request, *names: str, tab: str = "state") -> Asked:
    """What an address asks of a list that knows these conditions, and its tab."""
    given = request.query_params
    values = {name: given.get(name, "").strip()[:LONGEST] for name in (tab, *names)}
    page = given.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return Asked({name: value for name, value in values.items() if value}, tab, max(number, 1))


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A list as a page shows it. `tabs` count the whole list, whatever else was asked for."""

    rows: Sequence[Row]
    """Of this page."""
    total: int
    """So many fit what was asked for."""
    tabs: Sequence[tuple[str, int]]
    everything: int
    asked: Asked
    chosen: Sequence[Row] = ()
    """All that fit, where the list was read whole."""
    most: int = MOST_AT_ONCE
    """Up to so many the filter may be meant as a whole."""

    @property
    def pages(self) -> int:
        return max(-(-self.total // MOST_ROWS), 1)

    @property
    def first(self) -> int:
        """The number of the first row of this page, counted from 1."""
        return (self.page - 1) * MOST_ROWS + 1

    @property
    def page(self) -> int:
        return min(self.asked.page, self.pages)

    @property
    def turns(self) -> Sequence[tuple[str, str]]:
        """The pages before and behind this one, as far as there are."""
        pages = (("previous", self.page - 1), ("next", self.page + 1))
        return [(name, str(number)) for name, number in pages if 1 <= number <= self.pages]


def list_rows(
    rows: Sequence[Row],
    asked: Asked,
    tabs: Mapping[str, Callable[[Row], bool]],
    fits: Callable[[Row], bool],
    *,
    always: Collection[str] = (),
) -> Listing[Row]:
    """The rows that fit, a page of them, and how many there are of each tab; `always` are tabs that show with nothing in them."""
    counts = [(name, sum(map(holds, rows))) for name, holds in tabs.items()]
    within = tabs.get(asked[asked.tab])
    chosen = [row for row in rows if (within is None or within(row)) and fits(row)]
    shown = [(name, count) for name, count in counts if count or name in always or name == asked[asked.tab]]
    begin = skipped(asked, len(chosen))
    return Listing(chosen[begin : begin + MOST_ROWS], len(chosen), shown, len(rows), asked, chosen)


def skipped(asked: Asked, total: int) -> int:
    """How many of so many rows stand before the page that is asked for, or before the last one."""
    pages = max(-(-total // MOST_ROWS), 1)
    return (min(asked.page, pages) - 1) * MOST_ROWS


def holds_words(words: str, *texts: str) -> bool:
    """Whether every word stands in one of the texts, whatever its case."""
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words.casefold().split())


@dataclass(frozen=True, slots=True)
class Ticked:
    """What was ticked on a page: rows, the whole page, or as many of the filter as the page said."""

    keys: Sequence[str] = ()
    page: bool = False
    whole: str = ""

    def __contains__(self, key: str) -> bool:
        return self.page or key in self.keys


NOTHING = Ticked()


def read_ticked(sent: SentForm, name: str = "row") -> Ticked:
    """What a list's form says was ticked. `shown` names the rows of the page, for the box that ticks all of them."""
    page = bool(sent.get("page"))
    keys = [str(value) for value in sent.getlist("shown" if page else name)]
    return Ticked(tuple(dict.fromkeys(keys)), page, str(sent.get("whole", "")))


def chosen_keys(ticked: Ticked, fitting: Iterable[str]) -> list[str]:
    """The rows that are meant; `fitting` are all that fit the filter now.

    Raises:
        InvalidState: nothing was ticked, or the filter holds another number of rows than the page said.
    """
    if ticked.whole:
        keys = list(fitting)
        if ticked.whole != str(len(keys)):
            raise InvalidState("list-otherwise")
        return keys
    if not ticked.keys:
        raise InvalidState("nothing-ticked")
    return list(ticked.keys)


Act = TypeVar("Act", bound=str)


def chosen_act(pressed: str, acts: Collection[Act]) -> Act:
    """The act whose button was pressed.

    Raises:
        InvalidState: none was, as by the key Enter in a field.
    """
    act = next((act for act in acts if act == pressed), None)
    if act is None:
        raise InvalidState("no-act-chosen")
    return act


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act on many: to how many it was done, and who was refused, by name with the reason in words."""

    act: str
    done: int = 0
    refused: Sequence[tuple[str, str]] = ()
    left: Ticked = NOTHING
    """The rows that were refused: they stay ticked."""

    @property
    def status(self) -> int:
        return 409 if self.refused and not self.done else 200


async def act_on_each(
    act: str,
    keys: Iterable[str],
    do: Callable[[str], Awaitable[None]],
    name_of: Callable[[str], str],
    t: Translator,
) -> Outcome:
    """Do it to one after the other: the others are done, whoever is refused is named with the reason."""
    done: int = 0
    refused: dict[str, str] = {}
    for key in keys:
        try:
            await do(key)
            done += 1
        except LaurelError as error:
            refused[key] = t.first(f"problem-{error.code}", "problem-unknown", **error.values)
    return Outcome(act, done, [(name_of(key), why) for key, why in refused.items()], Ticked(tuple(refused)))


def as_csv(name: str, header: Sequence[str], rows: Iterable[Iterable[str]]) -> Response:
    """A list as a file that spreadsheets open; nothing in it is computed."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response(write_marked_csv(header, rows), media_type="text/csv; charset=utf-8", headers=headers)
