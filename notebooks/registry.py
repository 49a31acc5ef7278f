"""Write registry.csv: simulated patients as a registry might keep them.

uv run python notebooks/registry.py
"""

from pathlib import Path

import pandas as pd

import adbayes as ab

FILE = Path(__file__).with_name("registry.csv")


def text() -> str:
    """The file: semicolons, decimal commas, named visits, F and M, gaps, columns nobody asks for."""
    frame = ab.simulate_patients(seed=6, n_patients=40, missing=0.12).frame
    first = frame["visit"] == 0
    out = pd.DataFrame(
        {
            "Patient ID": "K-" + frame["patient"].astype(str),
            "Visit": [f"Week {week}" if week else "Baseline" for week in frame["visit"]],
            "EASI": frame["easi"],
            "NRS": frame["nrs"].astype("Int64"),
            "POEM": frame["poem"].astype("Int64"),
            "Sex": frame["female"].map({1: "F", 0: "M"}).where(first),
            "Age": frame["age"].astype("Int64").where(first),
            "Centre": ["North" if i % 3 else "South" for i in range(len(frame))],
            "Comment": "",
            "Synthetic": "yes",
        }
    )
    return out.to_csv(index=False, sep=";", decimal=",", lineterminator="\n")


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
