"""The 2x2 counts behind an odds ratio: which numbers of responders give its estimate, interval and p.

A logistic model with a binary predictor and one covariate is fitted by four things: the responders of
the two groups, how far the groups differ in the covariate, and the slope of the covariate. The
printed odds ratio fixes the slope for every choice of the others; interval and p then accept or
refuse it. The covariate is taken as lognormal within each group, at its quantiles.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from adbayes.paper.coherence import OddsRatioRow
from adbayes.paper.signed_root import se_interval

Array = NDArray[np.float64]

SHIFTS = np.linspace(-2, 2, 41)
"""Differences of the groups in the covariate that are tried, in its SDs."""

STEEPEST = 1.0
"""Largest slope that is accepted, in log odds per SD of the covariate."""

TOLERANCE = 0.01
"""How far beyond its rounding an end of the interval, or the standard error that the p implies, may
lie on the log scale, since the true covariate is not known."""

_POINTS = 12
_STEPS = 30
_HALVINGS = 16


@dataclass(frozen=True)
class Cells:
    """The counts that reproduce a printed odds ratio.

    Parameters
    ----------
    exposed, unexposed : numpy.ndarray of int
        Responders in the two groups, one element a pair.
    n_exposed, n_unexposed : int
        Sizes of the groups.
    tried : int
        Pairs that were tried.
    """

    exposed: NDArray[np.int64]
    unexposed: NDArray[np.int64]
    n_exposed: int
    n_unexposed: int
    tried: int

    @property
    def totals(self) -> tuple[int, int] | None:
        """Fewest and most responders of both groups; None where nothing reproduces the print."""
        total = self.exposed + self.unexposed
        return None if not len(total) else (int(total.min()), int(total.max()))


def search(row: OddsRatioRow, n_exposed: int, n_unexposed: int, spread: float) -> Cells:
    """The counts of responders that reproduce an odds ratio, its interval and its Wald p.

    Parameters
    ----------
    row : OddsRatioRow
        The prints; a profile interval.
    n_exposed, n_unexposed : int
        Patients in the two groups.
    spread : float
        SD over mean of the covariate.

    Returns
    -------
    Cells
        What is reproduced for some shift in `SHIFTS` and some slope up to `STEEPEST`.
    """
    crude = np.log(row.estimate.numeric)
    pairs = [
        (a, b)
        for a in range(1, n_exposed)
        for b in range(1, n_unexposed)
        # A shift times a slope cannot carry an odds ratio further than this.
        if abs(np.log(a / (n_exposed - a) * (n_unexposed - b) / b) - crude)
        <= STEEPEST * np.abs(SHIFTS).max()
    ]
    if not pairs:
        none = np.empty(0, dtype=np.int64)
        return Cells(none, none, n_exposed, n_unexposed, 0)
    counts = np.array(pairs, dtype=np.int64)
    shift = np.tile(SHIFTS, len(pairs))
    events = np.repeat(counts, len(SHIFTS), axis=0).astype(float)
    model = _Model(events, shift, (n_exposed, n_unexposed), _scores(spread))
    place = np.repeat(np.arange(len(pairs)), len(SHIFTS))
    # The costly conditions only where the cheap ones hold.
    for narrow in (_Model.brackets, _Model.has_p, _Model.has_interval):
        kept, slope = narrow(model, row)
        model, place = model.keep(kept, slope), place[kept]
    chosen = np.unique(place)
    return Cells(counts[chosen, 0], counts[chosen, 1], n_exposed, n_unexposed, len(pairs))


def _scores(spread: float) -> Array:
    """Standardised quantiles of a lognormal."""
    shape = np.sqrt(np.log1p(spread**2))
    points = stats.lognorm(shape).ppf((np.arange(_POINTS) + 0.5) / _POINTS)
    return np.asarray((points - points.mean()) / points.std(), dtype=float)


@dataclass(frozen=True)
class _Model:
    """Logistic models, one an element; group 0 is the exposed one, shifted by `shift`."""

    events: Array
    shift: Array
    sizes: tuple[int, int]
    scores: Array
    slope: Array = field(default_factory=lambda: np.empty(0))

    def keep(self, which: NDArray[np.bool_], slope: Array) -> "_Model":
        events, shift = self.events[which], self.shift[which]
        return _Model(events, shift, self.sizes, self.scores, slope[which])

    def _x(self, group: int) -> Array:
        middle = self.shift if group == 0 else np.zeros_like(self.shift)
        return np.asarray(middle[:, None] + self.scores, dtype=float)

    def _intercept(self, group: int, slope: Array) -> Array:
        """The intercept at which the expected responders are the counts; Newton on the logit."""
        share = self.events[:, group] / self.sizes[group]
        target = np.log(share / (1 - share))
        x = self._x(group)
        alpha = target - slope * x.mean(axis=1)
        for _ in range(_STEPS):
            p = expit(alpha[:, None] + slope[:, None] * x)
            mean, variance = p.mean(axis=1), (p * (1 - p)).mean(axis=1)
            step = (np.log(mean / (1 - mean)) - target) * mean * (1 - mean) / variance
            alpha = alpha - step
            if np.abs(step).max(initial=0) < 1e-8:
                break
        return np.asarray(alpha, dtype=float)

    def _off(self, slope: Array, effect: float) -> Array:
        return self._intercept(0, slope) - self._intercept(1, slope) - effect

    def brackets(self, row: OddsRatioRow) -> tuple[NDArray[np.bool_], Array]:
        """Where some slope up to the steepest gives the printed odds ratio."""
        effect = float(np.log(row.estimate.numeric))
        ends = [self._off(np.full_like(self.shift, s * STEEPEST), effect) for s in (-1, 1)]
        return ends[0] * ends[1] <= 0, np.full_like(self.shift, STEEPEST)

    def has_p(self, row: OddsRatioRow) -> tuple[NDArray[np.bool_], Array]:
        """The slope that gives the printed odds ratio, by bisection; where it has the printed p."""
        effect = float(np.log(row.estimate.numeric))
        low, high = -self.slope, self.slope
        first = self._off(low, effect)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            same = self._off(middle, effect) * first > 0
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        slope = np.asarray((low + high) / 2, dtype=float)
        if row.p is None:
            return np.ones(len(slope), dtype=bool), slope
        least, most = se_interval(row.estimate.interval, row.p.interval)
        se = self._standard_error(self._intercept(1, slope), effect, slope)
        return (se >= least * np.exp(-TOLERANCE)) & (se <= most * np.exp(TOLERANCE)), slope

    def has_interval(self, row: OddsRatioRow) -> tuple[NDArray[np.bool_], Array]:
        """Where the likelihood falls by the right amount between the nearer and the farther ends."""
        effect = np.full_like(self.shift, np.log(row.estimate.numeric))
        alpha = self._intercept(1, self.slope)
        # The covariate's sufficient statistic is its expectation at the fit.
        moment = self._moment(alpha, effect, self.slope)
        best = self._loglik(alpha, effect, self.slope, moment)
        ok = np.ones(len(self.slope), dtype=bool)
        half_drop = row.critical**2 / 2
        for end, outward in ((row.low, -1), (row.high, 1)):
            ends = np.log(np.maximum(end.interval, 1e-300))
            near, far = ends[::outward]
            for place, nearer in (
                (near - outward * TOLERANCE, True),
                (far + outward * TOLERANCE, False),
            ):
                drop = best - self._profile(float(place), alpha, self.slope, moment)
                ok &= (drop <= half_drop) if nearer else (drop >= half_drop)
        return ok, self.slope

    def _linear(self, group: int, alpha: Array, effect: Array, slope: Array) -> Array:
        base = alpha + effect if group == 0 else alpha
        return np.asarray(base[:, None] + slope[:, None] * self._x(group), dtype=float)

    def _moment(self, alpha: Array, effect: Array, slope: Array) -> Array:
        total = np.zeros_like(alpha)
        for group, n in enumerate(self.sizes):
            p = expit(self._linear(group, alpha, effect, slope))
            total += n * (p * self._x(group)).mean(axis=1)
        return total

    def _loglik(self, alpha: Array, effect: Array, slope: Array, moment: Array) -> Array:
        value = alpha * self.events.sum(axis=1) + effect * self.events[:, 0] + slope * moment
        for group, n in enumerate(self.sizes):
            value -= n * np.logaddexp(0, self._linear(group, alpha, effect, slope)).mean(axis=1)
        return np.asarray(value, dtype=float)

    def _information(self, alpha: Array, effect: Array, slope: Array) -> tuple[Array, Array]:
        """Sums of w, wx, wx^2 per group, and the gradient's expectations."""
        weights, expected = [], []
        for group, n in enumerate(self.sizes):
            x = self._x(group)
            p = expit(self._linear(group, alpha, effect, slope))
            w = p * (1 - p)
            weights.append([n * (w * x**k).mean(axis=1) for k in range(3)])
            expected.append([n * (p * x**k).mean(axis=1) for k in range(2)])
        return np.array(weights), np.array(expected)

    def _standard_error(self, alpha: Array, effect: float, slope: Array) -> Array:
        weights, _ = self._information(alpha, np.full_like(alpha, effect), slope)
        # The information on the two intercepts with the slope eliminated; variance of their gap.
        (w0, m0, s0), (w1, m1, s1) = weights
        rest = s0 + s1 - m0**2 / w0 - m1**2 / w1
        return np.asarray(np.sqrt(1 / w0 + 1 / w1 + (m0 / w0 - m1 / w1) ** 2 / rest), dtype=float)

    def _profile(self, effect: float, alpha: Array, slope: Array, moment: Array) -> Array:
        """Log-likelihood maximised over intercept and slope; Newton with halved steps."""
        fixed = np.full_like(alpha, effect)
        events = self.events.sum(axis=1)
        value = self._loglik(alpha, fixed, slope, moment)
        for _ in range(_STEPS):
            weights, expected = self._information(alpha, fixed, slope)
            w, m, s = weights.sum(axis=0)
            g0, g1 = events - expected[:, 0].sum(axis=0), moment - expected[:, 1].sum(axis=0)
            det = w * s - m * m
            step_a, step_b = (s * g0 - m * g1) / det, (w * g1 - m * g0) / det
            scale = np.ones_like(alpha)
            for _ in range(6):
                tried = self._loglik(alpha + scale * step_a, fixed, slope + scale * step_b, moment)
                scale = np.where(tried < value - 1e-12, scale / 2, scale)
            alpha, slope = alpha + scale * step_a, slope + scale * step_b
            new = self._loglik(alpha, fixed, slope, moment)
            if np.abs(new - value).max(initial=0) < 1e-9:
                return new
            value = new
        return value
