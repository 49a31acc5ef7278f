"""The page made again from what a run wrote: its tables, its draws, its record; nothing is sampled."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from adbayes.analysis import load_data, numbered
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.library import load_cohort
from adbayes.errors import DataError, SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import stem, stored_fit
from adbayes.inference.plan import plan
from adbayes.inference.printed import published_summary
from adbayes.model.analysis import Analysis
from adbayes.model.frame import ModelFrame, model_frame
from adbayes.model.spec import Spec, load_spec
from adbayes.paper.published import load_paper
from adbayes.results.held_out import COLUMNS as HELD_OUT_COLUMNS
from adbayes.results.refit import refit
from adbayes.results.run import Run

_SAMPLER = ("draws", "tune", "chains", "seed")
_TEXT = {
    "model", "variant", "priors", "evidence", "cohort", "x", "estimand", "outcome", "visit", "term",
    "unit", "flag", "check", "statistic", "note", "setting", "method", "diagnosis", "role", "table",
    "published_id", "denominator", "claim", "likelihood", "skipped", "kind", "quantity", "evidence_id",
    "study", "label", "weeks", "year", "design", "arm", "handling", "count_basis",
    "paper_variant", "paper_handling", "comparison", "overlaps", "part_of", "source", "evidence_ids",
    "provenance",
}  # fmt: skip
"""Columns of a run's tables that are words; all others are numbers, but `passed`."""


def rebuild(folder: str | Path, data: str | Path | None = None) -> Run:
    """Put a run together again from its folder.

    Parameters
    ----------
    folder : str or path
        That `reproduce` or `fit` wrote to.
    data : str or path, optional
        The data file, where it is no longer where it was.

    Returns
    -------
    Run
        As it was when it was written. Posteriors from print, the audit and the refits are computed
        again; they do not depend on draws.

    Raises
    ------
    DataError
        For a folder without a whole run, data that are not those of the run, or draws that are absent
        or belong to another spec or other versions.
    """
    place = Path(folder)
    record = _record(place)
    settings = record["settings"]
    cohort = _cohort(record, place, data)
    specs = [_spec(name, settings.get("spec_files", {}), place) for name in settings["specs"]]
    further = [
        numbered(load_cohort(int(other["cohort"]))) for other in record.get("cohorts", [])[1:]
    ]
    jobs = dict(_jobs(specs, cohort, further, settings))
    fits = [_fit(one["key"], jobs, place) for one in record["models"]]
    own = tuple(fit for fit in fits if fit.cohort is cohort)
    tables = {name: _table(place / f"{name}.csv") for name in _NAMES}
    paper = load_paper()
    held_out = place / "held_out.csv"
    from_print = bool((tables["summary"]["evidence"] == "published").any())
    published = tables["summary"].iloc[:0].assign(published_id="")
    if from_print:
        published = published_summary(paper)
        published["visit"] = published["visit"].astype("string").fillna("").astype(str)
    return Run(
        paper=paper,
        cohort=cohort,
        fits=own,
        refits={fit.analysis.key: found for fit in own if (found := refit(fit)) is not None},
        **tables,
        published=published,
        skipped=record["skipped"],
        further=tuple(fit for fit in fits if fit.cohort is not cohort),
        held_out=_table(held_out) if held_out.is_file() else pd.DataFrame(columns=HELD_OUT_COLUMNS),
        more={name: _table(place / name) for name in _FURTHER if (place / name).is_file()},
        findings=paper.audit() if from_print else pd.DataFrame(),
        seconds=dict(record["seconds"]),
        settings=settings,
    )


_FURTHER = (
    "multiverse.csv", "tipping.csv", "claims.csv", "other_studies.csv", "predicted_shares.csv",
    "adverse_events.csv", "fidelity.csv", "judgement.csv",
)  # fmt: skip
_NAMES = ("summary", "diagnostics", "comparison", "checks", "sensitivity")


def _record(place: Path) -> dict[str, Any]:
    file = place / "run.json"
    if not file.is_file():
        raise DataError(
            f"{place}: has no run.json, so that no whole run was written there; give a folder that "
            "`adbayes reproduce` or `adbayes fit --out` wrote to"
        )
    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        record["settings"]["specs"], record["models"], record["skipped"], record["data_hash"]
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError):
        raise DataError(
            f"{file}: is not the record of a run; run `adbayes reproduce` again"
        ) from None
    absent = [f"{name}.csv" for name in _NAMES if not (place / f"{name}.csv").is_file()]
    if absent:
        raise DataError(f"{place}: lacks {', '.join(absent)}; run `adbayes reproduce` again")
    return record


def _cohort(record: Mapping[str, Any], place: Path, data: str | Path | None) -> Cohort:
    """The data of the run, and a refusal where they are not."""
    settings = record["settings"]
    index = record["cohorts"][0]["cohort"] if record.get("cohorts") else None
    named = data if data is not None else settings.get("data")
    embedded = record["evidence"] == "reconstructed" and index is not None
    if named is not None:
        cohort = load_data(named, settings.get("columns"))
    elif embedded:
        cohort = numbered(load_cohort(int(str(index))))
    else:
        raise DataError(
            f"{place}: the run was about {record['source']}; name the file with --data FILE"
        )
    if cohort.hash() != record["data_hash"]:
        raise DataError(
            f"{cohort.source}: holds other values than the run in {place} was about; give the file of "
            "that run, or run it again"
        )
    return cohort


def _spec(name: str, paths: Mapping[str, str], place: Path) -> Spec:
    if name in paths and not Path(paths[name]).is_file():
        raise SpecError(
            f"{paths[name]}: no such file, and the run in {place} was of this spec; put it back, or run "
            "it again"
        )
    return load_spec(paths.get(name, name))


def _jobs(
    specs: list[Spec], cohort: Cohort, further: list[Cohort], settings: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Cohort, Analysis, ModelFrame]]]:
    """File stem to what was fitted, for all that may have been."""
    sampler = {key: settings[key] for key in _SAMPLER if settings.get(key) is not None}
    for spec in specs:
        asked = settings.get("variant")
        for variant in (asked,) if asked else spec.variants:
            try:
                settled = plan(spec, cohort, variant, settings.get("priors"), **sampler)
            except DataError:
                continue  # a variant that the data cannot answer was skipped by the run too
            for analysis, frame in settled.jobs:
                yield stem(analysis, cohort), (cohort, analysis, frame)
                if variant != (asked or "base"):
                    continue
                for other in further:
                    try:
                        yield stem(analysis, other), (other, analysis, model_frame(analysis, other))
                    except DataError:
                        continue


def _fit(key: str, jobs: Mapping[str, tuple[Cohort, Analysis, ModelFrame]], place: Path) -> Fit:
    found = None
    if key in jobs:
        cohort, analysis, frame = jobs[key]
        found = stored_fit(analysis, cohort, frame, place / "posteriors")
    if found is None:
        raise DataError(
            f"{place}: has no draws of {key} that are whole and of this spec, these data and these "
            "versions; run `adbayes reproduce` again, which keeps what still holds"
        )
    return found


def _table(path: Path) -> pd.DataFrame:
    """A table of a run with words as words: a visit of 16 is no number, and an empty cell no word."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name in frame.columns:
        if name in (
            "passed",
            "within_rounding",
            "same_quantity",
            "stands",
            "holds",
            "matched",
            "in_prior",
        ):
            frame[name] = frame[name].map({"True": True, "False": False})
        elif name not in _TEXT:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
    return frame
