"""Wall seconds and peak memory of whole commands: compile caches emptied, then warm."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = (["published"], ["reproduce", "--fresh", "--quiet", "--out"])


def run(words: list[str], cache: Path, out: Path) -> tuple[float, float]:
    environment = {
        **os.environ,
        "PYTENSOR_FLAGS": f"base_compiledir={cache / 'pytensor'}",
        "NUMBA_CACHE_DIR": str(cache / "numba"),
        "MPLCONFIGDIR": str(cache / "matplotlib"),
    }
    if words[-1] == "--out":
        words = [*words, str(out)]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "adbayes.cli", *words],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def main() -> None:
    for words in COMMANDS:
        with tempfile.TemporaryDirectory() as folder:
            cache, out = Path(folder) / "cache", Path(folder) / "out"
            cold, memory = run(words, cache, out)
            warm, _ = run(words, cache, out)
            print(
                f"adbayes {words[0]:10s} cold {cold:6.1f} s, warm {warm:6.1f} s "
                f"(ratio {warm / cold:.2f}); peak so far {memory:.2f} GiB"
            )
            shutil.rmtree(cache, ignore_errors=True)


if __name__ == "__main__":
    main()
