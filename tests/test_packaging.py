"""The package as users get it: an editable install, and a wheel far from the repository."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import adbayes
from adbayes.model.library import model_names, models_folder

ROOT = Path(__file__).resolve().parents[1]


def run(code: str, folder: Path, path: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_editable_install_reads_the_repository_s_own_specs() -> None:
    assert models_folder() == ROOT / "models"
    assert {f"{name}.toml" for name in model_names()} | {"published.toml"} == {
        path.name for path in (ROOT / "models").glob("*.toml")
    }


def test_the_wheel_works_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    out = run(
        "import adbayes as ab; from adbayes.model.library import models_folder;"
        "print(ab.__file__); print(models_folder()); print(*ab.model_names());"
        "print(len(ab.load_paper().published)); print(ab.load_spec('easi_change').title);"
        "print(ab.load_paper().posterior('table5.sex.or').priors)",
        elsewhere,
        site,
    ).splitlines()
    assert out[0] == str(site / "adbayes" / "__init__.py")
    assert out[1] == str(site / "adbayes" / "models")
    assert out[2].split() == model_names()
    assert out[3] == "438"
    assert out[5] == "weakly_informative"


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = {".py", ".pyi", ".csv", ".typed"}
    here = {
        str(p.relative_to(ROOT / "src"))
        for p in (ROOT / "src").rglob("*")
        if p.suffix in kept or p.name == "py.typed"
    }
    assert here <= names
    assert not [name for name in names if name.startswith("tests/")]


def test_public_names_are_importable_and_lazy(tmp_path: Path) -> None:
    for name in adbayes.__all__:
        assert getattr(adbayes, name) is not None
    code = "import sys, adbayes, adbayes.cli; print([m for m in ('pandas','pymc','numpy') if m in sys.modules])"
    assert run(code, tmp_path, ROOT / "src").strip() == "[]"


def test_no_registry_host_and_no_lock_file_is_tracked() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    files = tracked.stdout.split()
    assert "uv.lock" not in files
    assert not [name for name in files if name.endswith(".nc")]


def test_tested_versions_are_pinned_without_a_host() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = project["tool"]["uv"]["constraint-dependencies"]
    pinned = {pin.split("==")[0] for pin in pins}
    needed = {line.split(">=")[0] for line in project["project"]["dependencies"]}
    assert needed <= pinned
    assert all("==" in pin and "/" not in pin for pin in pins)
