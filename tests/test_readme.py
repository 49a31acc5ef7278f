"""The README's picture is there, small, and drawn from print alone."""

import re
from pathlib import Path

from matplotlib.image import imread

ROOT = Path(__file__).resolve().parents[1]


def test_every_picture_is_in_the_repository_and_small() -> None:
    named = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named
    for name in named:
        path = ROOT / name
        assert path.stat().st_size < 150_000
        height, width = imread(path).shape[:2]
        assert width > 800
        assert height > 400


def test_every_command_of_the_program_is_in_the_readme() -> None:
    import typer

    from adbayes.cli import app

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in typer.main.get_command(app).commands:
        assert f"adbayes {name}" in text, name
