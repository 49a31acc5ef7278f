"""What the command line says of a run."""

from dataclasses import replace

import pandas as pd
import pytest

from adbayes.report.said import say, say_messages, show_table
from adbayes.results.run import Run


def test_tables_are_whole_and_short_of_digits(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(pd.DataFrame({"a": [1 / 3] * 100, "b": ["x", None] * 50}))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 101
    assert lines[1].split() == ["0.3333", "x"]
    assert lines[2].split() == ["0.3333"]
    show_table(pd.DataFrame({"a": []}))
    assert capsys.readouterr().out == ""


def test_messages_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say_messages(("V2 is week 16",))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "V2 is week 16\n")


def test_the_label_is_said_and_what_failed(
    failed_run: Run, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    say(failed_run, None)
    printed = capsys.readouterr()
    assert printed.out.strip() == run.cohort.label
    assert "NOT CONVERGED: easi_change" in printed.err
    assert "left out: easi90_univariable [one_level]" in printed.err
    say(replace(run, skipped={}), None)
    printed = capsys.readouterr()
    assert "NOT CONVERGED" not in printed.err
    assert "left out" not in printed.err
