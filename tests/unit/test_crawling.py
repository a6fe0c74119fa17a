"""The crawler finds every form from the pages themselves, fills it in and names what is dead: its negative control."""

import httpx

from tests.support.crawling import Crawler, Page, Routes, filled, untouched

START = """<nav><a href="/registration/me">me</a><a href="https://elsewhere.example/">out</a></nav>
<form method="get"><input name="q"></form>
<form method="post" action="/registration/sign-in">
  <input type="hidden" name="form_key" value="k"><input name="login"><input name="password" type="password">
  <input name="seed" inputmode="numeric"><input name="points" type="number" max="40"><input name="birth">
  <select name="unit"><option value="">-</option><option value="P01">P01</option></select>
  <input type="checkbox" name="track" value="A"><input type="checkbox" name="track" value="B">
  <input type="radio" name="agree" value="yes"><input type="radio" name="agree" value="no" checked>
  <textarea name="text">as it
  was</textarea><input type="file" name="sheet" accept=".csv">
  <button name="act" value="save">save</button><button name="act" value="submit">submit</button>
</form>"""
ME = """<form method="post" action="/registration/no-such-route"><button>dead</button></form>
<form method="post" action="/registration/sign-out"><button>fails</button></form>"""


def answer(request: httpx.Request) -> httpx.Response:
    if request.method == "GET":
        return httpx.Response(200, html={"/": START, "/registration/me": ME}.get(request.url.path, ""))
    if request.url.path == "/registration/sign-in":
        if b"login=known" in request.content or b'name="login"' in request.content:
            return httpx.Response(303, headers={"location": "/registration/me"})
        return httpx.Response(422, html="")
    return httpx.Response(500 if request.url.path.endswith("sign-out") else 405)


def test_a_form_is_filled_in_as_its_fields_say() -> None:
    form = Page(START, "http://laurel.test/").forms[1]

    data, files = filled(form, {"login": "known"})

    assert data.pop("text") == ["as it\n  was"]
    assert data.pop("password")[0]
    assert data == {
        "form_key": ["k"],
        "login": ["known"],
        "seed": ["1"],
        "points": ["40"],
        "birth": ["2012-03"],
        "unit": ["P01"],
        "track": ["A"],
        "agree": ["no"],
    }
    assert [(name, content[0]) for name, content in files] == [("sheet", "rows.csv")]
    assert untouched(form)["unit"] == [""]
    assert "track" not in untouched(form)


def test_every_button_is_pressed_once_and_what_is_dead_is_named() -> None:
    with httpx.Client(base_url="http://laurel.test", transport=httpx.MockTransport(answer)) as browser:
        crawler = Crawler("nobody", browser, Routes(), {"login": "known"}, keeps=False)
        for _ in range(3):
            crawler.visit(["http://laurel.test/"], lambda address: address.startswith("http://laurel.test"))
            crawler.post(lambda route: "sign-out" not in route)
        assert [form.split(" ")[1] for form in crawler.unposted()] == ["/registration/sign-out"]
        crawler.post(lambda _: True)

    assert [(item.route, item.button, item.status) for item in crawler.posted] == [
        ("/registration/sign-in", "act=save", 303),
        ("/registration/sign-in", "act=submit", 303),
        ("/registration/no-such-route", "=", 405),
        ("/registration/sign-out", "=", 500),
    ]
