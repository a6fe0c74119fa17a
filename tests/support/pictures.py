"""Takes the pictures of the documentation: `python -m tests.support.pictures`.

Every page on a phone and on a desk, and one certificate of each kind, from a real installation in a real browser.
"""

import asyncio
import shutil
import subprocess
import tempfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext

from services.certificates.adapters.templates import identity
from shared.season.text import Text
from tests.support.live_road import DESK, PHONE
from tests.support.pages import prepare
from tests.support.stage import Stage, browser, stage
from tests.unit.test_certificate_documents import certificate, renderer_in

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ENGLISH = ("home", "ballot", "verified")
COLOURS = 128


def save(picture: bytes, name: str) -> None:
    """A PNG of few colours: pages have few."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS).save(IMAGES / f"{name}.png", optimize=True)


def photograph(context: BrowserContext, url: str, name: str) -> None:
    page = context.new_page()
    page.goto(url)
    save(page.screenshot(full_page=True), name)
    page.close()


def pages(on_stage: Stage, running: Browser) -> None:
    """Photograph every page."""
    prepared = prepare(on_stage, running)
    for size, viewport in (("desk", DESK), ("phone", PHONE)):
        for language in ("zh-CN", "en-GB"):
            context = running.new_context(locale=language, viewport=viewport)
            for page in prepared.pages:
                if language == "en-GB" and page.name not in ENGLISH:
                    continue
                context.clear_cookies()
                context.add_cookies(prepared.cookies[page.role])
                suffix = "-en" if language == "en-GB" else ""
                photograph(context, on_stage.url + page.address, f"{page.name}-{size}{suffix}")
            context.close()


CSV = {"Content-Type": "text/csv"}
KINDS = ("student", "instructor", "unit", "finalist", "judge", "appointment", "plaque")
BY_LIST = """kind,name_zh,name_en,unit,title_zh,title_en,body_zh,body_en
finalist,测试㛃䶮𠮷喆堃犇,Test Rare,P01,入围奖,Finalist,,
judge,,Test Abdurreshit Memet Imin Tursun Memetjan Ehmetjan Muhammad of the Long Names,,,Outstanding Judge,,
appointment,测试阿卜杜热西提·麦麦提依明·吐尔逊·买买提江·艾合买提江·穆罕默德,,,专家委员会委员,Member of the Panel,兹聘请担任竞赛专家委员会委员，聘期一年。,
plaque,滨城市澜心区青少年科技教育协会附属朝汐实验学校（北校区）暨滨城市人工智能教育实验基地,,,特别贡献单位,Special Contribution,,
"""


def certificates(on_stage: Stage) -> None:
    """One certificate of each kind, and a corrected one: rare characters, long names, English alone."""
    season = f"/certificates/v1/seasons/{on_stage.example}"
    on_stage.client.call("POST", f"{season}/grants", params={"dry_run": False}, content=BY_LIST.encode(), headers=CSV)
    aside = {undrawn["serial"] for undrawn in on_stage.client.get(f"{season}/undrawn")}
    certificates = on_stage.client.get(f"{season}/certificates", params={"limit": 1000})
    listed = [item for item in certificates if item["serial"] not in aside]
    chosen = {kind: next(value for value in listed if value["kind"] == kind) for kind in KINDS}
    chosen["corrected"] = next(item for item in listed if item["version"] == 2)
    with tempfile.TemporaryDirectory() as folder:
        for kind, item in chosen.items():
            path = Path(folder) / f"{kind}.pdf"
            address = f"/certificates/v1/certificates/{item['serial']}/document.pdf"
            path.write_bytes(on_stage.client.call("GET", address).content)
            save(sheet(path), f"certificate-{kind}")


def sheet(document: Path) -> bytes:
    """The page as a picture."""
    picture = document.with_suffix("")
    subprocess.run(["pdftoppm", "-r", "96", "-png", "-singlefile", str(document), str(picture)], check=True)
    return picture.with_suffix(".png").read_bytes()


def upright_certificate() -> None:
    """The other template that comes with Laurel."""
    each_certificate = certificate(name=Text(zh="测试欧阳𠮷䶮", en="Test Ouyang Jiyan"))
    upright = replace(each_certificate, versions=(replace(each_certificate.current, template=identity("portrait")),))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portrait.pdf"
        path.write_bytes(asyncio.run(renderer_in(Path(folder)).pdf(upright)))
        save(sheet(path), "certificate-portrait")


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or ""
    IMAGES.mkdir(parents=True, exist_ok=True)
    upright_certificate()
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder), 8000) as running, browser(chromium) as program:
        pages(running, program)
        certificates(running)


if __name__ == "__main__":
    main()
