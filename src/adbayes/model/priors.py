"""Prior distributions as data: what a spec states, in Bambi's words, with its reason.

Names and parameters follow PyMC (and so Bambi). A prior here is a value: it can be compared, hashed
into a fingerprint, printed, turned into a Bambi prior, and evaluated with SciPy.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from adbayes.errors import SpecError
from adbayes.model.dirichlet import Dirichlet
from adbayes.model.horseshoe import RegularizedHorseshoe
from adbayes.model.lkj import Lkj
from adbayes.model.log_f import LogF, log_f_in_pymc
from adbayes.model.mixtures import MIXTURES, fault

if TYPE_CHECKING:
    import bambi as bmb


def _half(distribution: Any) -> Callable[..., Any]:
    """Fold a SciPy distribution that is symmetric about zero onto the positive half-line."""

    class Folded:
        def __init__(self, **parameters: float) -> None:
            self.whole = distribution(**parameters)

        def pdf(self, x: Any) -> Any:
            return np.where(np.asarray(x) >= 0, 2 * self.whole.pdf(x), 0.0)

        def logpdf(self, x: Any) -> Any:
            return np.where(np.asarray(x) >= 0, np.log(2) + self.whole.logpdf(x), -np.inf)

        def cdf(self, x: Any) -> Any:
            return np.where(np.asarray(x) >= 0, 2 * self.whole.cdf(x) - 1, 0.0)

        def ppf(self, q: Any) -> Any:
            return self.whole.ppf((1 + np.asarray(q)) / 2)

        def rvs(self, size: Any = None, random_state: Any = None) -> Any:
            return np.abs(self.whole.rvs(size=size, random_state=random_state))

    return Folded


def _student(nu: float, sigma: float, mu: float = 0.0) -> Any:
    return stats.t(nu, loc=mu, scale=sigma)


# PyMC name -> (parameters in order, SciPy's frozen equivalent). One table: what is not in it is not a prior.
DISTRIBUTIONS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "Normal": (("mu", "sigma"), lambda mu, sigma: stats.norm(mu, sigma)),
    "StudentT": (("nu", "mu", "sigma"), lambda nu, mu, sigma: _student(nu, sigma, mu)),
    "Cauchy": (("alpha", "beta"), lambda alpha, beta: stats.cauchy(alpha, beta)),
    "LogF": (("m",), LogF),
    "Laplace": (("mu", "b"), lambda mu, b: stats.laplace(mu, b)),
    "HalfNormal": (("sigma",), lambda sigma: stats.halfnorm(scale=sigma)),
    "HalfStudentT": (("nu", "sigma"), lambda nu, sigma: _half(_student)(nu=nu, sigma=sigma)),
    "HalfCauchy": (("beta",), lambda beta: stats.halfcauchy(scale=beta)),
    "Exponential": (("lam",), lambda lam: stats.expon(scale=1 / lam)),
    "Gamma": (("alpha", "beta"), lambda alpha, beta: stats.gamma(alpha, scale=1 / beta)),
    "InverseGamma": (("alpha", "beta"), lambda alpha, beta: stats.invgamma(alpha, scale=beta)),
    "LogNormal": (("mu", "sigma"), lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu))),
    "Beta": (("alpha", "beta"), lambda alpha, beta: stats.beta(alpha, beta)),
    "Uniform": (("lower", "upper"), lambda lower, upper: stats.uniform(lower, upper - lower)),
    "LKJ": (("eta",), Lkj),  # of a correlation matrix
    "Dirichlet": (("a",), Dirichlet),  # of the shares of categories
    **MIXTURES,
}
_NOT_PYMC: dict[str, Callable[..., Any]] = {"LogF": log_f_in_pymc}
"""What PyMC lacks, made by a function of name, parameters, dims and shape."""
# One prior of a whole block of slopes: not one that a single parameter can have.
BLOCKS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "RegularizedHorseshoe": (
        ("relevant", "predictors", "patients", "slab_scale", "slab_df"),
        RegularizedHorseshoe,
    ),
}
_KNOWN = DISTRIBUTIONS | BLOCKS
_POSITIVE = {
    "sigma", "nu", "b", "beta", "lam", "m", "eta", "a", "w", *BLOCKS["RegularizedHorseshoe"][0]
}  # fmt: skip
_POSITIVE_ALPHA = {
    "Gamma",
    "InverseGamma",
    "Beta",
    "BetaMixture",
}  # a Cauchy's alpha is its location


type Value = "float | tuple[float, ...] | tuple[tuple[float, ...], ...] | Prior"
"""Of a parameter of a prior."""


@dataclass(frozen=True, repr=False)
class Prior:
    """One prior distribution and the reason for it.

    Parameters
    ----------
    distribution : str
        A name of `DISTRIBUTIONS` (PyMC's names) or of `BLOCKS`.
    parameters : tuple of (str, value)
        PyMC's parameters in order; a value is a number, a tuple of numbers (one a level of the
        term; of a mixture one a component, or a tuple of these a level), or another prior (a
        hyper-prior, for group effects).
    why : str
        The reason, for the prior table; never empty for a prior that a spec states.
    source : str
        Where its numbers are from; empty for a choice that rests on `why` alone.
    absent : str
        Why its set states none of its own, and whose this is; empty where it does.
    """

    distribution: str
    parameters: "tuple[tuple[str, Value], ...]"
    why: str = ""
    source: str = ""
    absent: str = field(default="", compare=False)

    @classmethod
    def of(cls, distribution: str, why: str = "", **parameters: Any) -> "Prior":
        """Make a prior, checking its name and parameters.

        Parameters
        ----------
        distribution : str
            A name of `DISTRIBUTIONS` or `BLOCKS`.
        why : str, optional
            The reason.
        **parameters : float or sequence of float or Prior
            PyMC's parameters.

        Returns
        -------
        Prior
            The checked prior.

        Raises
        ------
        SpecError
            For an unknown name, a missing, unknown or non-positive parameter.
        """
        if not isinstance(distribution, str) or distribution not in _KNOWN:
            near = get_close_matches(str(distribution), _KNOWN, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SpecError(
                f"unknown distribution {distribution!r}{hint} (allowed: {', '.join(_KNOWN)})"
            )
        names = _KNOWN[distribution][0]
        unknown = [key for key in parameters if key not in names]
        missing = [key for key in names if key not in parameters]
        if unknown or missing:
            found = ", ".join(parameters) or "none"
            raise SpecError(f"{distribution} takes {', '.join(names)}, found {found}")
        clean: list[tuple[str, Value]] = []
        for key in names:
            value = parameters[key]
            if isinstance(value, Prior):
                clean.append((key, value))
                continue
            numbers = _numbers(value, rows=distribution in MIXTURES)
            if numbers is None:
                raise SpecError(
                    f"{distribution}: {key} must be a finite number (or a list of them, one a level), "
                    f"found {value!r}"
                )
            positive = key in _POSITIVE or (key == "alpha" and distribution in _POSITIVE_ALPHA)
            if positive and (numbers <= 0).any():
                raise SpecError(f"{distribution}: {key} must be positive, found {value!r}")
            clean.append((key, float(value) if np.ndim(value) == 0 else _tuple(numbers)))
        if distribution in BLOCKS:
            if not all(isinstance(value, float) for _, value in clean):
                raise SpecError("RegularizedHorseshoe: one number each; it is one prior of a block")
            block = cls(distribution, tuple(clean))
            relevant, predictors = block.number("relevant"), block.number("predictors")
            if not relevant < predictors:
                raise SpecError(
                    "RegularizedHorseshoe: relevant must be below predictors, found "
                    f"{relevant:g} of {predictors:g}"
                )
        if distribution in MIXTURES and (wrong := fault(distribution, dict(clean))):
            raise SpecError(wrong)
        if distribution == "Uniform":
            lower, upper = (value for _, value in clean)
            if isinstance(lower, float) and isinstance(upper, float) and lower >= upper:
                raise SpecError(f"Uniform: lower must be below upper, found {lower} and {upper}")
        return cls(distribution, tuple(clean), why)

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> "Prior":
        """Read a prior as a spec writes it: `{distribution, <parameters>, why, source}`, hyper-priors nested.

        Parameters
        ----------
        table : mapping
            The TOML table.

        Returns
        -------
        Prior
            The checked prior.

        Raises
        ------
        SpecError
            As `Prior.of`; also where `distribution` is absent.
        """
        if "distribution" not in table:
            raise SpecError("a prior needs the key 'distribution'")
        parameters = {
            key: cls.from_mapping(value) if isinstance(value, Mapping) else value
            for key, value in table.items()
            if key not in ("distribution", "why", "source")
        }
        if {"cls", "self"} & set(parameters):  # Python's own words, which ** could not pass on
            raise SpecError(f"a prior has no parameter {', '.join(parameters)}")
        made = cls.of(table["distribution"], why=str(table.get("why", "")), **parameters)
        return replace(made, source=str(table.get("source", "")))

    @classmethod
    def from_bambi(cls, prior: "bmb.Prior", why: str = "given by the caller") -> "Prior":
        """Take over a `bambi.Prior`, so that it can be validated, hashed and shown like any other.

        Parameters
        ----------
        prior : bambi.Prior
            The prior.
        why : str, optional
            The reason shown in the prior table.

        Returns
        -------
        Prior
            The same prior as a value.

        Raises
        ------
        SpecError
            For anything that is no prior, and for one that is not known here.
        """
        if not (hasattr(prior, "name") and hasattr(prior, "args")):
            raise SpecError(
                f"a prior is {prior!r}, a {type(prior).__name__}; give one made by ab.Prior.of, such as "
                'ab.Prior.of("Normal", mu=0, sigma=1), or a bambi.Prior'
            )
        parameters = {
            key: cls.from_bambi(value, "") if hasattr(value, "args") else value
            for key, value in prior.args.items()
        }
        return cls.of(prior.name, why=why, **parameters)

    def __getitem__(self, parameter: str) -> "Value":
        return dict(self.parameters)[parameter]

    def number(self, parameter: str) -> float:
        """A parameter that is one number.

        Parameters
        ----------
        parameter : str
            PyMC's name.

        Returns
        -------
        float
            Its value.

        Raises
        ------
        TypeError
            For a list and for a prior.
        """
        value = self[parameter]
        if not isinstance(value, float):
            raise TypeError(f"{parameter} of {self} is not one number")
        return value

    def __repr__(self) -> str:
        return f"{self}: {self.why}" if self.why else str(self)

    def __str__(self) -> str:
        inside = ", ".join(
            f"{key}={value if isinstance(value, Prior) else _number(value)}"
            for key, value in self.parameters
        )
        return f"{self.distribution}({inside})"

    @property
    def reason(self) -> str:
        """`why`, after the reason why its set states none of its own."""
        return f"{self.absent}: {self.why}" if self.absent else self.why

    @property
    def is_hierarchical(self) -> bool:
        """Whether any parameter is itself a prior."""
        return any(isinstance(value, Prior) for _, value in self.parameters)

    def frozen(self, among: int = 2) -> Any:
        """SciPy's equivalent, with pdf, logpdf, cdf, ppf and rvs.

        Parameters
        ----------
        among : int, optional
            Number of variables that an LKJ prior correlates, or of categories of a Dirichlet; it is
            then the margin of one correlation or share.

        Returns
        -------
        object
            A frozen distribution; vectorised where a parameter is a tuple.

        Raises
        ------
        SpecError
            For a prior with a hyper-prior, whose marginal has no closed form here.
        """
        if self.is_hierarchical:
            raise SpecError(f"{self} has a hyper-prior and no closed-form marginal")
        values = {
            key: np.asarray(value) if isinstance(value, tuple) else value
            for key, value in self.parameters
        }
        distribution = _KNOWN[self.distribution][1](**values)
        whole = isinstance(distribution, Lkj | Dirichlet)
        return distribution.margin(among) if whole else distribution

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Log density at values of the parameter.

        Parameters
        ----------
        values : numpy.ndarray
            Of any shape; under an LKJ prior the last axis holds one matrix's correlations, under a
            Dirichlet shares.

        Returns
        -------
        numpy.ndarray
            One a value; one a matrix under an LKJ prior; under a Dirichlet one for all shares, up to
            a constant.
        """
        if self.distribution == "LKJ":
            return Lkj(self.number("eta")).log_density(values)
        if self.distribution == "Dirichlet":
            return Dirichlet(self.number("a")).log_density(values)
        return np.asarray(self.frozen().logpdf(values), dtype=float)

    def sample(self, size: int, rng: np.random.Generator, width: int | None = None) -> np.ndarray:
        """Draw from the prior, hyper-priors first.

        Parameters
        ----------
        size : int
            Number of draws.
        rng : numpy.random.Generator
            The source of randomness.
        width : int, optional
            Number of coefficients that share this prior independently; the draws are then
            ``(size, width)``. With a hyper-prior they share its draw. For an LKJ prior the number of
            variables, whose ``width (width - 1) / 2`` correlations are drawn; for a Dirichlet of categories.

        Returns
        -------
        numpy.ndarray
            ``(size,)``, or ``(size, width)``.
        """
        values: dict[str, Any] = {}
        for key, value in self.parameters:
            if isinstance(value, Prior):
                drawn = value.sample(size, rng)
                values[key] = drawn if width is None else drawn[:, None]
            else:
                values[key] = np.asarray(value) if isinstance(value, tuple) else value
        shape = size if width is None else (size, width)
        frozen = _KNOWN[self.distribution][1](**values)
        if isinstance(frozen, Lkj | Dirichlet):  # a matrix's correlations hang together
            return frozen.sample(size, width or 2, rng)
        return np.asarray(frozen.rvs(size=shape, random_state=rng), dtype=float)

    def to_bambi(self) -> "bmb.Prior":
        """The same prior for Bambi.

        Returns
        -------
        bambi.Prior
            With hyper-priors nested.
        """
        import bambi as bmb

        if self.distribution in BLOCKS:
            raise SpecError(
                "RegularizedHorseshoe is a prior of a block of slopes, which Bambi does not have; "
                'use it as `slopes` in a spec of kind = "imputed_logistic"'
            )
        if self.distribution == "BetaMixture":
            raise SpecError(
                "BetaMixture is a prior of a share, which no coefficient of a formula is"
            )
        values = {
            key: value.to_bambi()
            if isinstance(value, Prior)
            else (np.asarray(value) if isinstance(value, tuple) else value)
            for key, value in self.parameters
        }
        return bmb.Prior(self.distribution, dist=_NOT_PYMC.get(self.distribution), **values)

    def to_mapping(self) -> dict[str, Any]:
        """The table a spec would write, for fingerprints and scaffolds.

        Returns
        -------
        dict
            `distribution` and the parameters, hyper-priors nested; `why` is left out because a
            reason changes no number.
        """
        table: dict[str, Any] = {"distribution": self.distribution}
        for key, value in self.parameters:
            table[key] = (
                value.to_mapping()
                if isinstance(value, Prior)
                else (np.asarray(value).tolist() if isinstance(value, tuple) else value)
            )
        return table

    def hyper_priors(self) -> Iterator[tuple[str, "Prior"]]:
        """The priors nested in this one.

        Yields
        ------
        tuple of (str, Prior)
            Parameter name and hyper-prior.
        """
        for key, value in self.parameters:
            if isinstance(value, Prior):
                yield key, value


def _numbers(value: object, *, rows: bool) -> np.ndarray | None:
    """One number, or a plain list of numbers (or of rows of them), as an array; None for anything else."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    items = list(value) if isinstance(value, list | tuple) else [value]
    if rows and items and all(isinstance(item, list | tuple) for item in items):
        found = [row for item in items if (row := _numbers(item, rows=False)) is not None]
        whole = len(found) == len(items) and len({len(row) for row in found}) == 1
        return np.stack(found) if whole else None
    if not items or any(isinstance(item, list | tuple) for item in items):
        return None
    numbers = np.asarray(items)
    return numbers if numbers.dtype.kind in "iuf" and np.isfinite(numbers).all() else None


def _tuple(numbers: np.ndarray) -> "tuple[float, ...] | tuple[tuple[float, ...], ...]":
    if numbers.ndim == 2:
        return tuple(tuple(float(v) for v in row) for row in numbers)
    return tuple(float(v) for v in numbers)


def _number(value: "float | tuple[float, ...] | tuple[tuple[float, ...], ...]") -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_number, value)) + "]"
    return f"{value:g}"
