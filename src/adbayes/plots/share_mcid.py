"""The share of patients who improve by at least what they notice, at each visit."""

import pandas as pd
from matplotlib.figure import Figure

from adbayes.plots import style
from adbayes.plots.intervals import intervals
from adbayes.plots.labels import outcome_label, unit_label

_NEEDED = ["variant", "evidence", "outcome", "visit", "n", "mean", "ci_low", "ci_high", "mcid"]
_NAMES = {
    "base": "Linear mixed model",
    "beta_binomial": "Beta-binomial",
    "unstructured": "Free covariance",
}


def share_mcid(
    rows: pd.DataFrame,
    *,
    label: str,
    title: str = "Patients who improve by at least the minimal clinically important difference",
) -> Figure:
    """Draw posterior predictive shares of patients beyond the MCID.

    Parameters
    ----------
    rows : DataFrame
        variant, evidence, outcome, visit (weeks), n, mean, ci_low, ci_high (%), as rows of a summary with
        the estimand `share_mcid`, and mcid (the difference, in units of the outcome).
    label : str
        Which data the figure shows, for the footer.
    title : str, optional
        Text.

    Returns
    -------
    Figure
        A panel an outcome, a row a week, a colour a model. Shares are of patients, of one of whom the
        change is asked, and not the probability that the mean changes.

    Raises
    ------
    DataError
        A column is absent or there are no rows.
    """
    style.require(rows, _NEEDED, "share_mcid")
    drawn = pd.DataFrame(
        {
            "panel": [
                f"{outcome_label(row['outcome'])}: by at least {row['mcid']:g} {unit_label(row['outcome'])}"
                for row in rows.to_dict("records")
            ],
            "row_label": "week " + rows["visit"].astype(str),
            "series": rows["variant"].map(lambda name: _NAMES.get(name, name.replace("_", " "))),
            "estimate": rows["mean"].astype(float),
            "ci_low": rows["ci_low"].astype(float),
            "ci_high": rows["ci_high"].astype(float),
            "evidence": rows["evidence"],
            "n": rows["n"],
        }
    )
    return intervals(
        drawn,
        label=label,
        title=title,
        quantity="Patients, % (posterior mean, 95 % interval)",
        limits=(0, 100),
    )
