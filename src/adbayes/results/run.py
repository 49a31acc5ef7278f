"""All that one run found, in one place."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.paper.published import Paper
from adbayes.results.held_out import COLUMNS as HELD_OUT_COLUMNS
from adbayes.results.pooled import POOLED
from adbayes.results.refit import Refit
from adbayes.results.summary import identity


@dataclass(frozen=True, eq=False)
class Run:
    """All that one run found.

    Parameters
    ----------
    paper : Paper
        The printed numbers.
    cohort : Cohort
        Whose data the models were fitted to.
    fits : tuple of Fit
        To that cohort, in the order fitted.
    refits : dict of str to Refit
        Analysis key to its frequentist refit on that cohort.
    summary, diagnostics, comparison, checks, sensitivity : pandas.DataFrame
        The tables: print-only posteriors, `cohort`, then each of the further cohorts, then what is
        pooled. Checks and sensitivity are of `cohort` alone.
    published : pandas.DataFrame
        Summaries of print-only posteriors with the id they answer in `published_id`.
    skipped : dict of str to str
        What was not fitted, and why.
    further : tuple of Fit, optional
        The same analyses fitted to further cohorts, cohort by cohort.
    held_out : pandas.DataFrame, optional
        Printed odds ratios that the reconstruction did not see, refitted on every cohort of the
        ensemble (the columns of `adbayes.results.held_out`); empty where there are none.
    findings : pandas.DataFrame
        What the audit of the print found (the columns of `adbayes.paper.findings`); empty where the
        print was not part of the run.
    more : dict of str to pandas.DataFrame, optional
        Further tables by the name of their file: what is computed from print alone or about a cohort as
        a whole, and not of one fit.
    seconds : dict of str to float
        Time per stage.
    settings : dict
        What the run was asked for.
    """

    paper: Paper
    cohort: Cohort
    fits: tuple[Fit, ...]
    refits: dict[str, Refit]
    summary: pd.DataFrame
    diagnostics: pd.DataFrame
    comparison: pd.DataFrame
    checks: pd.DataFrame
    sensitivity: pd.DataFrame
    published: pd.DataFrame
    skipped: dict[str, str]
    further: tuple[Fit, ...] = ()
    held_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=HELD_OUT_COLUMNS))
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    more: dict[str, pd.DataFrame] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every fit passed the convergence gate."""
        return bool(self.diagnostics["passed"].all())

    @property
    def cohorts(self) -> tuple[Cohort, ...]:
        """The cohorts that models were fitted to, the first of them in full."""
        return tuple(dict.fromkeys((self.cohort, *(fit.cohort for fit in self.further))))

    @property
    def pooled(self) -> pd.DataFrame:
        """The rows of the summary that mix cohorts."""
        return self.summary[self.summary["cohort"] == POOLED]

    def own(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table that belong to the cohort run in full.

        Parameters
        ----------
        table : pandas.DataFrame
            With the columns evidence and cohort.

        Returns
        -------
        pandas.DataFrame
            Without posteriors from print, further cohorts and what is pooled.
        """
        mine = identity(self.fits[0])
        return table[(table["evidence"] == mine["evidence"]) & (table["cohort"] == mine["cohort"])]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """File name to table, as a run writes them."""
        return {
            "summary.csv": self.summary,
            "comparison.csv": self.comparison,
            "diagnostics.csv": self.diagnostics,
            "checks.csv": self.checks,
            "sensitivity.csv": self.sensitivity,
            **({"held_out.csv": self.held_out} if len(self.held_out) else {}),
            **self.more,
        }
