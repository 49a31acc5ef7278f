"""Fits made by a second process are the fits that this one makes."""

import multiprocessing
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from adbayes.cohort.simulate import SimulatedCohort
from adbayes.inference.beside import Asked, Beside
from adbayes.inference.fitting import drawn_fit, fit_analysis
from adbayes.inference.plan import plan
from adbayes.inference.second_process import second_process
from adbayes.model.spec import load_spec
from adbayes.results.summary import diagnose


@pytest.fixture
def asked(patients: SimulatedCohort) -> Asked:
    (analysis, frame), *_ = plan(
        load_spec("easi90_multivariable"), patients, draws=100, tune=200, chains=2
    ).jobs
    return Asked(analysis, patients, frame)


def test_draws_are_those_of_this_process(asked: Asked, tmp_path: Path) -> None:
    there = tmp_path / "there"
    with second_process() as second:
        waiting = Beside(second, [asked], there, diagnose, cores=1)
        assert asked.stem in waiting
        made = waiting.result(asked.stem)
    (written,) = there.glob("*.nc")
    assert written.stem == asked.stem
    before = written.stat().st_mtime_ns
    kept = fit_analysis(*asked, folder=there)
    assert written.stat().st_mtime_ns == before  # read, not sampled again
    handed_over = drawn_fit(*asked, made.drawn)
    made_here = fit_analysis(*asked, cores=2)
    pd.testing.assert_frame_equal(made.then, diagnose(made_here), check_exact=True)
    for one in (kept, handed_over):
        assert one.fingerprint == made_here.fingerprint
        assert one.retries == made_here.retries
        assert one.posterior.identical(made_here.posterior)
        assert one.sample_stats.identical(made_here.sample_stats)


@pytest.mark.parametrize("which", [0, 1])
def test_an_error_of_a_fit_is_raised_where_a_result_is_asked_for(
    asked: Asked, tmp_path: Path, which: int
) -> None:
    (tmp_path / "file").write_text("not a folder")
    both = [asked, asked._replace(cohort=replace(asked.cohort, index=7))]

    def failing() -> None:
        with second_process() as second:
            Beside(second, both, tmp_path / "file", diagnose).result(both[which].stem)

    with pytest.raises(OSError, match="file"):
        failing()
    assert not multiprocessing.active_children()


class ByHand(Executor):
    """Runs nothing: the test says when something is finished."""

    def __init__(self, *, runs: bool = True) -> None:
        self.begun: list[tuple[Asked, Future[object]]] = []
        self.closed, self.runs = False, runs

    def submit(self, function: object, /, asked: Asked, *how: object) -> Future[object]:
        if self.closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[object] = Future()
        if self.runs:
            future.set_running_or_notify_cancel()
        self.how = how
        self.begun.append((asked, future))
        return future


@pytest.fixture
def four(asked: Asked) -> list[Asked]:
    return [asked._replace(cohort=replace(asked.cohort, index=k)) for k in range(4)]


def test_only_what_is_under_way_cannot_be_taken_back(four: list[Asked], tmp_path: Path) -> None:
    second = ByHand()
    waiting = Beside(second, four, tmp_path, diagnose)
    assert [one for one, _ in second.begun] == four[:1]
    assert waiting.take_last() == four[3].stem
    second.begun[0][1].set_result("first")
    assert [one for one, _ in second.begun] == four[:2]
    assert waiting.take_last() == four[2].stem
    assert waiting.take_last() is None
    second.begun[1][1].set_result("second")
    assert [waiting.result(one.stem) for one in four[:2]] == ["first", "second"]
    assert len(second.begun) == 2
    assert all(one.stem in waiting for one in four)  # asked for here, whoever makes it


def test_finished_is_what_has_a_result(four: list[Asked], tmp_path: Path) -> None:
    second = ByHand()
    waiting = Beside(second, four, tmp_path, diagnose)
    assert waiting.take_last() == four[3].stem
    second.begun[0][1].set_result("first")
    assert [waiting.finished(one.stem) for one in four] == [True, False, False, False]
    second.begun[1][1].set_exception(OSError("no room"))
    assert [waiting.finished(one.stem) for one in four] == [True, False, False, False]
    with pytest.raises(OSError, match="no room"):
        waiting.result(four[1].stem)
    assert not waiting.finished("asked for nowhere")


def test_a_fit_given_up_is_not_finished(four: list[Asked], tmp_path: Path) -> None:
    second = ByHand(runs=False)
    waiting = Beside(second, four, tmp_path, diagnose)
    assert second.begun[0][1].cancel()  # as an executor that is shut down does
    assert not waiting.finished(four[0].stem)
    assert waiting.take_last() is None


@pytest.mark.parametrize(
    ("there", "asked_for", "used"),
    [(1, None, 1), (2, None, 1), (8, None, 7), (None, None, 1), (2, 4, 4)],
)
def test_a_core_is_left_to_this_process(
    there: int | None, asked_for: int | None, used: int, four: list[Asked], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("os.cpu_count", lambda: there)
    second = ByHand()
    Beside(second, four, tmp_path, diagnose, cores=asked_for)
    assert second.how == (tmp_path, diagnose, used, False)


def test_a_fit_not_yet_begun_is_waited_for(four: list[Asked], tmp_path: Path) -> None:
    second = ByHand()
    waiting = Beside(second, four[:3], tmp_path, diagnose)
    with ThreadPoolExecutor(1) as here:
        asked = here.submit(waiting.result, four[1].stem)
        assert not asked.done()
        second.begun[0][1].set_result("first")
        second.begun[1][1].set_result("second")
        assert asked.result(timeout=30) == "second"


def test_a_fit_taken_back_has_no_result(four: list[Asked], tmp_path: Path) -> None:
    waiting = Beside(ByHand(), four, tmp_path, diagnose)
    assert waiting.take_last() == four[3].stem
    with pytest.raises(KeyError):
        waiting.result(four[3].stem)


def test_nothing_is_begun_after_the_end(four: list[Asked], tmp_path: Path) -> None:
    second = ByHand()
    waiting = Beside(second, four, tmp_path, diagnose)
    second.closed = True
    second.begun[0][1].set_result("first")
    assert waiting.take_last() is None
    assert waiting.result(four[0].stem) == "first"
    for one in four[1:]:
        with pytest.raises(RuntimeError, match="after shutdown"):
            waiting.result(one.stem)


def test_an_executor_that_cannot_begin_is_an_error_at_once(
    four: list[Asked], tmp_path: Path
) -> None:
    second = ByHand()
    second.closed = True
    with pytest.raises(RuntimeError, match="after shutdown"):
        Beside(second, four, tmp_path, diagnose)
