"""A stored fit comes back exactly, or not at all."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import arviz as az
import numpy as np
import pytest
import xarray as xr

from adbayes.inference import store
from adbayes.inference.store import fingerprint, load, save, versions

IDENTITY = "f" * 64


@pytest.fixture
def tree() -> xr.DataTree:
    rng = np.random.default_rng(0)
    coords = {"chain": [0, 1], "draw": np.arange(50), "visit_dim": ["16", "32", "52"]}
    posterior = xr.Dataset(
        {
            "Intercept": (("chain", "draw"), rng.normal(size=(2, 50))),
            "I(age * 0.1)": (("chain", "draw"), rng.normal(size=(2, 50))),
            "visit": (("chain", "draw", "visit_dim"), rng.normal(size=(2, 50, 3))),
        },
        coords=coords,
    )
    statistics = xr.Dataset(
        {
            "diverging": (("chain", "draw"), rng.random((2, 50)) < 0.1),
            "depth": (("chain", "draw"), rng.integers(1, 9, (2, 50)).astype(np.uint64)),
        },
        coords={name: coords[name] for name in ("chain", "draw")},
    )
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": statistics})


@pytest.fixture
def stored(tree: xr.DataTree, tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "er" / "fit.nc"
    save(path, tree, IDENTITY, 1)
    return path


def assert_same(found: tuple[xr.DataTree, int] | None, tree: xr.DataTree) -> None:
    assert found is not None
    assert found[1] == 1
    for group in store.GROUPS:
        xr.testing.assert_identical(found[0][group].to_dataset(), tree[group].to_dataset())


def test_what_was_saved_is_loaded(stored: Path, tree: xr.DataTree) -> None:
    assert_same(load(stored, IDENTITY), tree)
    assert [entry.name for entry in stored.parent.iterdir()] == ["fit.nc"]


def test_arviz_reads_the_file_too(stored: Path) -> None:
    assert {"/posterior", "/sample_stats"} <= set(az.from_netcdf(stored).groups)


def test_another_identity_is_not_loaded(stored: Path) -> None:
    assert load(stored, "0" * 64) is None


def test_no_file_is_not_loaded(tmp_path: Path) -> None:
    assert load(tmp_path / "none.nc", IDENTITY) is None
    assert load(tmp_path, IDENTITY) is None


def test_a_truncated_file_is_not_loaded(stored: Path) -> None:
    whole = stored.read_bytes()
    lengths = [0, 1, 7, 31, 32, 33, 512, len(whole) // 2, len(whole) - 33, len(whole) - 1]
    for length in lengths:
        stored.write_bytes(whole[:length])
        assert load(stored, IDENTITY) is None, length


def test_a_flipped_bit_is_seen_wherever_it_is(stored: Path, tree: xr.DataTree) -> None:
    whole = stored.read_bytes()
    choose = random.Random(4)
    for _ in range(600):
        place = choose.randrange(len(whole))
        damaged = bytearray(whole)
        damaged[place] ^= 1 << choose.randrange(8)
        stored.write_bytes(bytes(damaged))
        assert load(stored, IDENTITY) is None, place
    stored.write_bytes(whole)
    assert_same(load(stored, IDENTITY), tree)


def test_a_foreign_file_is_not_loaded(stored: Path) -> None:
    import hashlib

    for content in (b"not a file of draws", b""):
        stored.write_bytes(content + hashlib.sha256(content).digest())
        assert load(stored, IDENTITY) is None


def test_an_interrupted_write_leaves_the_earlier_file(
    stored: Path, tree: xr.DataTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored.read_bytes()

    def half(self: xr.DataTree, path: str, **_: object) -> None:
        Path(path).write_bytes(before[:1000])
        raise KeyboardInterrupt

    monkeypatch.setattr(xr.DataTree, "to_netcdf", half)
    with pytest.raises(KeyboardInterrupt):
        save(stored, tree, "1" * 64, 0)
    assert stored.read_bytes() == before
    assert [entry.name for entry in stored.parent.iterdir()] == ["fit.nc"]


def test_the_file_appears_only_when_it_is_whole(
    stored: Path, tree: xr.DataTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    replace: Callable[..., None] = os.replace

    def watched(source: str, target: Path) -> None:
        seen.append(load(Path(source), "1" * 64) is not None)
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    save(stored, tree, "1" * 64, 1)
    assert seen == [True]
    assert_same(load(stored, "1" * 64), tree)


def test_fingerprint_depends_on_content_and_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"a": 1, "b": {"c": [1.0, 2.0]}}
    first = fingerprint(content)
    assert len(first) == 64
    assert fingerprint({"b": {"c": [1.0, 2.0]}, "a": 1}) == first
    assert fingerprint({"a": 1, "b": {"c": [1.0, 2.0000001]}}) != first
    assert set(versions()) == {"adbayes", *store.PACKAGES}
    for name in versions():
        changed = versions() | {name: "0"}
        monkeypatch.setattr(store, "versions", lambda changed=changed: changed)
        assert fingerprint(content) != first, name
        monkeypatch.undo()
    monkeypatch.setattr(store, "FORMAT", "x")
    assert fingerprint(content) != first
