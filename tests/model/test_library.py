"""One copy of the specs, one resolver."""

from pathlib import Path

import pytest

from adbayes.errors import SpecError
from adbayes.model.library import PRINTED_PRIORS, find_spec, model_names, models_folder
from adbayes.model.spec import load_spec


def test_names_are_the_files_that_state_a_model() -> None:
    assert PRINTED_PRIORS not in model_names()
    assert all(load_spec(name).name == name for name in model_names())
    assert all(find_spec(name) == models_folder() / f"{name}.toml" for name in model_names())


def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.toml"
    own.touch()
    assert find_spec(own) == own
    monkeypatch.chdir(tmp_path)
    assert find_spec("own.toml") == Path("own.toml")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("easi_chage", "did you mean 'easi_change'"),
        ("zzz", r"no model named 'zzz' \(models: correlations"),
        ("none.toml", "none.toml: no such file"),
        ("some/where", "no such file"),
        ("published", "no model named 'published'"),
    ],
)
def test_what_is_not_there_is_said(name: str, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        find_spec(name)
