"""Methods that say what was done: settings, priors, versions, citations."""

from dataclasses import replace

from adbayes.inference.store import versions
from adbayes.report.figures import groups_of
from adbayes.report.methods import REFERENCES, methods, sentences
from adbayes.results.run import Run


def test_the_text_has_the_settings_of_the_run(run: Run) -> None:
    text = " ".join(sentences(run, groups_of(run)))
    for setting in {fit.analysis.sampler.seed for fit in run.fits}:
        assert f"seed {setting}" in text
    first = run.fits[0]
    s = first.analysis.sampler
    assert f"{s.chains} chains of {s.draws} draws after {s.tune} warm-up" in text
    assert f"Rows used: {first.frame.n_rows}." in text
    assert first.analysis.departs in text
    assert all(f"{name} {version}" in text for name, version in versions().items())
    assert f"once for each of {len(run.fits) - 2} predictors x" in text
    assert "easi_baseline was centred at 30 and divided by 10" in text


def test_changed_settings_change_the_text(run: Run) -> None:
    first = run.fits[0]
    other = replace(first, analysis=first.analysis.with_sampler(seed=987, draws=321), retries=1)
    changed = replace(run, fits=(other, *run.fits[1:]))
    text = " ".join(sentences(changed, groups_of(changed)))
    assert "321 draws" in text
    assert "seed 987" in text
    assert "1 fit was sampled a second time" in text


def test_every_prior_has_its_reason(run: Run) -> None:
    html = methods(run, groups_of(run)).body
    for fit in run.fits[:2]:
        for prior in fit.analysis.priors.values():
            assert prior.why.replace("'", "&#x27;") in html
    assert html.count("each predictor</td>") == 1


def test_what_is_cited_is_listed(run: Run) -> None:
    html = methods(run, groups_of(run)).body
    assert html.count("https://doi.org/") >= len(REFERENCES) - 1
    without = replace(run, refits={}, fits=run.fits[:1], diagnostics=run.diagnostics.iloc[:1])
    assert "Firth" not in methods(without, groups_of(without)).body
