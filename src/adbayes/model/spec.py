"""A model spec: one TOML file an analysis, read whole, with all that is wrong in it at once."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, SCORE, VALUE, Analysis
from adbayes.model.answerable import unanswerable
from adbayes.model.blocks import spread
from adbayes.model.kind import Kind, Parameter
from adbayes.model.kinds import overlaid, read_table
from adbayes.model.library import find_spec
from adbayes.model.prior_sets import PriorSet, choose_set, resolve_sets
from adbayes.model.priors import Prior
from adbayes.model.sentences import nearest, sentences
from adbayes.model.spec_tables import DataTable, EstimandsTable, SpecTable
from adbayes.model.where import parse_where
from adbayes.shown import as_html

if TYPE_CHECKING:
    import bambi as bmb


@dataclass(frozen=True, repr=False)
class Spec:
    """A model spec, read and checked.

    Parameters
    ----------
    path : pathlib.Path
        The file it came from.
    table : SpecTable
        Its tables.
    prior_sets : dict
        Set name to parameter to prior, as written (``{x}`` not yet filled in).
    variant_sets : dict
        The same per variant, the variant's statements laid over the spec's.
    models : dict
        Variant to its kind of model and its `[model]` table.
    estimands : dict
        Variant to its `[estimands]`.
    """

    path: Path
    table: SpecTable
    prior_sets: dict[str, PriorSet]
    variant_sets: dict[str, dict[str, PriorSet]]
    models: dict[str, tuple[Kind, BaseModel]]
    estimands: dict[str, EstimandsTable]

    def __repr__(self) -> str:
        """What is fitted: formula, priors of the reported set, and what else there is to ask for."""
        first = self.analyses()[0]
        data = self.table.data
        rows = [f"visit {data.visit}"] if data.visit is not None else []
        rows += [f"where {data.where}"] if data.where else []
        lines = [
            f"Spec {self.name}: {self.title}",
            *(f"  {text}" for text in (formula.text for formula in first.formulas.values())),
            f"  {first.family.name}, link {first.link}; missing: {data.missing}"
            + "".join(f"; {row}" for row in rows),
        ]
        if self.predictors:
            lines.append(f"  one fit for each x: {', '.join(self.predictors)}")
        lines.append(f"  priors ({first.prior_set}):")
        width = max(len(name) for name in first.priors)
        lines += [f"    {name:<{width}}  {prior!r}" for name, prior in first.priors.items()]
        lines.append(f"  prior sets: {', '.join(self.prior_sets)}")
        lines.append(f"  variants: {', '.join(self.variants)}")
        if self.table.published:
            lines.append(f"  printed numbers it answers: {', '.join(self.table.published)}")
        return "\n".join(lines)

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.table.name

    @property
    def title(self) -> str:
        """The spec's title."""
        return self.table.title

    @property
    def variants(self) -> tuple[str, ...]:
        """``base`` and the named variants."""
        return ("base", *self.table.variants)

    @property
    def predictors(self) -> tuple[str, ...]:
        """The predictors of ``for_each``; empty for a single analysis."""
        each = self.table.data.for_each
        return each["x"] if each else ()

    def analyses(
        self,
        variant: str | None = None,
        priors: "str | Mapping[str, Prior | bmb.Prior] | None" = None,
        x: str | None = None,
    ) -> tuple[Analysis, ...]:
        """The models this spec asks for.

        Parameters
        ----------
        variant : str, optional
            A variant's name; none (or ``base``) for the spec's own model.
        priors : str or mapping, optional
            A set's name; or replacements by parameter laid over the reported set, which is then
            called ``custom-`` and six digits that tell such sets apart.
        x : str, optional
            One predictor of ``for_each``; none for all of them.

        Returns
        -------
        tuple of Analysis
            One, or one a predictor under ``for_each``.

        Raises
        ------
        SpecError
            For a variant, set, predictor or parameter that does not exist.
        """
        variant = variant or "base"
        if variant not in self.variants:
            raise SpecError(
                f"{self.path.name}: no variant {variant!r}{nearest(variant, self.variants)}"
            )
        sets = self.prior_sets if variant == "base" else self.variant_sets[variant]
        name = priors if isinstance(priors, str) else None
        set_name, chosen = choose_set(sets, name, self.path.name)
        if isinstance(priors, Mapping):
            own = {
                parameter: prior if isinstance(prior, Prior) else Prior.from_bambi(prior)
                for parameter, prior in priors.items()
            }
            chosen |= own
            # Two sets of one's own can stand in one table and still be told apart.
            stated = sorted((parameter, str(prior)) for parameter, prior in own.items())
            set_name = f"custom-{hashlib.sha256(repr(stated).encode()).hexdigest()[:6]}"
        predictors: tuple[str | None, ...] = self.predictors or (None,)
        if x is not None:
            if x not in self.predictors:
                raise SpecError(
                    f"{self.path.name}: no predictor {x!r}{nearest(x, self.predictors)}"
                )
            predictors = (x,)
        found: list[Analysis] = []
        faults: list[str] = []
        for predictor in predictors:
            try:
                found.append(self._analysis(variant, set_name, chosen, predictor))
            except SpecError as error:
                faults += str(error).splitlines()
        if faults:
            raise SpecError("\n".join(dict.fromkeys(faults)))
        return tuple(found)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        priors = [
            {"parameter": name, "prior": str(prior), "why": prior.why}
            for name, prior in next(iter(self.prior_sets.values())).items()
        ]
        first = next(iter(self.prior_sets))
        return as_html(repr(self), {f"Priors ({first})": pd.DataFrame(priors)})

    def _analysis(self, variant: str, set_name: str, sets: PriorSet, x: str | None) -> Analysis:
        where = self.path.name
        kind, model = self.models[variant]
        estimands = self.estimands[variant]
        title, data, published = self.table.title, self.table.data, self.table.published
        departs, differs = self.table.departs, self.table.differs
        if variant != "base":
            stated = self.table.variants[variant]
            title = stated.title or title
            departs = stated.departs or departs
            differs = stated.differs or differs
            published = published if stated.published is None else stated.published
            rows = stated.data.model_dump(exclude_none=True)
            data = data.model_copy(update=rows)  # validated where they were read

        def fill(text: str) -> str:
            return text.replace("{x}", x) if x is not None else text

        faults: list[str] = []
        if data.where:
            try:
                parse_where(data.where)
            except SpecError as error:
                faults.append(f"{where}: [data] {error}")
        if data.missing == "model" and not kind.IMPUTES:
            faults.append(
                f'{where}: [data] missing = "model" needs a kind that imputes; {kind.NAME} cannot'
            )
        try:
            likelihood = kind.read(model, fill, where)
        except SpecError as error:
            raise SpecError("\n".join([*str(error).splitlines(), *faults])) from None
        response, family = likelihood.formulas[MEAN].response, likelihood.family
        if response != data.outcome:
            faults.append(
                f"{where}: [data] outcome is {data.outcome!r} but the formula's is "
                f"{response!r}; make them the same"
            )
        if data.stack:
            faults += _stacking_faults(data, likelihood.formulas[MEAN].columns, where)
        if data.missing == "failure" and family.name not in ("bernoulli", "cumulative"):
            faults.append(
                f'{where}: [data] missing = "failure" counts a missing response as 0, which means nothing '
                f'for {family.name}; use it with bernoulli or cumulative, or set missing = "drop"'
            )
        if faults:
            raise SpecError("\n".join(faults))
        parameters = kind.parameters(likelihood)
        names = {parameter.name for parameter in parameters}
        # What a set states of one predictor alone wins over what it states of each; of another
        # predictor it says nothing here.
        filled = {
            fill(key): prior
            for key, prior in sets.items()
            if key in names or key not in self.predictors
        }
        filled |= {key: prior for key, prior in sets.items() if key == x}
        priors = spread(filled, parameters, f"{where}: [priors.{set_name}]")
        _cover(where, set_name, priors, parameters)
        analysis = Analysis(
            model=self.name,
            title=fill(title),
            variant=variant,
            prior_set=set_name,
            x=x,
            data=data,
            formulas=likelihood.formulas,
            family=family,
            link=likelihood.link,
            priors=priors,
            estimands=estimands.model_copy(
                update={"terms": tuple(fill(term) for term in estimands.terms)}
            ),
            sampler=self.table.sampler,
            published=published,
            departs=departs,
            where_from=where,
            kind=kind.NAME,
            options=likelihood.options,
            index=likelihood.index,
            differs=differs,
        )
        faults = unanswerable(analysis)
        if faults:
            raise SpecError("\n".join(faults))
        return analysis


