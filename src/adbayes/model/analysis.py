"""One model to fit: a spec with its variant, prior set and predictor chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from adbayes.errors import SpecError
from adbayes.model.families import Family
from adbayes.model.formula import Formula
from adbayes.model.prior_sets import PriorSet
from adbayes.model.sentences import sentences
from adbayes.model.spec_tables import DataTable, EstimandsTable, SamplerTable
from adbayes.model.where import columns_of, parse_where

MEAN = "mu"  # what a spec calls the formula of the mean, whatever Bambi's family calls it
SCORE, VALUE = "score", "value"
"""Columns of stacked rows (`[data] stack`): which column a value came from, and the value."""


@dataclass(frozen=True)
class Analysis:
    """One model to fit: a spec with its variant, prior set and predictor chosen.

    Parameters
    ----------
    model, title, variant, prior_set : str
        Names, as the tables carry them; the unnamed variant is ``base``.
    x : str or None
        The predictor under ``for_each``.
    data, estimands, sampler : tables
        The spec's tables, ``{x}`` filled in.
    formulas : dict of str to Formula
        ``mu`` and any distributional parameters.
    family : Family
        The response family.
    link : str
        Link of the mean.
    priors : dict of str to Prior
        One for every parameter, and none beside them.
    published : tuple of str
        Patterns of the ledger's ids that this analysis answers.
    departs : str
        Where it leaves the paper's own analysis.
    where_from : str
        The file, for messages.
    kind : str
        The kind of model, a name of `adbayes.model.kinds.KINDS`.
    options : mapping of str to str
        What the kind's table states beside formulas, family and link.
    index : tuple of str
        Columns beside the formulas' that together name a row of the likelihood.
    differs : str
        Why what it reports is not what was printed; empty where it can be the same.
    """

    model: str
    title: str
    variant: str
    prior_set: str
    x: str | None
    data: DataTable
    formulas: dict[str, Formula]
    family: Family
    link: str
    priors: PriorSet
    estimands: EstimandsTable
    sampler: SamplerTable
    published: tuple[str, ...] = ()
    departs: str = ""
    where_from: str = ""
    kind: str = "bambi"
    options: Mapping[str, str] = field(default_factory=dict)
    index: tuple[str, ...] = ()
    differs: str = ""

    @property
    def key(self) -> str:
        """File stem of the draws: ``<model>[.<x>].<variant>.<priors>``."""
        parts = [self.model, *([self.x] if self.x else []), self.variant, self.prior_set]
        return ".".join(parts)

    @property
    def mean(self) -> Formula:
        """The formula of the mean."""
        return self.formulas[MEAN]

    @property
    def group_effects(self) -> tuple[str, ...]:
        """The group effects of all formulas, as their draws are called: ``1|patient``, ``sigma_1|patient``."""
        return tuple(
            name if parameter == MEAN else f"{parameter}_{name}"
            for parameter, formula in self.formulas.items()
            for name in formula.groups
        )

    @property
    def unit(self) -> str | None:
        """The column whose levels are exchangeable; none for a formula with no or several groups."""
        groups = self.mean.grouping
        return self.options.get("unit", groups[0] if len(groups) == 1 else None)

    @property
    def imputed(self) -> tuple[str, ...]:
        """The columns whose missing values are parameters of the model."""
        listed = self.options.get("impute", "") if self.data.missing == "model" else ""
        return tuple(listed.split())

    @property
    def row_columns(self) -> tuple[str, ...]:
        """The columns of the rows that are modelled, the outcome first; stacked ones as they stand."""
        named = [self.data.outcome]
        for formula in self.formulas.values():
            named += formula.columns
        return tuple(dict.fromkeys([*named, *self.index]))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the analysis needs of a file, the outcome (or what is stacked) first."""
        named = list(self.row_columns)
        if self.data.stack:
            named = [*self.data.stack, *(name for name in named if name not in (SCORE, VALUE))]
        if self.data.where:
            named += columns_of(parse_where(self.data.where))
        return tuple(dict.fromkeys(named))

    def content(self) -> dict[str, Any]:
        """What a fingerprint is made of: everything that changes a number, and nothing else.

        Returns
        -------
        dict
            JSON-ready.
        """
        return {
            "model": self.model,
            "kind": self.kind,
            "options": dict(self.options),
            "variant": self.variant,
            "x": self.x,
            "prior_set": self.prior_set,  # part of the seed's stream
            "data": self.data.model_dump(mode="json", exclude={"for_each"}),
            "formulas": {name: formula.text for name, formula in self.formulas.items()},
            "family": self.family.name,
            "link": self.link,
            "priors": {name: prior.to_mapping() for name, prior in sorted(self.priors.items())},
            "sampler": self.sampler.model_dump(mode="json", exclude={"ci_prob", "ci_kind"}),
        }

    def with_sampler(self, **changes: Any) -> "Analysis":
        """The same analysis sampled otherwise.

        Parameters
        ----------
        **changes : int or float or None
            Keys of `[sampler]`; None leaves the spec's value.

        Returns
        -------
        Analysis
            With the changes.

        Raises
        ------
        SpecError
            For a value outside its range.
        """
        given = {key: value for key, value in changes.items() if value is not None}
        try:
            sampler = SamplerTable(**{**self.sampler.model_dump(), **given})
        except ValidationError as error:
            raise SpecError("\n".join(sentences(error, self.where_from, SamplerTable))) from None
        return replace(self, sampler=sampler)


def expected_parameters(formulas: Mapping[str, Formula], family: Family) -> tuple[str, ...]:
    """The parameters that need a prior, as a spec writes them.

    Parameters
    ----------
    formulas : mapping of str to Formula
        ``mu`` and any distributional parameters.
    family : Family
        The response family.

    Returns
    -------
    tuple of str
        Bambi's names; a distributional parameter's terms are written ``sigma.visit``.
    """
    names: list[str] = [*formulas[MEAN].common, *formulas[MEAN].groups]
    for parameter in family.auxiliary:
        if parameter in formulas:
            formula = formulas[parameter]
            names += [f"{parameter}.{term}" for term in (*formula.common, *formula.groups)]
        else:
            names.append(parameter)
    return tuple(names)
