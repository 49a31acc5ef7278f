"""The second process does one thing after the other, and ends with the first."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from adbayes.inference.second_process import second_process


def test_it_is_one_process_for_everything() -> None:
    with second_process() as second:
        (other,) = {second.submit(os.getpid).result() for _ in range(3)}
    assert other != os.getpid()
    assert not multiprocessing.active_children()


def test_without_one_there_is_none() -> None:
    with second_process(wanted=False) as second:
        assert second is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupt_ends_it_at_once(error: type[BaseException], tmp_path: Path) -> None:
    finished, never = tmp_path / "finished", tmp_path / "never"

    def interrupted() -> None:
        with second_process() as second:
            second.submit(Path.write_text, finished, "kept").result()
            second.submit(time.sleep, 60)
            second.submit(Path.write_text, never, "not begun")
            raise error

    start = time.monotonic()
    with pytest.raises(error):
        interrupted()
    assert time.monotonic() - start < 50  # it is not waited for
    assert not multiprocessing.active_children()
    assert finished.exists()
    assert not never.exists()
