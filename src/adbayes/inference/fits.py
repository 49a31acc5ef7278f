"""The fits of one spec under `for_each`: one a predictor, summarised together."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from adbayes.inference.fit import Fit
from adbayes.model.sentences import nearest
from adbayes.shown import as_html

if TYPE_CHECKING:
    from adbayes.paper.published import Paper


class MissingFitError(KeyError):
    """A predictor that was not fitted; a `KeyError` that prints as a sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


class Fits(Mapping[str, Fit]):
    """The fits of one spec under `for_each`, by predictor.

    Parameters
    ----------
    fits : mapping of str to Fit
        In the order of the spec.
    skipped : mapping of str to str, optional
        Predictor to the reason it was left out.
    """

    def __init__(self, fits: Mapping[str, Fit], skipped: Mapping[str, str] | None = None) -> None:
        self._fits = dict(fits)
        self.skipped = dict(skipped or {})

    def __getitem__(self, x: str) -> Fit:
        if x in self._fits:
            return self._fits[x]
        if x in self.skipped:
            raise MissingFitError(f"{x} was left out: {self.skipped[x]}")
        raise MissingFitError(f"no fit for {x!r}{nearest(x, self._fits)}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._fits)

    def __len__(self) -> int:
        return len(self._fits)

    def summary(self) -> pd.DataFrame:
        """Summaries of all fits, one below the other.

        Returns
        -------
        pandas.DataFrame
            As `Fit.summary`.
        """
        return pd.concat([fit.summary() for fit in self.values()], ignore_index=True)

    def diagnostics(self) -> pd.DataFrame:
        """Diagnostics of all fits.

        Returns
        -------
        pandas.DataFrame
            As `Fit.diagnostics`, one row a fit.
        """
        return pd.concat([fit.diagnostics() for fit in self.values()], ignore_index=True)

    def check(self, seed: int | None = None) -> pd.DataFrame:
        """Predictive checks of all fits.

        Parameters
        ----------
        seed : int, optional
            Of the replicates.

        Returns
        -------
        pandas.DataFrame
            As `Fit.check`.
        """
        return pd.concat([fit.check(seed) for fit in self.values()], ignore_index=True)

    def sensitivity(self, alpha: float = 0.8) -> pd.DataFrame:
        """Sensitivity of all fits.

        Parameters
        ----------
        alpha : float, optional
            The power.

        Returns
        -------
        pandas.DataFrame
            As `Fit.sensitivity`.
        """
        return pd.concat([fit.sensitivity(alpha) for fit in self.values()], ignore_index=True)

    def compare(self, paper: "Paper | None" = None) -> pd.DataFrame:
        """All fits beside the printed numbers that the spec answers.

        Parameters
        ----------
        paper : Paper, optional
            The printed numbers; `load_paper` if not given.

        Returns
        -------
        pandas.DataFrame
            As `Fit.compare`.
        """
        return pd.concat([fit.compare(paper) for fit in self.values()], ignore_index=True)

    def __repr__(self) -> str:
        first = next(iter(self.values()))
        return (
            f"Fits of {first.analysis.model}: one a predictor ({', '.join(self)})\n"
            + "".join(
                f"  {x} left out: {reason.partition(';')[0]}\n"
                for x, reason in self.skipped.items()
            )
            + f"  {first.cohort.label}"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return as_html(repr(self))
