"""The commands as a user types them: status, stdout, stderr, files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from adbayes.cli import main
from adbayes.cohort.assumptions import vary_assumptions
from adbayes.cohort.derive import derive, is_derived
from adbayes.cohort.library import export_text
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.simulate import simulate_patients
from adbayes.version import __version__

ROOT = Path(__file__).resolve().parents[1]
FEW = ("--draws", "500", "--tune", "500", "--quiet")


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def adbayes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line in this process, so that what is compiled stays compiled."""

    def command(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["adbayes", *words])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return Done(int(stop.value.code or 0), printed.out, printed.err)

    return command


@pytest.fixture
def refused(adbayes: Command) -> Callable[..., str]:
    def command(*words: str) -> str:
        done = adbayes(*words)
        assert done.returncode == 2, (done.stdout, done.stderr)
        assert done.stdout == ""
        return done.stderr

    return command


def elsewhere(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "adbayes.cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cohort = simulate_patients(seed=3, n_patients=40)
    raw = cohort.frame[["patient", "visit", "easi", "nrs", "age", "female"]]
    path = tmp_path_factory.mktemp("data") / "registry.csv"
    raw.to_csv(path, index=False)
    return path


def test_help_names_every_command(adbayes: Command) -> None:
    done = adbayes("--help")
    assert done.returncode == 0
    for command in ("reproduce", "published", "cohort", "models", "check", "fit"):
        assert command in done.stdout


def test_version(adbayes: Command) -> None:
    from adbayes import __version__

    assert adbayes("--version").stdout.strip() == __version__


def test_models_lists_names_and_prior_sets(adbayes: Command) -> None:
    done = adbayes("models")
    assert done.returncode == 0
    assert "easi90_univariable" in done.stdout
    assert "skeptical" in done.stdout


def test_published_answers_ids_patterns_and_sets(adbayes: Command) -> None:
    one = adbayes("published", "table5.sex.or", "--priors", "skeptical").stdout
    assert "2.509" in one
    assert "Normal(mu=0, sigma=0.355)" in one
    some = adbayes("published", "table2.easi.*.change").stdout
    assert some.count("table2.easi.") == 6  # three visits, n = 99 and 82
    assert "10.1038/s41598-021-02950-4" in some


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nope",), "No such command 'nope'"),
        (("published", "table5.sx.or"), "nearest is 'table5.sex.or'"),
        (("published", "table5.sex.or", "--priors", "sceptical"), "did you mean 'skeptical'"),
        (("published", "table9.*"), "no printed number"),
        (("published", "table2.nrs.w16.pct_change_sd"), "5.42"),
        (("fit", "easi_chnge"), "did you mean 'easi_change'"),
        (("fit", "easi_change", "--priors", "vage"), "did you mean 'vague'"),
        (("fit", "easi_change", "--variant", "student"), "no variant 'student'"),
        (("fit", "easi_change", "--draws", "3"), "greater than or equal to 100, found 3"),
        (("fit", "easi_change", "--data", "none.csv"), "none.csv"),
        (("fit", "easi_change", "--columns", "easi"), "write ours=theirs"),
        (("fit", "none.toml"), "no such file"),
        (("check",), "give one of the two"),
        (("check", "easi_change", "--scaffold", "y ~ x"), "give one of the two"),
        (("check", "--scaffold", "easi ~ vist"), "did you mean 'visit'"),
        (("check", "--scaffold", "easi ~ __import__('os')"), "cannot be read"),
        (("reproduce", "--only", "easi"), "no model named 'easi'"),
        (("reproduce", "--out", "README.md"), "is a file"),
        (("reproduce", "--cohorts", "0"), "--cohorts 0: "),
        (("reproduce", "--cohorts", "1000"), "cohorts are embedded; give 1 to "),
        (("reproduce", "--cohorts", "1", "--data", "none.csv"), "leave one of them out"),
        (("fit", "nrs_change", "--out", "/proc/none/here", "--quiet"), "/proc"),
        (("cohort",), "Missing option '--out'"),
        (("cohort", "--out", "x.parquet"), "give a name that ends in .csv"),
        (("cohort", "--out", "x.csv", "--embedded", "1", "--seed", "2"), "give one of them"),
        (("cohort", "--out", "x.csv", "--fit-all"), "--fit-all needs --seed"),
        (("cohort", "--out", "x.csv", "--fit-all", "--embedded", "1"), "--fit-all needs --seed"),
        (("cohort", "--out", "x.csv", "--fidelity", "x.csv"), "give two files"),
        (("cohort", "--out", "x.csv", "--fidelity", "tests"), "tests: is a folder"),
        (("cohort", "--out", "/proc/none/x.csv"), "/proc"),
        (("cohort", "--out", "x.csv", "--embedded", "1000"), "cohort 1000 does not exist"),
        (("cohort", "--out", "x.csv", "--seed", "-1"), "Invalid value for '--seed'"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    words: tuple[str, ...], sentence: str, refused: Callable[..., str]
) -> None:
    assert sentence in refused(*words)


def test_nothing_is_written_on_bad_input(
    tmp_path: Path, patients: Path, refused: Callable[..., str]
) -> None:
    out = tmp_path / "out"
    bad = tmp_path / "bad.csv"
    bad.write_text("patient,visit,easi\na,0,80\na,16,3\nb,0,20\nb,16,2\n")
    assert "80" in refused("fit", "easi_change", "--data", str(bad), "--out", str(out))
    assert not out.exists()
    refused("fit", "ldh_change", "--data", str(patients), "--out", str(out))
    assert not out.exists()


def test_check_prints_priors_and_prior_predictive_without_sampling(
    patients: Path, adbayes: Command
) -> None:
    done = adbayes("check", "easi_change", "--data", str(patients), "--priors", "skeptical")
    assert done.returncode == 0
    assert "Normal(mu=0, sigma=7.1)" in done.stdout
    assert "replicated_low" in done.stdout
    assert "registry.csv" in done.stdout


def test_a_scaffold_fits(patients: Path, tmp_path: Path, adbayes: Command) -> None:
    written = adbayes("check", "--scaffold", "nrs ~ visit + female", "--data", str(patients))
    assert written.returncode == 0
    spec = tmp_path / "mine.toml"
    spec.write_text(written.stdout)
    done = adbayes("fit", str(spec), "--data", str(patients), *FEW)
    assert done.returncode == 0, done.stderr
    assert "female" in done.stdout


def test_fit_prints_and_writes_the_same_numbers(
    patients: Path, tmp_path: Path, adbayes: Command
) -> None:
    out = tmp_path / "out"
    words = ("fit", "easi_change", "--data", str(patients), "--out", str(out), *FEW)
    done = adbayes(*words)
    assert done.returncode in (0, 1), done.stderr
    assert "registry.csv" in done.stdout
    summary = pd.read_csv(out / "summary.csv")
    change = summary.query("estimand == 'mean_change' and visit == 52").iloc[0]
    assert f"{change['median']:.4g}" in done.stdout
    assert (summary["evidence"] == "patients").all()
    record = json.loads((out / "run.json").read_text())
    assert record["models"][0]["patients"] == 40
    assert (out / "report.html").exists()
    assert list((out / "posteriors").glob("*.nc"))
    before = {p.name: p.read_bytes() for p in out.glob("*.csv")}
    again = adbayes(*words, "--fresh", "--jobs", "1")
    assert again.returncode == done.returncode
    assert {p.name: p.read_bytes() for p in out.glob("*.csv")} == before


def test_status_1_where_the_gate_fails(tmp_path: Path, patients: Path, adbayes: Command) -> None:
    done = adbayes(
        "fit", "easi_change", "--data", str(patients), "--draws", "100", "--tune", "100",
        "--chains", "2", "--out", str(tmp_path / "out"), "--quiet",
    )  # fmt: skip
    assert done.returncode == 1
    assert "NOT CONVERGED: easi_change" in done.stderr
    summary = pd.read_csv(tmp_path / "out" / "summary.csv", keep_default_na=False)
    assert (summary["flag"] == "not converged").any()
    assert "not converged" in (tmp_path / "out" / "report.html").read_text()


@pytest.fixture
def invented() -> ReconstructedCohort:
    """Any patients in the shape of a reconstruction."""
    raw = simulate_patients(seed=2).frame
    raw = raw[[name for name in raw.columns if not is_derived(name)]]
    labs = raw[["ige", "tec", "ldh", "age"]].round().clip(lower=1)
    frame = derive(raw.assign(**labs, in_figure_1=1.0, synthetic=1.0))
    return ReconstructedCohort(frame, "reconstructed", "synthetic patients", "seed 2", 2, seed=2)


def test_a_cohort_is_written_with_its_fidelity(
    tmp_path: Path, adbayes: Command, invented: ReconstructedCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def build(seed: int, choices: object, *, fit_all: bool, progress: Callable[[str], None]):
        asked.extend([seed, choices, fit_all])
        progress("EASI")
        return invented

    monkeypatch.setattr("adbayes.cohort.reconstruct.reconstruct_patients", build)
    out, numbers = tmp_path / "mine.csv", tmp_path / "numbers.csv"
    done = adbayes(
        "cohort", "--seed", "2", "--out", str(out), "--fidelity", str(numbers), "--fit-all"
    )
    assert done.returncode == 0
    assert asked == [2, vary_assumptions(2), True]
    assert "synthetic patients" in done.stdout
    assert "adbayes: EASI" in done.stderr
    text = out.read_text()
    assert text.startswith("# synthetic = true\n")
    assert "# fit_all = True\n" in text
    found = pd.read_csv(numbers)
    assert found["role"].eq("target").sum() == 288
    assert {path.name for path in tmp_path.iterdir()} == {"mine.csv", "numbers.csv"}
    data = adbayes("check", "easi_change", "--data", str(out))
    assert "not patient data" in data.stdout


def test_an_embedded_cohort_is_written_as_it_is(
    tmp_path: Path, adbayes: Command, invented: ReconstructedCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adbayes.cohort.library.load_cohort", {0: invented, 2: None}.__getitem__)
    out = tmp_path / "mine.csv"
    assert adbayes("cohort", "--out", str(out)).returncode == 0
    assert out.read_text() == export_text(invented)
    assert "fit_all" not in out.read_text()


def test_numpy_is_imported_after_the_command_has_settled_its_threads() -> None:
    code = "import sys, adbayes.cli; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_without_data_the_output_says_that_the_patients_are_synthetic(adbayes: Command) -> None:
    done = adbayes("check", "nrs_change")
    assert done.returncode == 0
    assert "reconstructed cohort 0 (synthetic patients" in done.stdout


def test_as_a_process_of_its_own() -> None:
    done = elsewhere("published", "table5.sx.or")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("adbayes: ")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interrupt_keeps_what_was_finished(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "adbayes.cli", "reproduce", "--out", str(out), "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Started in the background, a shell's children ignore interrupts; a user's does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("posteriors/[!.]*.nc")):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted; finished fits are kept" in errors
    kept = list(out.glob("posteriors/*.nc"))
    assert kept
    assert not (out / "run.json").exists()
    assert not list(out.glob("**/.*.nc"))


def test_models_fits_a_terminal(adbayes: Command) -> None:
    lines = adbayes("models").stdout.splitlines()
    assert (
        "easi_change: EASI at weeks 0, 16, 32 and 52: linear mixed model with a patient"
        in lines[[line.split(":")[0] for line in lines].index("easi_change")]
    )
    assert max(map(len, lines)) < 140


def test_every_process_of_the_command_hashes_alike() -> None:
    """Draws of some graphs depend on it: PyTensor orders terms by hash."""
    code = (
        "import os, sys; print(os.environ.get('PYTHONHASHSEED'), flush=True)\n"
        "sys.argv = ['adbayes', '--version']; from adbayes.cli import start; start()"
    )
    for given, seen in ((None, ["None", "0"]), ("7", ["7"])):
        free = {key: value for key, value in os.environ.items() if key != "PYTHONHASHSEED"}
        environment = free if given is None else free | {"PYTHONHASHSEED": given}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [*seen, __version__]
