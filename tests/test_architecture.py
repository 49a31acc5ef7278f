"""The rooms and the one-way path: what ARCHITECTURE.md says is what the tree and the imports are."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "adbayes"
# Left to right. A module imports only from its own room and from rooms to its left.
ROOMS = (
    "version",
    "errors",
    "shown",
    "paper",
    "cohort",
    "model",
    "inference",
    "results",
    "checks",
    "plots",
    "analysis",
    "report",
    "cli",
)
# Thin delegations, imported inside the method (or for its types): methods of Fit, Fits and Paper.
EXCEPTIONS = {
    "inference/fit.py": {"results", "checks"},
    "paper/published.py": {"inference", "model", "results"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> dict[str, bool]:
    """Rooms a module imports, and whether any of it happens at the top level at run time."""
    tree = ast.parse(path.read_text())
    top = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            top.add(node)
    found: dict[str, bool] = {}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "adbayes" and len(parts) > 1:
                found[parts[1]] = found.get(parts[1], False) or node in top
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_rooms_to_its_left(path: Path) -> None:
    here = room_of(path)
    if here == "__init__":
        return
    allowed = set(ROOMS[: ROOMS.index(here) + 1])
    exceptions = EXCEPTIONS.get(str(path.relative_to(PACKAGE)), set())
    for room, at_top in imported_rooms(path).items():
        if room in exceptions:
            assert not at_top, f"{path} may import {room} only inside a method"
        else:
            assert room in allowed, f"{path} imports {room}, which is to its right"


def test_every_exception_is_used() -> None:
    for name, rooms in EXCEPTIONS.items():
        assert rooms <= set(imported_rooms(PACKAGE / name)), name


def test_the_simulator_shares_nothing_with_the_model() -> None:
    assert "model" not in imported_rooms(PACKAGE / "cohort" / "simulate.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_short_and_named_for_what_they_hold(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 500
    assert path.stem not in {
        "utils",
        "util",
        "core",
        "base",
        "helpers",
        "common",
        "manager",
        "misc",
    }


def test_architecture_page_names_every_module_and_nothing_else() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert len(page.splitlines()) <= 100
    named = set(re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|csv))`", page))
    named = {name for name in named if not name.startswith(("tests/", "adbayes/"))}
    there = {str(p.relative_to(PACKAGE)) for p in MODULES if p.name != "__init__.py"}
    # The embedded cohorts are data by number, not parts with a purpose each.
    tables = [p for p in PACKAGE.rglob("*.csv") if p.parent.name != "embedded"]
    there |= {str(p.relative_to(PACKAGE)) for p in tables}
    assert named == there


def test_each_module_has_a_test_of_the_same_name() -> None:
    tests = {str(p.relative_to(ROOT / "tests")) for p in (ROOT / "tests").rglob("test_*.py")}
    for path in MODULES:
        if path.name in ("__init__.py", "version.py", "errors.py"):
            continue
        relative = path.relative_to(PACKAGE)
        assert str(relative.with_name(f"test_{relative.name}")) in tests, relative


def test_nothing_catches_everything() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                assert caught not in ("everything", "Exception", "BaseException"), path
