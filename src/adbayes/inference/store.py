"""Fits kept on disk: found again by fingerprint, written whole or not at all, checked when read."""

import hashlib
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xarray as xr

from adbayes.version import __version__

# Versions that can change a draw. What only draws pictures or tables is left out.
PACKAGES = ("bambi", "formulae", "numba", "numpy", "nutpie", "pymc", "pytensor", "xarray")
FORMAT = "4"  # raise when what is stored changes meaning, or draws change and no version tells
GROUPS = ("posterior", "sample_stats")


def versions() -> dict[str, str]:
    """Versions of everything that can change a draw.

    Returns
    -------
    dict of str to str
        `adbayes` and `PACKAGES`.
    """
    return {"adbayes": __version__, **{name: version(name) for name in PACKAGES}}


def fingerprint(content: dict[str, Any]) -> str:
    """Identity of a fit: equal exactly when the same draws would come out.

    Parameters
    ----------
    content : dict
        JSON-ready: analysis, data hash, seed and sampler, evidence.

    Returns
    -------
    str
        SHA-256 of the content and `versions`, 64 hexadecimal digits.
    """
    whole = {"content": content, "versions": versions(), "format": FORMAT}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def save(path: Path, tree: xr.DataTree, identity: str, retries: int) -> None:
    """Write a fit, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        A ``.nc`` file; its folder is made if needed.
    tree : xarray.DataTree
        With the groups of `GROUPS`.
    identity : str
        From `fingerprint`.
    retries : int
        How often sampling was tried again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = xr.DataTree.from_dict({group: tree[group].to_dataset() for group in GROUPS})
    stored.attrs = {"fingerprint": identity, "retries": retries}
    handle, temporary = tempfile.mkstemp(suffix=".nc", prefix=".", dir=path.parent)
    os.close(handle)
    try:
        stored.to_netcdf(temporary, mode="w", engine="h5netcdf")
        # A digest of the whole file behind its end, where readers of netCDF do not look: an altered
        # byte anywhere, in a number or in what says how to read it, is seen before HDF5 meets it.
        content = Path(temporary).read_bytes()
        Path(temporary).write_bytes(content + hashlib.sha256(content).digest())
        Path(temporary).chmod(0o644)  # mkstemp's own mode would keep colleagues out
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def load(path: Path, identity: str) -> tuple[xr.DataTree, int] | None:
    """Read a fit back, if it is the one asked for and undamaged.

    Parameters
    ----------
    path : pathlib.Path
        Where `save` wrote it.
    identity : str
        From `fingerprint`.

    Returns
    -------
    tuple of (xarray.DataTree, int), or None
        The groups of `GROUPS` and the number of retries; None where there is no such file, it
        belongs to another analysis, or it is damaged or half-written: then fit again.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return None
    size = hashlib.sha256().digest_size
    if hashlib.sha256(content[:-size]).digest() != content[-size:]:
        return None
    try:
        with xr.open_datatree(path, engine="h5netcdf") as opened:
            stored = opened.load()
    except (OSError, ValueError):
        return None  # whole, but not a file of this kind
    if stored.attrs.get("fingerprint") != identity:
        return None
    groups = {group: stored[group].to_dataset() for group in GROUPS}
    return xr.DataTree.from_dict(groups), int(stored.attrs["retries"])
