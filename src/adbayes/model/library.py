"""Where the specs are: one copy of models/, found from a checkout and from an installed wheel alike."""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from adbayes.errors import SpecError


def models_folder() -> Path:
    """The folder of the specs that come with the package.

    Returns
    -------
    pathlib.Path
        ``adbayes/models`` in an installed wheel; ``models/`` at the top of a checkout, where the
        package is installed in editable form.
    """
    package = Path(str(files("adbayes")))
    packed = package / "models"
    # hatchling copies models/ into the wheel; an editable install reads the original.
    return packed if packed.is_dir() else package.parents[1] / "models"


def model_names() -> list[str]:
    """Names of the specs that come with the package.

    Returns
    -------
    list of str
        Sorted; every TOML of `models_folder` that states a model.
    """
    return sorted(
        path.stem for path in models_folder().glob("*.toml") if path.stem != PRINTED_PRIORS
    )


def find_spec(name: str | Path) -> Path:
    """The file of a spec, from its name in models/ or from a path.

    Parameters
    ----------
    name : str or path
        A name of `model_names`, or a path to a TOML file.

    Returns
    -------
    pathlib.Path
        An existing file.

    Raises
    ------
    SpecError
        Where neither exists, with the nearest name.
    """
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if path.is_file():
            return path
        raise SpecError(f"{path}: no such file; give a path to a TOML spec or one of: {_names()}")
    packed = models_folder() / f"{name}.toml"
    if str(name) in model_names():
        return packed
    near = get_close_matches(str(name), model_names(), n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise SpecError(f"no model named {str(name)!r}{hint} (models: {_names()})")


def _names() -> str:
    return ", ".join(model_names())


PRINTED_PRIORS = "published"  # priors of print-only quantities: sets of priors without a model
