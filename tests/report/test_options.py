"""What a shell completes, and that it needs no sampler for it."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from adbayes.cli import app
from adbayes.errors import DataError
from adbayes.model.library import model_names
from adbayes.model.spec import load_spec
from adbayes.paper.published import load_paper
from adbayes.report.options import columns_of, complete_printed, complete_spec


def completed(line: str) -> list[str]:
    """What bash is offered for the last word of a line."""
    words = line.split(" ")
    asked = {
        "_ADBAYES_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = CliRunner().invoke(app, [], env=asked, prog_name="adbayes")
    return done.stdout.split()


def test_names_of_specs_are_completed() -> None:
    assert completed("adbayes fit ") == model_names()
    assert completed("adbayes check easi90_m") == ["easi90_multivariable"]
    assert completed("adbayes reproduce --only tec") == ["tec_change"]
    assert completed("adbayes sensitivity pub") == ["published"]
    assert complete_spec("./own") == []


@pytest.mark.parametrize("name", ["easi_change", "easi90_univariable"])
def test_variants_and_priors_are_those_of_the_spec(name: str) -> None:
    spec = load_spec(name)
    assert completed(f"adbayes fit {name} --variant ") == list(spec.variants)
    assert completed(f"adbayes fit {name} --data x.csv --priors ") == list(spec.prior_sets)


def test_where_no_spec_can_be_read_those_of_all_are_offered_or_none() -> None:
    assert "unstructured" in completed("adbayes fit --variant ")
    assert completed("adbayes fit no_such --variant ") == []


def test_sets_of_the_print_are_its_own() -> None:
    assert "separation" in completed("adbayes published --priors ")
    assert "separation" not in completed("adbayes fit easi_change --priors ")


def test_printed_ids_are_walked_part_by_part() -> None:
    assert complete_printed("table5.s") == [
        "table5.sex.or", "table5.sex.ci_low", "table5.sex.ci_high", "table5.sex.p"
    ]  # fmt: skip
    assert "table5." in complete_printed("tab")
    known = load_paper().ids()
    reached, open_ends = set(), [""]
    while open_ends:
        for found in complete_printed(open_ends.pop()):
            (open_ends.append if found.endswith(".") else reached.add)(found)
    assert reached == set(known)


def test_completion_and_help_import_no_library_of_models() -> None:
    code = (
        "import sys, adbayes.cli, adbayes.report.options as o; "
        "o.complete_spec(''); o.complete_printed('table5.'); "
        "print([m for m in ('pandas', 'numpy', 'pymc', 'pydantic', 'arviz') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_says_what_it_does_and_what_each_option_means() -> None:
    group = typer.main.get_command(app)
    assert group.commands
    for name, command in group.commands.items():
        assert command.help, name
        for parameter in command.params:
            if parameter.name != "help":
                assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_columns_are_pairs() -> None:
    assert columns_of(None) is None
    assert columns_of("easi=EASI_TOTAL, patient = ID") == {"easi": "EASI_TOTAL", "patient": "ID"}
    for text in ("easi", "easi=", ","):
        with pytest.raises(DataError, match="ours=theirs"):
            columns_of(text)
