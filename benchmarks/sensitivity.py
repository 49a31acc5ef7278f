"""Seconds for grids of priors: the paper's odds ratios from print, and from patients by refits.

Beside the second, where R with rstanarm is there, the same grid by `stan_glm` in one process: as many
refits as `R_FITS` says, and the rest by proportion. With each the CPU time, of all threads: on a busy
machine the seconds are those of the others too.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from adbayes.analysis import default_cohort
from adbayes.checks.claims import claims
from adbayes.checks.prior_grid import published_grid, refit_grid
from adbayes.model.spec import load_spec

R_FITS = 21
SPECS = ("easi90_univariable", "easi90_multivariable")
MIXED = ("easi", "nrs", "poem", "dlqi", "ige", "tec", "ldh")
PROGRAM = """
suppressPackageStartupMessages(library(rstanarm))
d <- read.csv(commandArgs(TRUE)[1]); n <- as.integer(commandArgs(TRUE)[2])
grid <- expand.grid(scale = 1.5 * c(.125, .25, .5, 1, 2, 4, 8), centre = c(-.696, 0, .696))
start <- proc.time()
for (k in seq_len(n)) {
  g <- grid[(k - 1) %% nrow(grid) + 1, ]
  stan_glm(y ~ x + z, data = d, family = binomial(), refresh = 0, seed = 1, cores = 2,
           prior = normal(c(0, g$centre), c(1.5, g$scale)), prior_intercept = normal(0, 2.5))
}
spent <- proc.time() - start
cat(spent[["elapsed"]], sum(spent[c("user.self", "sys.self", "user.child", "sys.child")]))
"""


def patients(names: tuple[str, ...]) -> tuple[int, float, float]:
    """Refits, seconds and CPU seconds of the grids of some models."""
    start, cpu, fits = time.perf_counter(), time.process_time(), 0
    for name in names:
        table, _ = refit_grid(load_spec(name), default_cohort())
        columns = ["term", "setting"] if name in SPECS else ["setting"]
        fits += table.groupby(columns).ngroups
    return fits, time.perf_counter() - start, time.process_time() - cpu


def main() -> None:
    odds = [claim.id for claim in claims() if claim.estimand == "odds_ratio"]
    start = time.perf_counter()
    table = published_grid(odds)
    print(f"print:    {len(table)} posteriors in {time.perf_counter() - start:.1f} s")
    fits, ours, cpu = patients(SPECS)
    print(
        f"patients: {fits} refits of odds ratios in {ours:.1f} s ({cpu:.1f} s of CPU), compilation "
        f"included ({ours / fits:.2f} s each)"
    )
    mixed, seconds, spent = patients(tuple(f"{outcome}_change" for outcome in MIXED))
    print(
        f"patients: {mixed} refits of mixed models, three changes each, in {seconds:.1f} s "
        f"({spent:.1f} s of CPU), compilation included"
    )
    if shutil.which("Rscript") is None:
        print("no Rscript here: nothing to compare with", file=sys.stderr)
        return
    frame = default_cohort().frame
    at_52 = frame[frame["visit"] == 52]
    data = pd.DataFrame(
        {"y": at_52["easi90"], "x": (at_52["easi_baseline"] - 30) / 10, "z": at_52["female"]}
    )
    with tempfile.TemporaryDirectory() as folder:
        data.to_csv(Path(folder) / "d.csv", index=False)
        (Path(folder) / "grid.R").write_text(PROGRAM, encoding="utf-8")
        done = subprocess.run(
            ["Rscript", f"{folder}/grid.R", f"{folder}/d.csv", str(R_FITS)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    theirs, its_cpu = (float(x) * fits / R_FITS for x in done.stdout.split()[-2:])
    print(
        f"stan_glm: {theirs:.1f} s ({its_cpu:.1f} s of CPU) for as many odds ratios ({R_FITS} measured); "
        f"ratio {theirs / ours:.1f} ({its_cpu / cpu:.1f} of CPU)"
    )


if __name__ == "__main__":
    main()
