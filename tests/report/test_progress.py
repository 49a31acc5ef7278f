"""Progress: a line a stage in a log, nothing when quiet, one sentence on an interrupt."""

import pytest

from adbayes.report.progress import shown_progress


def test_a_log_gets_a_line_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(quiet=False) as progress:
        progress("fitting easi_change", 2, 5)
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err == "adbayes: fitting easi_change (3 of 5)\n"


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(quiet=True) as progress:
        progress("fitting", 0, 1)
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_is_told_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), shown_progress(quiet=True):
        raise KeyboardInterrupt
    assert "finished fits are kept" in capsys.readouterr().err
