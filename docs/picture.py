"""Draw the picture of the README: from the printed numbers alone, nothing sampled but weights.

uv run python docs/picture.py
"""

from pathlib import Path

import pandas as pd

from adbayes.inference.printed import published_summary
from adbayes.paper.published import load_paper
from adbayes.report.pictures import png
from adbayes.report.together import shrinkage_figures

HERE = Path(__file__).parent


def main() -> None:
    """Write odds-ratios.png beside this file."""
    paper = load_paper()
    published: pd.DataFrame = published_summary(paper)
    figure = shrinkage_figures(paper, published)["published_shrinkage_table5"]
    (HERE / "odds-ratios.png").write_bytes(png(figure))


if __name__ == "__main__":
    main()
