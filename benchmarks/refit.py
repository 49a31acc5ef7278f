"""Seconds for a further fit of a compiled structure: 4 chains of 1000 draws after 500 of warm-up.

The first fit of each structure compiles; the others swap rows (another n) and prior values.
"""

import time

import adbayes as ab
from adbayes.inference.plan import plan
from adbayes.inference.sampler import sample
from adbayes.model.bambi_model import bambi_model, design_of


def main() -> None:
    spec = ab.load_spec("easi90_univariable")
    mixed = ab.load_spec("easi_change")
    for loaded, x in ((spec, "female"), (mixed, None)):
        first = None
        for n in (99, 99, 71, 60):
            cohort = ab.simulate_patients(seed=292, n_patients=n)
            analysis, frame = plan(loaded, cohort, x=x, draws=1000, tune=500, chains=4).jobs[0]
            design = design_of(bambi_model(analysis, frame))
            start = time.perf_counter()
            sample(analysis, frame, design, analysis.sampler)
            seconds = time.perf_counter() - start
            first = first or seconds
            print(
                f"{loaded.name:22s} n = {n:3d}  {seconds:7.3f} s  {seconds / first:6.3f} of the first"
            )


if __name__ == "__main__":
    main()
