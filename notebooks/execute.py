"""Run the notebooks in place, and stamp each with what it was run on.

    uv run python notebooks/execute.py                         # all of them
    uv run python notebooks/execute.py 03-easi90-predictors    # one

A notebook is edited as any other and then run through this; `tests/test_notebooks.py` refuses one
whose stamp is not that of the specs and data of today.
"""

import base64
import hashlib
import io
import json
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

import adbayes as ab
from adbayes.model.library import models_folder

HERE = Path(__file__).resolve().parent
COLOURS = 64  # of a stored picture: text and lines need few
SECONDS = 1800  # a cell may take that long where nothing is compiled yet


def notebooks() -> list[Path]:
    """The notebooks, in the order they are read."""
    return sorted(HERE.glob("[0-9][0-9]-*.ipynb"))


def code_of(notebook: nbformat.NotebookNode) -> str:
    """All code of a notebook."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def stamp(code: str) -> dict[str, Any]:
    """What the results of this code rest on: version, specs, printed numbers, patients, files.

    A spec's stamp is of its content, so that a comment in it makes nothing stale.
    """
    paper = Path(str(ab.load_paper.__code__.co_filename)).parent
    specs = {
        name: hashlib.sha256(
            json.dumps(
                tomllib.loads((models_folder() / f"{name}.toml").read_text(encoding="utf-8")),
                sort_keys=True,
            ).encode()
        ).hexdigest()
        for name in ("published", *ab.model_names())
        if name == "published" or f'"{name}"' in code
    }
    data = {
        name: hashlib.sha256((paper / name).read_bytes()).hexdigest()
        for name in ("published.csv", "evidence.csv")
    }
    for number in sorted(set(re.findall(r"load_cohort\((\d+)\)", code))):
        data[f"cohort {number}"] = ab.load_cohort(int(number)).hash()
    for name in sorted(set(re.findall(r'"([\w-]+\.csv)"', code))):
        data[name] = hashlib.sha256((HERE / name).read_bytes()).hexdigest()
    return {"adbayes": ab.__version__, "specs": specs, "data": data}


def execute(path: Path) -> None:
    """Run one notebook and write it back with its results and its stamp."""
    os.environ["COLUMNS"] = "110"  # the width that tables print to
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=SECONDS, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = _fewer_colours(data["image/png"])
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "adbayes": stamp(code_of(notebook)),
    }
    nbformat.write(notebook, path)


def _fewer_colours(png: str) -> str:
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    small = io.BytesIO()
    picture.quantize(COLOURS).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


if __name__ == "__main__":
    for one in notebooks():
        if not sys.argv[1:] or one.stem in sys.argv[1:]:
            print(one.stem, flush=True)
            execute(one)