def load_spec(name: str | Path) -> Spec:
    """Read a model spec and check all of it: tables, formulas, every prior set of every variant.

    Parameters
    ----------
    name : str or path
        A name in models/ (`adbayes models` lists them) or a path to a TOML file.

    Returns
    -------
    Spec
        The checked spec; `Spec.analyses` makes what is fitted.

    Raises
    ------
    SpecError
        One line a fault, each naming the file, the key and the nearest valid name.
    """
    path = find_spec(name)
    where = path.name
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise SpecError(f"{where}: not UTF-8 text; save the spec as UTF-8") from None
    except OSError as error:
        raise SpecError(f"{where}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, RecursionError) as error:
        # Besides its own error tomllib lets through Python's for a number too long, a nest too deep.
        raise SpecError(f"{where}: not TOML ({error}); mend that line") from None
    faults: list[str] = []
    table: SpecTable | None = None
    try:
        table = SpecTable(**raw)
    except ValidationError as error:
        faults += sentences(error, where, SpecTable)
    sets: dict[str, PriorSet] = {}
    variant_sets: dict[str, dict[str, PriorSet]] = {}
    stated = raw.get("priors")
    if isinstance(stated, dict):
        try:
            sets = resolve_sets(stated, where)
        except SpecError as error:
            faults += str(error).splitlines()
        for variant, changes in (table.variants if table else {}).items():
            try:
                variant_sets[variant] = resolve_sets(
                    _overlay(stated, changes.priors), f"{where} [variants.{variant}]"
                )
            except SpecError as error:
                faults += str(error).splitlines()
    models: dict[str, tuple[Kind, BaseModel]] = {}
    try:
        models = _models(raw, table, where)
    except SpecError as error:
        faults += str(error).splitlines()
    asked: dict[str, EstimandsTable] = {}
    if table is not None:
        try:
            asked = _estimands(table, where)
        except SpecError as error:
            faults += str(error).splitlines()
    if not faults and table is not None:
        spec = Spec(path, table, sets, variant_sets, models, asked)
        named: set[str] = set()
        for variant in spec.variants:
            for set_name in sets if variant == "base" else variant_sets[variant]:
                try:
                    named |= {c for a in spec.analyses(variant, set_name) for c in a.columns}
                except SpecError as error:
                    faults += str(error).splitlines()
        if not faults:
            faults += [
                f"{where}: [data.standardize] {column!r} is not in a formula{nearest(column, named)}"
                for column in table.data.standardize
                if column not in named
            ]
            faults += [
                f"{where}: [data] log2: {column!r} is not in a formula{nearest(column, named)}"
                for column in table.data.log2
                if column not in named
            ]
        if not faults:
            return spec
    raise SpecError("\n".join(dict.fromkeys(faults)))


def _stacking_faults(data: DataTable, named: Sequence[str], where: str) -> Iterator[str]:
    """Stacked rows have one column of values and one that says which column they came from."""
    if data.outcome != VALUE:
        yield (
            f"{where}: [data] stack puts values into {VALUE!r}, but outcome is {data.outcome!r}; "
            f"set outcome = {VALUE!r}"
        )
    if SCORE not in named:
        yield (
            f"{where}: [data] stack: the formula has no {SCORE!r}, the column that tells the stacked "
            "columns apart; add it"
        )
    taken = [name for name in data.stack if name in (SCORE, VALUE)]
    if taken:
        yield f"{where}: [data] stack: {taken[0]!r} is a name of the stacked rows; rename that column"
    if data.log2 or data.standardize:
        yield f"{where}: [data] stack takes columns as they are; leave out log2 and standardize"


def _models(
    raw: Mapping[str, Any], table: SpecTable | None, where: str
) -> dict[str, tuple[Kind, BaseModel]]:
    """The `[model]` tables of the spec and, where that one stands, of its variants."""
    stated = raw.get("model")
    if not isinstance(stated, dict):
        return {}  # SpecTable has said so
    found = {"base": read_table(stated, where, "model")}
    faults: list[str] = []
    for name, variant in (table.variants if table else {}).items():
        try:
            found[name] = read_table(
                overlaid(stated, variant.model), where, f"variants.{name}.model"
            )
        except SpecError as error:
            faults += str(error).splitlines()
    if faults:
        raise SpecError("\n".join(faults))
    return found


def _estimands(table: SpecTable, where: str) -> dict[str, EstimandsTable]:
    """The `[estimands]` of the spec, and of its variants with their statements laid over it."""
    found = {"base": table.estimands}
    faults: list[str] = []
    for name, variant in table.variants.items():
        try:
            found[name] = EstimandsTable(**{**table.estimands.model_dump(), **variant.estimands})
        except ValidationError as error:
            faults += sentences(error, where, EstimandsTable, under=f"variants.{name}.estimands")
    if faults:
        raise SpecError("\n".join(faults))
    return found


def _overlay(sets: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The spec's sets with a variant's statements laid over them, parameter by parameter.

    A parameter set to `false` in the variant is one its likelihood no longer has; a set that is `false`
    has nothing to say of the variant.
    """
    merged: dict[str, Any] = {name: t for name, t in sets.items() if changes.get(name) is not False}
    for name, table in changes.items():
        if table is False and name in sets:
            continue
        own = merged.get(name, {})
        both = isinstance(own, Mapping) and isinstance(table, Mapping)
        merged[name] = {**own, **table} if both else table
    return {
        name: {key: value for key, value in table.items() if value is not False}
        if isinstance(table, Mapping)
        else table  # `resolve_sets` says what is wrong with it
        for name, table in merged.items()
    }


def _cover(where: str, set_name: str, priors: PriorSet, parameters: Sequence[Parameter]) -> None:
    """Every parameter has a prior that it can have, and no prior is left over."""
    place = f"{where}: [priors.{set_name}]"
    expected = [parameter.name for parameter in parameters]
    optional = {parameter.name for parameter in parameters if parameter.covers}
    for parameter in parameters:
        optional |= set(parameter.covers) if parameter.name in priors else set()
    faults = [
        f"{place} {name!r} is not a parameter of this model{nearest(name, expected)}"
        for name in priors
        if name not in expected
    ]
    faults += [
        f'{place} no prior for {name!r}; add {name!r} = {{ distribution = ..., why = "..." }}'
        for name in expected
        if name not in priors and name not in optional
    ]
    for parameter in parameters:
        if parameter.name in priors:
            faults += [
                f"{place} {parameter.name!r}{fault}"
                for fault in _misfits(parameter, priors[parameter.name])
            ]
    if faults:
        raise SpecError("\n".join(faults))


def _misfits(parameter: Parameter, prior: Prior) -> Iterator[str]:
    hyper = dict(prior.hyper_priors())
    if parameter.hyper and not (prior.distribution == "Normal" and prior["mu"] == 0.0 and hyper):
        yield (
            " needs a hyper-prior, such as "
            '{ distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 1 } }'
        )
    if hyper and not parameter.hyper:
        yield ": only group effects such as 1|patient may have a hyper-prior; give numbers"
    allowed = parameter.distributions
    shares = any(one.distribution == "Dirichlet" for one in (prior, *hyper.values()))
    matrix = any(one.distribution == "LKJ" for one in (prior, *hyper.values()))
    if matrix and "LKJ" not in allowed:
        yield ": LKJ is for a matrix of correlations; give a distribution of one number"
    elif shares and "Dirichlet" not in allowed:
        yield ": Dirichlet is for shares of categories; give a distribution of one number"
    elif allowed and prior.distribution not in allowed:
        yield f": {prior.distribution} is not one{nearest(prior.distribution, allowed)}"
    scalars = hyper.values() if parameter.hyper else () if parameter.listed else (prior,)
    if any(isinstance(value, tuple) for one in scalars for _, value in one.parameters):
        yield " is one number; give no list"
