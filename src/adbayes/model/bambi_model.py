"""The builder for formulas: Bambi says what a formula means and gives its design matrix."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, Analysis
from adbayes.model.formula import NUMERIC_TRANSFORMS
from adbayes.model.frame import ModelFrame
from adbayes.model.mixtures import MIXTURES

if TYPE_CHECKING:
    import bambi as bmb
    import xarray as xr


@dataclass(frozen=True)
class Term:
    """One population-level term: its columns of the design matrix and the name of its draws.

    Parameters
    ----------
    name : str
        As Bambi names it, in priors and in draws.
    columns : slice
        Its columns of the design matrix.
    levels : tuple of str
        One a column for a categorical term; empty for a scalar one.
    """

    name: str
    columns: slice
    levels: tuple[str, ...]

    @property
    def dim(self) -> str:
        """The dimension of the draws of a categorical term."""
        return f"{self.name}_dim"

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients, as ArviZ prints them."""
        return tuple(f"{self.name}[{level}]" for level in self.levels) or (self.name,)


@dataclass(frozen=True)
class GroupTerm:
    """The effects of one grouping: what each row multiplies them by, and which of them are its own.

    Parameters
    ----------
    name : str
        Of the draws: ``1|patient``, ``sigma_x|patient``.
    columns : numpy.ndarray
        ``(row, effect)``: ones for an intercept, a predictor's values for its slope, or one column a
        level.
    codes : numpy.ndarray
        The group of each row, counted from 0.
    coords : dict of str to tuple of str
        Dimensions of the draws and their labels: the groups, then the levels of a categorical slope.
    """

    name: str
    columns: np.ndarray
    codes: np.ndarray
    coords: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Design:
    """What a formula means for a set of rows: the mean's design matrix and its terms.

    Parameters
    ----------
    X : numpy.ndarray
        One row an observation, one column a coefficient.
    offset : numpy.ndarray or None
        What the formula adds with coefficient 1.
    terms : tuple of Term
        In the order of the columns.
    model : bambi.Model
        The unbuilt model they come from.
    parameter : str
        Whose linear predictor it is: the mean's, or that of a parameter with a formula of its own.
    """

    X: np.ndarray
    offset: np.ndarray | None
    terms: tuple[Term, ...]
    model: "bmb.Model"
    parameter: str = MEAN

    @property
    def added(self) -> np.ndarray:
        """The offset of each row, 0 where the formula has none."""
        return np.zeros(len(self.X)) if self.offset is None else self.offset

    @property
    def group_terms(self) -> tuple[GroupTerm, ...]:
        """Effects of groups, in the order of the formula."""
        prefix = "" if self.parameter == MEAN else f"{self.parameter}_"
        return tuple(
            GroupTerm(
                f"{prefix}{name}",
                np.asarray(term.predictor, dtype=float).reshape(len(self.X), -1),
                np.asarray(term.group_index, dtype=int),
                {dim: tuple(map(str, labels)) for dim, labels in term.coords.items()},
            )
            for name, term in _component(self.model, self.parameter).group_specific_terms.items()
        )

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(name for term in self.terms for name in term.coefficients)

    @property
    def table(self) -> pd.DataFrame:
        """The design matrix with its names."""
        return pd.DataFrame(self.X, columns=list(self.coefficients))

    def at(self, rows: pd.DataFrame) -> np.ndarray:
        """The design matrix for other rows.

        Parameters
        ----------
        rows : pandas.DataFrame
            The formula's columns, categories as in the data.

        Returns
        -------
        numpy.ndarray
            One row an observation.
        """
        return self._split(rows)[0]

    def added_at(self, rows: pd.DataFrame) -> np.ndarray:
        """The offset for other rows.

        Parameters
        ----------
        rows : pandas.DataFrame
            The formula's columns, categories as in the data.

        Returns
        -------
        numpy.ndarray
            One a row; 0 where the formula has none.
        """
        return self._split(rows)[1]

    def _split(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Bambi's matrix for other rows, in columns of coefficients and the sum of offsets."""
        component = _component(self.model, self.parameter)
        found = component.design.common.evaluate_new_data(rows)
        matrix = np.asarray(found.design_matrix, dtype=float)
        if self.offset is None:
            return matrix, np.zeros(len(matrix))
        widths = [columns.stop - columns.start for columns in found.slices.values()]
        own = np.repeat([name in component.offset_terms for name in found.slices], widths)
        return matrix[:, ~own], matrix[:, own].sum(axis=1)

    def coefficient_draws(self, posterior: "xr.Dataset") -> np.ndarray:
        """The coefficients of all columns, side by side.

        Parameters
        ----------
        posterior : xarray.Dataset
            Draws with Bambi's names and dimensions ``chain`` and ``draw``.

        Returns
        -------
        numpy.ndarray
            ``(chain, draw, column)``.
        """
        parts = [np.zeros((posterior.sizes["chain"], posterior.sizes["draw"], 0))]
        for term in self.terms:
            draws = posterior[term.name]
            if term.levels:
                parts.append(draws.transpose("chain", "draw", term.dim).to_numpy())
            else:
                parts.append(draws.transpose("chain", "draw").to_numpy()[..., None])
        return np.concatenate(parts, axis=-1)


def bambi_model(analysis: Analysis, frame: ModelFrame) -> "bmb.Model":
    """Make Bambi's model of an analysis, not yet built.

    Parameters
    ----------
    analysis : Analysis
        What is to be fitted.
    frame : ModelFrame
        Its rows.

    Returns
    -------
    bambi.Model
        With every prior set and nothing centred: centring would change what the intercept's prior
        means, and Bambi evaluates that prior at the wrong place when it centres.

    Raises
    ------
    SpecError
        For a prior that lists one value a level, where the data have another number of levels.
    """
    import bambi as bmb

    extra = [
        f"{name} ~ {formula.text}" for name, formula in analysis.formulas.items() if name != MEAN
    ]
    priors: dict[str, Any] = {}
    known = analysis.priors
    if analysis.kind != "bambi":  # then Bambi says what the mean's formula means, and no more
        known = {name: known[name] for name in analysis.mean.common if name in known}
    for name, prior in known.items():
        parameter, _, term = name.partition(".")
        if term and parameter in analysis.formulas:
            priors.setdefault(parameter, {})[term] = prior.to_bambi()
        else:
            priors[name] = prior.to_bambi()
    main = analysis.mean.text
    if analysis.family.name == "cumulative":
        priors["threshold"] = _ordered(analysis, frame)
        main = main.replace("~", "~ 0 +", 1)  # the thresholds are the intercept; Bambi warns else
    with warnings.catch_warnings():
        # A cumulative model has thresholds for it; `adbayes.model.formula` names no intercept either.
        warnings.filterwarnings("ignore", "The intercept is omitted in ordinal")
        model = bmb.Model(
            bmb.Formula(main, *extra),
            frame.filled,
            family=analysis.family.name,
            link=analysis.link,
            priors=priors,
            auto_scale=False,
            center_predictors=False,
            # The visits of a patient tell much of a laboratory value's patient effect: standardised
            # effects mix badly there (R-hat 1.014 on a cohort whose last visit scatters little).
            noncentered=analysis.family.name != "lognormal",
            extra_namespace=dict(NUMERIC_TRANSFORMS),
        )
    for one in design_of(model).terms:
        if one.name not in known:
            continue
        mixed = known[one.name].distribution in MIXTURES
        for key, value in known[one.name].parameters:
            if mixed and np.ndim(value) == 1:  # type: ignore[arg-type]  # a prior is no array
                continue  # one number a component, the same for every coefficient
            if isinstance(value, tuple) and len(value) != len(one.coefficients):
                raise SpecError(
                    f"{analysis.where_from}: [priors.{analysis.prior_set}] {one.name!r}: {key} has "
                    f"{len(value)} values for {len(one.coefficients)} coefficients "
                    f"({', '.join(one.coefficients)}); give one number, or one a coefficient"
                )
    return model


def _ordered(analysis: Analysis, frame: ModelFrame) -> "bmb.Prior":
    """The thresholds' prior restricted to increasing thresholds, started in order.

    Bambi adds the restriction to its own default prior only.
    """
    import pymc as pm

    prior = analysis.priors["threshold"].to_bambi()
    n = len(frame.data[frame.outcome].cat.categories) - 1
    prior.update(
        transform=pm.distributions.transforms.ordered,
        initval=np.linspace(-1, 1, n) if n > 1 else [0.0],
    )
    return prior


def design_of(model: "bmb.Model", parameter: str = MEAN) -> Design:
    """Read the design matrix of the mean, or of another parameter, off a Bambi model.

    Parameters
    ----------
    model : bambi.Model
        Built or not.
    parameter : str, optional
        One that has a formula; the mean if not given.

    Returns
    -------
    Design
        Its matrix and terms; those of another parameter than the mean are named as their draws are
        (``sigma_x``).
    """
    component = _component(model, parameter)
    prefix = "" if parameter == MEAN else f"{parameter}_"
    common = component.design.common
    n = len(model.data)
    if common is None:
        return Design(np.zeros((n, 0)), None, (), model, parameter)
    matrix = np.asarray(common.design_matrix, dtype=float)
    terms: list[Term] = []
    kept: list[int] = []
    offset = np.zeros(n)
    position = 0
    for name, columns in common.slices.items():
        # Widths, not positions: where Bambi removes an ordinal model's intercept it leaves them stale.
        width = columns.stop - columns.start
        found = list(range(position, position + width))
        position += width
        if name in component.offset_terms:
            offset += matrix[:, found].sum(axis=1)
            continue
        coords = component.terms[name].coords
        levels = tuple(str(level) for level in next(iter(coords.values()))) if coords else ()
        start = len(kept)
        kept += found
        terms.append(Term(f"{prefix}{name}", slice(start, len(kept)), levels))
    added = offset if component.offset_terms else None
    return Design(matrix[:, kept], added, tuple(terms), model, parameter)


def _component(model: "bmb.Model", parameter: str) -> Any:
    return model.parameters[model.family.likelihood.parent if parameter == MEAN else parameter]
