"""Two group means with a p: the SDs that a pooled and a Welch test need, and whether they can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from adbayes.paper.findings import Finding, Grade
from adbayes.paper.grids import Interval, Moments
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.published import PublishedNumber
from adbayes.paper.welch import group_sds, welch_p

Array = NDArray[np.float64]

# Shares of the squared standard error that come from the first group.
_SHARES = np.linspace(0, 1, 401)
_RATIOS = np.linspace(-4, 4, 8001)
_SLACK = 1e-9


@dataclass(frozen=True)
class Contrast:
    """Two printed means of groups of known size, and the p of their difference.

    Parameters
    ----------
    first, second : PublishedNumber
        The means; their `n` is the size of the group.
    p : PublishedNumber
        Two-sided.
    sds : tuple of PublishedNumber
        The SDs of the groups, in the same order; empty where they are not printed.
    """

    first: PublishedNumber
    second: PublishedNumber
    p: PublishedNumber
    sds: tuple[PublishedNumber, ...]

    @property
    def sizes(self) -> tuple[int, int]:
        """Patients in the groups."""
        first, second = self.first.denominator, self.second.denominator
        assert first is not None
        assert second is not None
        return first, second

    @property
    def gap(self) -> Interval:
        """The absolute differences of the means that rounding leaves."""
        low = self.first.interval[0] - self.second.interval[1]
        high = self.first.interval[1] - self.second.interval[0]
        ends = sorted((abs(low), abs(high)))
        return (0.0 if low <= 0 <= high else ends[0]), ends[1]

    @property
    def mean(self) -> float:
        """Mean of the two groups together."""
        n1, n2 = self.sizes
        return (n1 * self.first.numeric + n2 * self.second.numeric) / (n1 + n2)


def contrasts(ledger: Ledger) -> list[Contrast]:
    """The p values that stand over two group means with their sizes.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers; the ids of the means begin with the id of the p but for its last part.

    Returns
    -------
    list of Contrast
        In the order of the ledger.
    """
    found = []
    for p in ledger.of_statistic("p_value"):
        base = base_of(p.id) + "."
        means = [
            one
            for one in ledger.of_statistic("mean", "pct_change_mean")
            if one.id.startswith(base) and one.denominator and one.denominator > 1
        ]
        if len(means) == 2:
            sds = [ledger.beside(base_of(one.id), _sd_of(one)) for one in means]
            kept = tuple(sd for sd in sds if sd is not None)
            found.append(Contrast(means[0], means[1], p, kept if len(kept) == 2 else ()))
    return found


def pooled_sd(contrast: Contrast) -> Interval:
    """The common SDs with which an equal-variance t test gives the printed p.

    Parameters
    ----------
    contrast : Contrast
        The prints.

    Returns
    -------
    tuple of (float, float)
        Within rounding; from 0 where p is printed as a bound.
    """
    n1, n2 = contrast.sizes
    t_high, t_low = stats.t.isf(np.clip(np.array(contrast.p.interval), 0, 1) / 2, n1 + n2 - 2)
    unit = sqrt(1 / n1 + 1 / n2)
    low, high = contrast.gap
    return float(low / t_high / unit), float(high / t_low / unit) if t_low > 0 else np.inf


def least_squares_within(contrast: Contrast, equal: bool) -> float:
    """The smallest sum of squares within the groups with which a t test gives the printed p.

    Parameters
    ----------
    contrast : Contrast
        The prints.
    equal : bool
        Whether the test takes the variances as equal; Welch's if not.

    Returns
    -------
    float
        In the squared unit of the means; 0 where p is printed as a bound.
    """
    n1, n2 = contrast.sizes
    if equal:
        return (n1 + n2 - 2) * pooled_sd(contrast)[0] ** 2
    df = 1 / (_SHARES**2 / (n1 - 1) + (1 - _SHARES) ** 2 / (n2 - 1))
    t_high = stats.t.isf(max(contrast.p.interval[0], 0.0) / 2, df)
    squared_error = (contrast.gap[0] / t_high) ** 2
    squares = squared_error * (_SHARES * n1 * (n1 - 1) + (1 - _SHARES) * n2 * (n2 - 1))
    return float(squares.min())


def welch_sds(contrast: Contrast, total_sd: float) -> tuple[float, float] | None:
    """The SDs of the groups with which Welch's test gives the printed p at a given SD of both.

    Parameters
    ----------
    contrast : Contrast
        The prints, taken at their middle; a bound on p as the bound.
    total_sd : float
        SD of the two groups together.

    Returns
    -------
    tuple of (float, float) or None
        The pair that differs least; None where no pair does.
    """
    first, second = np.array(contrast.first.numeric), np.array(contrast.second.numeric)
    sds = group_sds(first, second, *contrast.sizes, total_sd, _RATIOS)
    off = welch_p(first, second, sds, contrast.sizes) - contrast.p.numeric
    crossings = np.flatnonzero(np.diff(np.sign(off)) != 0)
    if np.isnan(off).any() or not len(crossings):
        return None
    place = crossings[np.argmin(np.abs(_RATIOS[crossings]))]
    return float(sds[0][place]), float(sds[1][place])


def two_groups(ledger: Ledger, totals: Mapping[str, Moments]) -> list[Finding]:
    """Every p over two group means.

    Parameters
    ----------
    ledger : Ledger
        The printed numbers.
    totals : mapping of str to Moments
        By the id of a p: mean and SD of all patients, among whom the two groups are.

    Returns
    -------
    list of Finding
        Inconsistent where neither an equal-variance nor a Welch test can give the p: beside the
        printed SDs of the groups, or else within the squares of all patients.
    """
    found = []
    for contrast in contrasts(ledger):
        if contrast.sds:
            found.append(_beside_sds(contrast))
        elif contrast.p.id in totals and ledger.sample_size:
            found.append(_within_total(contrast, totals[contrast.p.id], ledger.sample_size))
    return found


def _within_total(contrast: Contrast, total: Moments, size: int) -> Finding:
    n1, n2 = contrast.sizes
    n = n1 + n2
    largest = (size - 1) * total.sd.interval[1] ** 2
    # The groups' squares about all patients' mean are part of all patients' squares.
    apart = n1 * n2 / n * contrast.gap[0] ** 2
    half = (total.mean.interval[1] - total.mean.interval[0]) / 2
    off = max(abs(contrast.mean - total.mean.numeric) - 2 * half, 0.0)
    rest = size - n
    if rest > 0:
        apart += n * size / rest * off**2
    pooled, welch = (apart + least_squares_within(contrast, equal) for equal in (True, False))
    fits = [one <= largest + _SLACK for one in (pooled, welch)]
    balanced = n <= size and not (rest == 0 and off > half)
    grade: Grade = "consistent" if any(fits) and balanced else "inconsistent"
    if all(fits):
        verdict = "pooled and Welch both possible"
    elif any(fits):
        verdict = "Welch only" if fits[1] else "pooled only"
    else:
        verdict = "neither a pooled nor a Welch test possible"
    if not balanced:
        verdict += f"; {n} patients with mean {contrast.mean:.2f} are not among {size}"
    low, high = pooled_sd(contrast)
    bounded = contrast.p.bound == "upper"
    sd = f"at most {high:.2f}" if bounded else f"{(low + high) / 2:.2f}"
    pair = welch_sds(contrast, total.sd.numeric)
    by_welch = "no pair" if pair is None else f"{pair[0]:.2f} and {pair[1]:.2f}"
    return Finding(
        f"two_groups.{base_of(contrast.p.id)}",
        "t test p beside means and sizes",
        (contrast.first, contrast.second, contrast.p, total.mean, total.sd),
        f"{verdict}; pooled SD {sd}; Welch's SDs {by_welch} if both groups together have {total.sd.value}",
        f"mean of the {n1}+{n2} = {contrast.mean:.2f} beside {total.mean.value}; least sum of squares "
        f"pooled {pooled:.0f}, Welch {welch:.0f}, of all {size} (n-1)*SD^2 = {largest:.0f}",
        grade,
        possible=""
        if grade == "consistent"
        else f"a larger p, or an SD of all above {total.sd.value}",
        condition=f"the groups are among the {size} patients of {total.sd.id}",
        printed=_text(contrast),
    )


def _beside_sds(contrast: Contrast) -> Finding:
    """All corners of the rounding box: p falls with the gap and rises with either SD."""
    n1, n2 = contrast.sizes
    ranges = []
    for equal in (True, False):
        ends = []
        for gap, corner in ((contrast.gap[1], 0), (contrast.gap[0], 1)):
            a, b = (max(sd.interval[corner], 0.0) for sd in contrast.sds)
            grid = _test_p(gap, a, b, n1, n2, equal)
            ends.append(grid)
        ranges.append((min(ends), max(ends)))
    low, high = contrast.p.interval
    # Welch's degrees of freedom are not monotone in the SDs; a tenth of a unit covers that.
    slack = 0.1 * 10.0**-contrast.p.decimals
    fits = [low - slack <= one[1] and one[0] <= high + slack for one in ranges]
    names = [name for name, fit in zip(("pooled", "Welch"), fits, strict=True) if fit]
    told = "; ".join(
        f"{name} p {one[0]:.3g} to {one[1]:.3g}"
        for name, one in zip(("pooled", "Welch"), ranges, strict=True)
    )
    return Finding(
        f"two_groups.{base_of(contrast.p.id)}",
        "t test p beside means, SDs and sizes",
        (contrast.first, contrast.second, contrast.p, *contrast.sds),
        " and ".join(names) + " test fits" if names else "neither test fits",
        told,
        "consistent" if names else "inconsistent",
        possible=told,
        condition="a two-sided t test of these two groups",
        printed=f"{_text(contrast)}; SDs {', '.join(sd.value for sd in contrast.sds)}",
    )


def _test_p(gap: float, sd1: float, sd2: float, n1: int, n2: int, equal: bool) -> float:
    if sd1 == 0 == sd2:
        return 0.0 if gap > 0 else 1.0
    found = stats.ttest_ind_from_stats(gap, sd1, n1, 0.0, sd2, n2, equal_var=equal)
    return float(found.pvalue)


def _sd_of(mean: PublishedNumber) -> str:
    return "sd" if mean.statistic == "mean" else "pct_change_sd"


def _text(contrast: Contrast) -> str:
    n1, n2 = contrast.sizes
    return (
        f"{contrast.first.value} (n={n1}), {contrast.second.value} (n={n2}), p={contrast.p.value}"
    )
