"""Two group means with only a p between them: the standard deviations that Welch's test implies.

Table 4 of the paper prints means, sizes and p values, but no SD. The SD of all patients (Table 2)
and the p leave a narrow set of pairs of group SDs; everything here is averaged over that set.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from adbayes.errors import DataError
from adbayes.paper.likelihood import Likelihood, box, t_mixture

Array = NDArray[np.float64]
Interval = tuple[float, float]

POINTS = 64
"""Points in the rounding box of the means and the total SD."""

RATIOS = 2001
"""Points over the prior of the log SD ratio."""

COMPONENTS = 256
"""Members of the feasible set that a likelihood is averaged over."""


@dataclass(frozen=True)
class WelchFamily:
    """The feasible pairs of group SDs, equally weighted.

    Parameters
    ----------
    n_low, n_high : int
        Patients in the groups.
    mean_low, mean_high, sd_low, sd_high : numpy.ndarray
        Means and SDs of the groups, in the outcome's unit.
    """

    n_low: int
    n_high: int
    mean_low: Array
    mean_high: Array
    sd_low: Array
    sd_high: Array

    def difference(self) -> Likelihood:
        """Likelihood of the difference of the population means, high minus low.

        Returns
        -------
        Likelihood
            A mixture of Welch t distributions over the feasible SDs.
        """
        se, df = _welch(self.sd_low, self.sd_high, self.n_low, self.n_high)
        location = self.mean_high - self.mean_low
        return Likelihood(
            t_mixture(location, se, df), float(location.mean()), float(se.mean()), self.note
        )

    def group(self, which: Literal["low", "high"]) -> Likelihood:
        """Likelihood of one group's population mean.

        Parameters
        ----------
        which : {"low", "high"}
            The group.

        Returns
        -------
        Likelihood
            A mixture of t distributions over the feasible SDs.
        """
        n = self.n_low if which == "low" else self.n_high
        location = self.mean_low if which == "low" else self.mean_high
        se = (self.sd_low if which == "low" else self.sd_high) / np.sqrt(n)
        return Likelihood(
            t_mixture(location, se, n - 1), float(location.mean()), float(se.mean()), self.note
        )

    @property
    def note(self) -> str:
        """What the likelihoods assume, in words."""
        return (
            "the SDs of the groups are not printed; those that agree with Welch's p and with the SD of "
            f"all patients are averaged over (low {np.median(self.sd_low):.1f}, high "
            f"{np.median(self.sd_high):.1f}), and that SD is of more patients than these "
            f"{self.n_low + self.n_high}"
        )


def group_sds(
    mean_low: ArrayLike,
    mean_high: ArrayLike,
    n_low: int,
    n_high: int,
    total_sd: ArrayLike,
    log_ratio: ArrayLike,
) -> tuple[Array, Array]:
    """The SDs of two groups from the SD of all of them and the ratio of the two.

    The squares within and between the groups add to (N - 1) times the total variance.

    Parameters
    ----------
    mean_low, mean_high : array_like
        Means of the groups.
    n_low, n_high : int
        Patients in the groups.
    total_sd : array_like
        SD of the groups taken together.
    log_ratio : array_like
        log(SD high / SD low).

    Returns
    -------
    tuple of (numpy.ndarray, numpy.ndarray)
        SD of the low and of the high group; NaN where the means alone differ by more than the total
        SD allows.
    """
    total = n_low + n_high
    gap = np.asarray(mean_high, dtype=float) - np.asarray(mean_low, dtype=float)
    within = (total - 1) * np.asarray(total_sd, dtype=float) ** 2 - n_low * n_high / total * gap**2
    ratio = np.exp(np.asarray(log_ratio, dtype=float))
    variance = np.where(within > 0, within, np.nan) / (n_low - 1 + (n_high - 1) * ratio**2)
    low = np.sqrt(variance)
    return np.asarray(low, dtype=float), np.asarray(low * ratio, dtype=float)


def welch_p(
    mean_low: Array, mean_high: Array, sds: tuple[Array, Array], n: tuple[int, int]
) -> Array:
    """Two-sided p of Welch's test.

    Parameters
    ----------
    mean_low, mean_high : numpy.ndarray
        Means of the groups.
    sds : tuple of (numpy.ndarray, numpy.ndarray)
        SDs of the groups.
    n : tuple of (int, int)
        Patients in the groups.

    Returns
    -------
    numpy.ndarray
        In [0, 1].
    """
    se, df = _welch(*sds, *n)
    return np.asarray(2 * stats.t.sf(np.abs(mean_high - mean_low) / se, df), dtype=float)


def welch_family(
    mean_low: Interval,
    mean_high: Interval,
    n_low: int,
    n_high: int,
    p: Interval,
    total_sd: Interval,
    log_ratio: Any,
) -> WelchFamily:
    """The pairs of group SDs that agree with the print.

    Parameters
    ----------
    mean_low, mean_high, p, total_sd : tuple of (float, float)
        What rounds to the print; a bound on p begins at 0.
    n_low, n_high : int
        Patients in the groups, at least 2 each.
    log_ratio : object
        Prior of log(SD high / SD low): a frozen distribution with `pdf` and `ppf`.

    Returns
    -------
    WelchFamily
        `COMPONENTS` members, drawn evenly from the prior restricted to what is feasible.

    Raises
    ------
    DataError
        For groups of fewer than 2, or where no pair agrees with the print.
    """
    if min(n_low, n_high) < 2:
        raise DataError(
            f"Groups of {n_low} and {n_high}; each needs at least 2 patients for an SD."
        )
    low, high, total = box(mean_low, mean_high, total_sd, points=POINTS)[:, :, None]
    ends = [float(end) for end in log_ratio.ppf([1e-5, 1 - 1e-5])]
    ratio = np.linspace(ends[0], ends[1], RATIOS)
    sd_low, sd_high = group_sds(low, high, n_low, n_high, total, ratio)
    implied = welch_p(low, high, (sd_low, sd_high), (n_low, n_high))
    weight = np.where((implied >= p[0]) & (implied <= p[1]), log_ratio.pdf(ratio), 0.0)
    if not weight.any():
        raise DataError(
            f"No pair of group SDs with a total SD of {total_sd[0]:g} to {total_sd[1]:g} gives Welch's "
            f"p of {p[0]:g} to {p[1]:g}; check the print, or widen the prior of the log SD ratio."
        )
    # Along the ratio within each rounding point, so that even steps in weight cover both.
    cumulative = np.cumsum(weight.T.ravel())
    steps = (np.arange(COMPONENTS) + 0.5) / COMPONENTS * cumulative[-1]
    chosen, point = np.divmod(np.searchsorted(cumulative, steps), POINTS)
    return WelchFamily(
        n_low,
        n_high,
        low[point, 0],
        high[point, 0],
        sd_low[point, chosen],
        sd_high[point, chosen],
    )


def _welch(sd_low: Array, sd_high: Array, n_low: int, n_high: int) -> tuple[Array, Array]:
    """Standard error of the difference and Welch's degrees of freedom."""
    a, b = sd_low**2 / n_low, sd_high**2 / n_high
    df = (a + b) ** 2 / (a**2 / (n_low - 1) + b**2 / (n_high - 1))
    return np.asarray(np.sqrt(a + b), dtype=float), np.asarray(df, dtype=float)
