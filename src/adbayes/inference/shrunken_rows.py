"""Printed effects under one regularised horseshoe: few matter, the others are shrunk to none.

Each row enters through the signed root of its print-only likelihood and the rows' estimates correlate, as in
`adbayes.inference.hierarchy`; only the prior of the effects is another. Given the global scale and the slab
the effects are independent beforehand, each with its own local scale, which is integrated out. So every row
needs the prior probability of each of its cells, a table, and what is left is drawn by Gibbs sampling without
tuning and without the funnels that gradients fear: one row at a time over its cells, then the node of the two
shared scales. Many chains side by side; of each, states so far apart that they count as independent.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from adbayes.errors import ConvergenceError
from adbayes.inference.weighted import WeightedDraws
from adbayes.model.horseshoe import RegularizedHorseshoe, shrunk_scale
from adbayes.paper.root_table import RootTable

Array = NDArray[np.float64]

CHAINS, WARM_UP, KEPT, APART = 400, 60, 10, 12
"""Chains, sweeps before the first state that is kept, states of each chain, and sweeps between them."""
MAX_R_HAT = 1.01

_SEED = 20211131
_CELL, _REACH = 0.1, 7.5  # of the signed root, in standard errors
_GLOBAL, _SLABS, _LOCAL = 40, 6, 256  # nodes of equal prior probability
_POINTS = np.geomspace(1e-6, 1e3, 600)  # at which the prior's distribution function is tabulated


@dataclass(frozen=True, eq=False)
class ShrunkenRows:
    """Printed effects, how their estimates correlate, and the prior of all of them.

    Parameters
    ----------
    roots : tuple of RootTable
        One a row.
    estimates : numpy.ndarray
        ``(rows, rows)``: correlation of the rows' estimates, positive definite.
    prior : RegularizedHorseshoe
        Of the effects, on the scale of the likelihoods.
    """

    roots: tuple[RootTable, ...]
    estimates: Array
    prior: RegularizedHorseshoe

    @cached_property
    def _cells(self) -> tuple[Array, Array]:
        """Borders of each row's cells as roots and as effects, ``(rows, borders)``; 0 is a border."""
        size = int(2 * _REACH / _CELL) + 1
        roots, effects = [], []
        for table in self.roots:
            none = table.at(0.0)
            # As many cells everywhere, from the border at no effect outwards.
            first = np.floor((-_REACH - none) / _CELL)
            border = none + _CELL * (first + np.arange(size + 1))
            effect = np.interp(border, table.root, table.theta)
            effect[np.abs(border - none) < 1e-9] = 0.0
            roots.append(border)
            effects.append(effect)
        return np.array(roots), np.array(effects)

    @cached_property
    def log_prior(self) -> Array:
        """Log prior probability of each cell, ``(nodes, rows, cells)``; nodes are equally probable.

        Returns
        -------
        numpy.ndarray
            Each node a global scale and a slab; the local scales integrated out.
        """
        tau = self.prior.tau0 * np.tan(np.pi / 2 * _middle(_GLOBAL))
        half = self.prior.slab_df / 2
        slab = np.asarray(
            stats.invgamma.ppf(_middle(_SLABS), half, scale=half * self.prior.slab_scale**2)
        )
        local = np.tan(np.pi / 2 * _middle(_LOCAL))
        _, effects = self._cells
        at = np.log(np.maximum(np.abs(effects), _POINTS[0]))
        found = []
        for each in slab.tolist():
            for one in tau.tolist():
                scale = shrunk_scale(one, local, each)
                within = special.ndtr(_POINTS[:, None] / scale).mean(axis=1) - 0.5
                below = np.where(effects == 0, 0.0, np.interp(at, np.log(_POINTS), within))
                mass = np.diff(np.sign(effects) * below, axis=1)
                found.append(np.log(np.maximum(mass, 1e-300)))
        return np.array(found)

    def draws(self, seed: int = _SEED) -> WeightedDraws:
        """Draws of all effects.

        Parameters
        ----------
        seed : int, optional
            Of the draws.

        Returns
        -------
        WeightedDraws
            ``(CHAINS * KEPT, rows)`` with equal weights.

        Raises
        ------
        ConvergenceError
            Where the chains disagree (R-hat above 1.01), so that the states are not independent draws.
        """
        kept = self.states(seed)
        # Split in early and late states: chains that still move apart from where they began would show.
        worst = max(_r_hat(kept[:, :, row]) for row in range(len(self.roots)))
        if worst > MAX_R_HAT:
            raise ConvergenceError(
                f"The draws of rows under a horseshoe have R-hat {worst:.3f}, above {MAX_R_HAT:g}; use a "
                "prior that is less at odds with the print."
            )
        values = kept.reshape(-1, len(self.roots))
        return WeightedDraws(values, np.full(len(values), 1 / len(values)), -np.inf)

    def states(self, seed: int = _SEED) -> Array:
        """The states that are kept.

        Parameters
        ----------
        seed : int, optional
            Of the draws.

        Returns
        -------
        numpy.ndarray
            ``(CHAINS, KEPT, rows)``, effects.
        """
        rng = np.random.default_rng(seed)
        borders, effects = self._cells
        middle = (borders[:, :-1] + borders[:, 1:]) / 2
        precision = np.linalg.inv(self.estimates)
        log_prior = self.log_prior
        by_row = np.ascontiguousarray(log_prior.transpose(1, 2, 0))  # (rows, cells, nodes)
        rows = len(self.roots)
        node = rng.integers(0, len(log_prior), CHAINS)
        cell = np.repeat(np.abs(middle).argmin(axis=1)[None], CHAINS, axis=0)
        root = np.take_along_axis(middle, cell.T, axis=1).T.copy()
        kept = np.empty((CHAINS, KEPT, rows))
        for sweep in range(WARM_UP + KEPT * APART):
            for row in range(rows):
                others = root @ precision[row] - precision[row, row] * root[:, row]
                fit = -0.5 * precision[row, row] * middle[row] ** 2 - others[:, None] * middle[row]
                cell[:, row] = _pick(fit + log_prior[node, row], rng)
                root[:, row] = middle[row, cell[:, row]]
            node = _pick(by_row[np.arange(rows), cell].sum(axis=1), rng)
            done = sweep - WARM_UP + 1
            if done > 0 and done % APART == 0:
                low = np.take_along_axis(effects, cell.T, axis=1).T
                high = np.take_along_axis(effects, cell.T + 1, axis=1).T
                kept[:, done // APART - 1] = low + (high - low) * rng.random(low.shape)
        return kept


def _middle(n: int) -> Array:
    """The middles of n equal parts of the probability."""
    return (np.arange(n) + 0.5) / n


def _pick(log_weight: Array, rng: np.random.Generator) -> NDArray[np.int64]:
    """One column of each row, with probability in proportion to its weight."""
    passed = np.exp(log_weight - log_weight.max(axis=1, keepdims=True)).cumsum(axis=1)
    wanted = rng.random((len(passed), 1)) * passed[:, -1:]
    return (passed < wanted).sum(axis=1)


def _r_hat(states: Array) -> float:
    """R-hat of early against late states, and of chains, whichever is worse."""
    from arviz_stats.base.array import array_stats

    half = states.shape[1] // 2
    # ArviZ wants long chains: all chains' early states are one, all their late states another.
    over_time = np.stack([states[:, :half].ravel(), states[:, half : 2 * half].ravel()])
    some = np.array_split(states, 4)
    size = min(len(part) for part in some)
    of_chains = np.stack([part[:size].ravel() for part in some])
    return max(float(array_stats.rhat(each)) for each in (over_time, of_chains))
