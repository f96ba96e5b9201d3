"""The report in a real browser: nothing is loaded, nothing complains, the traces answer to keys and mouse."""

import itertools
import re
import shutil

import numpy as np
import pytest

import myosig as ms
from myosig.report.report import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra `test`)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
NASTY = '</script><img src="http://example.org/x.png" onerror="document.title=1">'


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    recording = ms.simulate("segmental", seed=8801, duration=120, sleep=True).recording
    notes = recording.annotations
    spoilt = ms.Annotations(
        onset=np.append(notes.onset, 1.0), duration=np.append(notes.duration, 50.0), text=np.append(notes.text, NASTY)
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(ms.analyze(recording.with_annotations(spoilt)), path)
    return path


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, report):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(report.as_uri())
    playwright.expect(page.locator("#viewer-range")).not_to_be_empty(timeout=30_000)
    yield page
    page.close()


def shown(page):
    """Start and stop of the stretch that the viewer shows."""
    page.wait_for_timeout(100)
    text = page.inner_text("#viewer-range")
    return [float(value) for value in re.findall(r"([\d.]+) (?:s|to)", text)][:2]


def test_nothing_complains_and_nothing_is_loaded(page, report):
    page.wait_for_timeout(200)
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith("data:")] == [report.as_uri()]


def test_text_of_the_file_stays_text(page):
    assert "myosig" in page.title()
    assert NASTY in page.inner_text("#conditions + div")
    assert page.query_selector("img[src^=http]") is None


def test_the_policy_stops_what_is_not_the_reports_own(page):
    page.evaluate(
        "document.head.appendChild(Object.assign(document.createElement('script'), {text: 'window.hit = 1'}))"
    )
    assert page.evaluate("window.hit") is None
    assert any("Content Security Policy" in text for text in page.complaints)


@pytest.mark.parametrize("name", ["evidence", "open", "phenotype", "recording", "traces", "jerks", "timing", "eeg"])
def test_every_section_is_there_and_in_the_navigation(page, name):
    assert page.is_visible(f"h2#{name}")
    assert page.is_visible(f"nav a[href='#{name}']")


def test_the_verdict_comes_first(page):
    assert page.eval_on_selector("main > section", "s => s.className") == "verdict"
    assert len(page.inner_text(".verdict .words")) > 10


def test_pictures_have_words_and_pixels(page):
    pictures = page.eval_on_selector_all("figure img", "all => all.map(i => [i.alt.length, i.naturalWidth])")
    assert len(pictures) >= 8
    assert all(words > 20 and width > 400 for words, width in pictures)


def test_a_screen_reader_finds_its_way(page):
    levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.eval_on_selector_all("header, nav[aria-label], main, footer", "all => all.length") == 4
    nameless = "all => all.filter(s => !s.getAttribute('aria-label') && !s.getAttribute('aria-labelledby')).length"
    assert page.eval_on_selector_all("main > section, [role=region], canvas, input", nameless) == 0


def test_everything_is_reached_by_keyboard(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"viewer", "viewer-slider", "BUTTON", "A"} <= reached


def test_tables_have_headers(page):
    bare = page.eval_on_selector_all("table", "all => all.filter(t => !t.querySelector('thead th[scope=col]')).length")
    assert bare == 0


def test_keys_zoom_and_move(page):
    page.focus("#viewer")
    start, stop = shown(page)
    page.keyboard.press("+")
    nearer = shown(page)
    assert nearer[1] - nearer[0] == pytest.approx((stop - start) / 2, abs=0.03)
    page.keyboard.press("ArrowRight")
    later = shown(page)
    assert later[0] > nearer[0]
    page.keyboard.press("0")
    assert shown(page)[1] - shown(page)[0] > 100


def test_the_mouse_zooms_where_it_points_and_drags(page):
    page.locator("#viewer").scroll_into_view_if_needed()
    box = page.locator("#viewer").bounding_box()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 50)
    start, stop = shown(page)
    page.keyboard.down("Shift")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Shift")
    nearer = shown(page)
    assert nearer[1] - nearer[0] < stop - start
    assert nearer[0] - start > stop - nearer[1]
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 50)
    page.mouse.up()
    assert shown(page)[0] > nearer[0]


def test_a_jerk_of_the_table_is_shown(page):
    page.click("details summary")
    button = page.locator("button[data-at]").last
    button.click()
    start, stop = shown(page)
    assert start < float(button.get_attribute("data-at")) < stop


def test_the_drawing_changes_with_the_view(page):
    before = page.evaluate("document.getElementById('viewer').toDataURL()")
    page.click("button[data-do=next]")
    page.wait_for_timeout(150)
    assert page.evaluate("document.getElementById('viewer').toDataURL()") != before


def test_a_narrow_page_does_not_scroll_sideways(page):
    page.set_viewport_size({"width": 700, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700


def test_the_file_is_small_enough(report):
    assert report.stat().st_size < 8_000_000
