"""The page as a whole: its parts, its label, its flags, nothing from outside, in a real browser."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from adbayes.cohort.cohort import Cohort
from adbayes.report.figures import draw_figures
from adbayes.report.page import render_page
from adbayes.results.run import Run

CHROMIUM = shutil.which("chromium")
SECTIONS = [
    "answer",
    "print",
    "studies",
    "mixed-models",
    "odds-ratios",
    "checks",
    "diagnostics",
    "sensitivity",
    "claims",
    "methods",
    "limits",
    "reproducing",
]
OF_PRINT = {"answer", "print", "studies", "claims"}


class Reader(HTMLParser):
    """Tags, ids and addresses of a page; complains of what is closed out of order."""

    VOID = ("meta", "img", "br", "link", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[tuple[str, str]] = []
        self.handlers: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self._open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("src", "href", "action", "data", "srcset", "poster"):
                self.addresses.append((tag, str(value)))
            if name.startswith("on"):
                self.handlers.append(name)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<style>.*?</style>", "", html)))


def section(page: str, id: str) -> str:
    return page.split(f'<section id="{id}">')[1].split("</section>")[0]


def test_sections_stand_in_order_and_are_listed(page: str) -> None:
    assert re.findall(r'<section id="([^"]+)">', page) == SECTIONS
    assert re.findall(r'<li><a href="#([^"]+)">', page) == SECTIONS
    assert page.index('class="label') < page.index('id="answer"')


def test_cohorts_have_their_sections(ensemble_run: Run) -> None:
    drawn = draw_figures(ensemble_run)
    page = render_page(ensemble_run, drawn)
    found = re.findall(r'<section id="([^"]+)">', page)
    whole = [name for name in SECTIONS if name not in OF_PRINT]
    whole[2:2] = ["held-out", "cohorts"]
    assert found == whole
    read = Reader(page)
    assert len(read.ids) == len(set(read.ids))
    assert len(read.images) == len(drawn)
    assert "favour models like that generator" in section(page, "checks")
    assert "not multiple imputation" in section(page, "methods")


def test_the_page_is_well_formed_and_ids_are_unique(page: str) -> None:
    read = Reader(page)
    assert len(read.ids) == len(set(read.ids))
    assert read.tags.count("h1") == 1
    links = [value[1:] for _, value in read.addresses if value.startswith("#")]
    assert set(links) <= set(read.ids)


def test_nothing_runs_and_nothing_is_loaded(page: str) -> None:
    read = Reader(page)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & set(read.tags)
    assert not read.handlers
    for tag, value in read.addresses:
        outside = not value.startswith(("#", "data:image/webp;base64,"))
        assert not outside or (tag == "a" and value.startswith("https://doi.org/10.")), value
    style = re.findall(r"(?s)<style>(.*?)</style>", page)
    assert len(style) == 1
    assert "url(" not in style[0]
    assert "@import" not in style[0]


def test_every_figure_is_shown_with_words(page: str, figures: Mapping[str, Figure]) -> None:
    read = Reader(page)
    assert len(read.images) == len(figures)
    assert all(image["alt"] for image in read.images)
    assert len(page) < 2_500_000


def test_the_label_and_the_warnings_come_first(page: str, run: Run) -> None:
    head = text_of(page.split('<nav class="contents"')[0])
    label = run.cohort.label.replace("'", "&#x27;")
    assert label in head
    assert "regression to the mean" in head
    assert "concurrent associations" in head
    assert "no agreement with print is claimed" in head
    assert "10.1038/s41598-021-02950-4" in head


def test_a_passed_run_shows_no_red(page: str) -> None:
    body = page.split("</style>")[1]
    assert "#b00020" not in body
    assert 'class="failed"' not in body


def test_what_failed_is_red_wherever_it_reaches(
    failed_run: Run, figures: Mapping[str, Figure]
) -> None:
    page = render_page(failed_run, figures)
    assert "convergence gate failed for easi_change" in text_of(page.split("<nav")[0])
    for id in ("mixed-models", "checks", "sensitivity", "diagnostics"):
        assert "#b00020" in section(page, id), id
    assert "R-hat, bulk ESS" in section(page, "diagnostics")
    # The logistic models passed, and nothing of theirs is marked.
    assert "#b00020" not in section(page, "odds-ratios")
    assert "#b00020" not in section(page, "print")


def test_a_quantity_that_did_not_converge_is_flagged_alone(
    run: Run, figures: Mapping[str, Figure]
) -> None:
    summary = run.summary.copy()
    mine = (summary["model"] == "easi90_multivariable") & (summary["estimand"] == "odds_ratio")
    summary.loc[mine & (summary["term"] == "female"), "flag"] = "not converged"
    html = section(render_page(replace(run, summary=summary), figures), "odds-ratios")
    assert html.count("#b00020") == 1


def test_a_users_own_data(run: Run, figures: Mapping[str, Figure]) -> None:
    own = Cohort(run.cohort.frame, "patients", "99 patients of mine.csv", "mine.csv")
    page = text_of(render_page(replace(run, cohort=own), figures))
    assert "Data: 99 patients of mine.csv" in page
    assert "simulated" not in page.lower().split("posteriors from the printed")[0]
    assert "two studies of different patients" in page
    assert "adbayes reproduce --data mine.csv" in page


def test_sections_without_content_are_left_out(run: Run, figures: Mapping[str, Figure]) -> None:
    alone = replace(
        run,
        fits=run.fits[:1],
        diagnostics=run.diagnostics.iloc[:1],
        sensitivity=run.sensitivity.iloc[:0],
        published=run.published.iloc[:0],
        more={},
    )
    found = re.findall(r'<section id="([^"]+)">', render_page(alone, {}))
    assert found == ["mixed-models", "checks", "diagnostics", "methods", "limits", "reproducing"]


def test_text_from_data_is_escaped(run: Run, figures: Mapping[str, Figure]) -> None:
    evil = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    first = run.fits[0]
    hostile = replace(first, analysis=replace(first.analysis, title=evil, departs=evil))
    cohort = replace_cohort(run.cohort, label=evil, source=evil, messages=(evil,))
    summary = run.summary.copy()
    summary.loc[summary["model"] == "easi_change", ["unit", "visit"]] = evil
    checks = run.checks.assign(statistic=evil, visit=evil, tail_area=0.0)
    page = render_page(
        replace(
            run,
            fits=(hostile, *run.fits[1:]),
            cohort=cohort,
            summary=summary,
            checks=checks,
            skipped={f"easi90_univariable [{evil}]": evil},
        ),
        figures,
    )
    read = Reader(page)
    assert "script" not in read.tags
    assert not read.handlers
    assert page.count("&lt;script&gt;") > 10


def replace_cohort(cohort: Cohort, **changes: object) -> Cohort:
    given = {
        name: getattr(cohort, name)
        for name in ("frame", "evidence", "label", "source", "index", "clinical", "messages")
    }
    return Cohort(**{**given, **changes})


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_sideways_scrolling(
    page: str, tmp_path: Path, width: int
) -> None:
    # A browser window has a smallest width of its own, a frame has none; the page has no script, so
    # the frame around it measures.
    harness = tmp_path / "harness.html"
    harness.write_text(
        f'<title>-</title><body style="margin:0"><iframe id="page" srcdoc="{escape(page)}" '
        f'style="width:{width}px;height:2000px;border:0"></iframe><script>window.onload = () => {{'
        'const root = document.getElementById("page").contentDocument.documentElement;'
        "document.title = [root.scrollWidth, root.clientWidth, root.scrollHeight].join(' ')}"
        "</script>",
        encoding="utf-8",
    )
    dumped = chromium(tmp_path / "dump", "--dump-dom", harness)
    found = re.search(r"<title>(\d+) (\d+) (\d+)</title>", dumped)
    assert found is not None
    scroll, inner, height = map(int, found.groups())
    assert width - 20 <= inner <= width
    assert scroll <= inner
    assert height > 5000
    shot = tmp_path / "shot.png"
    chromium(tmp_path / "shot", f"--screenshot={shot}", harness)
    pixels = (imread(shot)[:2000, :width, :3] * 255).astype(int)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    dark = (pixels.sum(axis=2) < 200).mean()
    assert 0.005 < dark < 0.3


def chromium(profile: Path, action: str, page: Path) -> str:
    assert CHROMIUM is not None
    return subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={profile}",
            "--hide-scrollbars",
            "--window-size=1280,2000",
            action,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


def test_the_tables_hold_the_numbers_of_the_files(page: str, run: Run) -> None:
    """A few cells found again, formatted from the tables that a run writes."""
    text = text_of(page)
    found = run.published
    sex = found[(found["published_id"] == "table5.sex.or") & (found["variant"] == "base")].iloc[0]
    assert f"{sex['median']:.3f} [{sex['ci_low']:.3f}, {sex['ci_high']:.3f}]" in text
    s = run.summary
    mean = s[(s["model"] == "easi_change") & (s["estimand"] == "mean")].iloc[0]
    assert f"{mean['mean']:.1f} [{mean['ci_low']:.1f}, {mean['ci_high']:.1f}]" in text
    again = run.refits["easi90_univariable.female.base.weakly_informative"].coefficients
    row = again[again["term"] == "female"].iloc[0]
    ml = np.exp(pd.to_numeric(row[["estimate", "ci_low", "ci_high"]])).to_numpy()
    assert "{:.2f} [{:.2f}, {:.2f}]".format(*ml) in text
