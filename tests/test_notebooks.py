"""The notebooks are run, of today's specs and data, honest about whose patients they show, and run again."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from matplotlib.figure import Figure

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
FEW = {"draws": 100, "tune": 200, "chains": 2}
LABELS = ("**Print alone", "**Synthetic cohort", "**Your own file")
LARGEST = 400_000  # bytes
# What a reader may import: the package by its name, and what holds a table or a line of text.
IMPORTS = {"adbayes", "pandas", "IPython.display", "pathlib", "tempfile"}
SLOW = ("03-easi90-predictors", "04-comparison-with-the-paper", "05-prior-sensitivity")

# Digits that prose may hold: names of measures, tables and weeks, years, DOIs, 95 %, code.
ALLOWED = re.compile(
    r"`[^`]*`"
    r"|\bdoi:10\.\d{4,}/\S+\b"
    r"|\bEASI-(?:75|90)\b"
    r"|\b(?:Tables?|Figures?|Fig\.) \d(?:(?:,| and| to) \d)*"
    r"|\bweeks? \d+(?:(?:, \d+)* and \d+)?\b"
    r"|\b(?:19|20)\d\d\b"
    r"|\b95 %"
)
PATHS = sorted(FOLDER.glob("*.ipynb"))


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"notebooks_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def execute() -> ModuleType:
    """The script that runs and stamps them."""
    return _loaded("execute")


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def numbers_in_prose(text: str) -> list[str]:
    """Digits in a markdown cell that are typed and not computed."""
    prose = "\n".join(re.sub(r"^#+ \d+\. ", "", line) for line in text.splitlines())
    return re.findall(r"\S*\d\S*", ALLOWED.sub("", prose))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def rerun(notebook: nbformat.NotebookNode, sampling: dict[str, int]) -> list[Any]:
    """Run the code in this process, where the package is imported and models are compiled."""
    space: dict[str, Any] = {}
    shown = []
    for cell in code_cells(notebook):
        source = "\n".join(line for line in cell.source.splitlines() if line[:1] != "%")
        if "parameters" in cell.metadata.get("tags", []):
            source = f"sampling = {sampling!r}"
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), space)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), space)
            if not isinstance(value, Figure):
                assert repr(value)
            shown.append(value)
    return shown


def test_the_six_are_there(execute: ModuleType) -> None:
    assert [path.stem for path in PATHS] == [
        "01-the-paper-and-its-numbers",
        "02-longitudinal-outcomes",
        "03-easi90-predictors",
        "04-comparison-with-the-paper",
        "05-prior-sensitivity",
        "06-your-own-data",
    ]
    assert execute.notebooks() == PATHS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_it_was_run_on_todays_specs_and_data(path: Path, execute: ModuleType) -> None:
    notebook = read(path)
    assert notebook.metadata["adbayes"] == execute.stamp(execute.code_of(notebook)), (
        f"{path.name} is of other specs or data; run notebooks/execute.py {path.stem}"
    )


def test_a_stamp_is_of_the_specs_that_are_used(execute: ModuleType) -> None:
    stamp = execute.stamp(
        'ab.fit("easi_change", ab.load_cohort(0)); ab.read_patients("registry.csv")'
    )
    assert set(stamp["specs"]) == {"published", "easi_change"}
    assert set(stamp["data"]) == {"published.csv", "evidence.csv", "cohort 0", "registry.csv"}
    for path in PATHS:
        named = set(re.findall(r'"(easi_\w+|easi90_\w+)"', execute.code_of(read(path))))
        known = {name for name in named if (FOLDER.parent / "models" / f"{name}.toml").is_file()}
        assert known <= set(read(path).metadata["adbayes"]["specs"])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_cell_ran_in_order_without_error_or_warning(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert path.stat().st_size < LARGEST
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {
        "execute_result",
        "display_data",
        "stream",
    }
    assert not [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    figures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(figures) == sum(
        c.source.rstrip().splitlines()[-1].startswith("ab.plot_") for c in cells
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_it_says_first_whose_patients_it_shows(path: Path) -> None:
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    heading, _, label = first.source.split("\n", 2)
    assert heading.startswith("# ")
    assert label.startswith(LABELS)
    headings = [c.source for c in read(path).cells if re.match("# ", c.source)]
    assert len(headings) == 1


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_it_is_thin(path: Path) -> None:
    notebook = read(path)
    cells = code_cells(notebook)
    assert all(len(cell.source.splitlines()) <= 15 for cell in cells)
    code = "\n".join(line for c in cells for line in c.source.splitlines() if line[:1] != "%")
    imported = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert imported <= IMPORTS
    assert "adbayes" in imported


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_number_is_typed_in_prose(path: Path) -> None:
    prose = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    assert [found for text in prose for found in numbers_in_prose(text)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("## 2. All rows\n\nTable 5 at week 52 says EASI-90, `ci_low` 95 % (2021).", []),
        ("at weeks 0, 16, 32 and 52; Tables 2 to 5; doi:10.1038/s41598-021-02950-4.", []),
        ("an odds ratio of 2.5", ["2.5"]),
        ("half of 99 patients", ["99"]),
        ("EASI-75 in 54 %", ["54"]),
        ("## 12 patients", ["12"]),
        ("a 90 % interval", ["90"]),
    ],
)
def test_what_counts_as_a_typed_number(text: str, found: list[str]) -> None:
    assert numbers_in_prose(text) == found


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] if path.stem in SLOW else [], id=path.stem)
        for path in PATHS
    ],
)
def test_it_runs_again_with_few_draws(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    notebook = read(path)
    shown = rerun(notebook, FEW)
    stored = sum(
        any(o.output_type == "execute_result" for o in c.outputs) for c in code_cells(notebook)
    )
    figures = sum(isinstance(value, Figure) for value in shown)
    assert len([v for v in shown if v is not None]) >= stored - figures
    assert figures >= 1


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_whole_run_in_its_own_kernel_gives_the_stored_results(
    path: Path, tmp_path: Path, execute: ModuleType
) -> None:
    fresh = tmp_path / path.name
    fresh.write_bytes(path.read_bytes())
    (tmp_path / "registry.csv").write_bytes((FOLDER / "registry.csv").read_bytes())
    execute.execute(fresh)
    before, after = (
        [
            o.get("data", {}).get("text/plain", o.get("text"))
            for c in code_cells(n)
            for o in c.outputs
        ]
        for n in (read(path), read(fresh))
    )
    assert after == before


def test_the_registry_is_of_simulated_patients_and_says_so() -> None:
    written = (FOLDER / "registry.csv").read_text(encoding="utf-8")
    assert written == _loaded("registry").text()
    header, first, *_ = written.splitlines()
    assert header.endswith(";Synthetic")
    assert first.endswith(";yes")
