#!/usr/bin/env python3
"""Fuzzes every entry point: `make fuzz`.

    run.py SECONDS [TARGET…]

Builds the targets with clang's libFuzzer, address and undefined-behaviour sanitizers in build-fuzz,
and runs each for that long, two at a time, from seeds (make_seeds.py), from what earlier runs have
found (build-fuzz/found) and from the corpus.  Prints a line for each and, last, "N passed, N failed";
inputs that broke a law are left in build-fuzz/broken, whose names begin with the target's.  Exit
status 0 only if all passed.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TREE = ROOT / "build-fuzz"
OPTIONS = ["-Dfuzzers=true", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1"]
AT_A_TIME = 2
INPUT_S, MEMORY_MB, INPUT_MAX = 10, 2048, 4096  # bounds of one input
WITH_DATABASE = {"kql", "watchlist"}  # which keeps memory to the very end: looked for by replay alone
SPARE_S = 120  # to start, to read the seeds, and to end
ENVIRONMENT = {
    **os.environ,
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def build():
    if not (TREE / "build.ninja").exists():
        duckdb = ["-Dduckdb_dir=" + os.environ["DUCKDB_DIR"]] if os.environ.get("DUCKDB_DIR") else []
        setup = ["meson", "setup", *OPTIONS, *duckdb, str(TREE)]
        subprocess.run(setup, cwd=ROOT, env={**os.environ, "CC": "clang"}, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", str(TREE), "--quiet", "fuzz"], check=True)


def targets():
    return sorted(p.name.removeprefix("fuzz_") for p in (TREE / "tests/fuzz").glob("fuzz_*") if p.is_file())


def make_seeds():
    shared = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared")
    more = [str(shared)] if shared.is_dir() else []
    subprocess.run([HERE / "make_seeds.py", TREE / "seeds", *more], check=True)


def dictionary(name):
    """A file of the words that stand as code in the page about what the target reads, or None."""
    page = {"kql": "kql.md", "config": "configuration.md", "rows": "columns.md"}.get(name)
    if not page:
        return None
    text = (ROOT / "docs" / page).read_text()
    code = re.findall(r"`([^`]+)`|^(?: {4}|#+ )(.*)$", text, re.M)
    words = set(re.findall(r"[A-Za-z_$][\w-]{1,30}|[^\w\s\"\\]{1,3}", " ".join(map(" ".join, code)), re.ASCII))
    path = TREE / f"{name}.dict"
    path.write_text("".join(f'"{word}"\n' for word in sorted(words) if word.isascii()))
    return path


def command(name, seconds):
    found, broken = TREE / "found" / name, TREE / "broken"
    for folder in (found, broken):
        folder.mkdir(parents=True, exist_ok=True)
    words = dictionary(name)
    others = [p for p in (TREE / "seeds" / name, HERE / "corpus" / name) if p.is_dir()]
    options = {"max_total_time": seconds, "timeout": INPUT_S, "rss_limit_mb": MEMORY_MB, "max_len": INPUT_MAX, "entropic": 0,
               "artifact_prefix": f"{broken}/{name}-", "print_final_stats": 1}  # fmt: skip
    if words:
        options["dict"] = words
    return [TREE / "tests/fuzz" / f"fuzz_{name}", *(f"-{k}={v}" for k, v in options.items()), found, *others]


def fuzz(name, seconds):
    """(whether it passed, the line about it, its last output)"""
    asan = "abort_on_error=1:handle_abort=1:detect_leaks=%d" % (name not in WITH_DATABASE)
    try:
        done = subprocess.run(command(name, seconds), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**ENVIRONMENT, "ASAN_OPTIONS": asan}, timeout=seconds + SPARE_S, errors="replace")  # fmt: skip
        passed, text = done.returncode == 0, done.stdout
    except subprocess.TimeoutExpired as e:
        passed, text = False, (e.stdout or b"").decode(errors="replace")
    runs = [int(n) for n in re.findall(r"(?:stat::number_of_executed_units: |^#)(\d+)", text, re.M)]
    rates = re.findall(r"(?:exec/s: |average_exec_per_sec: *)(\d+)", text)
    sizes = re.findall(r"corp: (\d+)", text)
    line = f"{name:10} {max(runs, default=0):>9} inputs {rates[-1] if rates else 0:>7}/s" \
           f" {sizes[-1] if sizes else 0:>6} kept  {'passed' if passed else 'FAILED'}"  # fmt: skip
    return passed, line, "\n".join(text.splitlines()[-60:])


def main():
    seconds = int(sys.argv[1])
    try:
        build()
        make_seeds()
    except subprocess.CalledProcessError as e:
        sys.exit(f"0 passed, 1 failed: {e.cmd[0]} ended with {e.returncode}")
    names = sys.argv[2:] or targets()
    failures = 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for passed, line, output in pool.map(lambda name: fuzz(name, seconds), names):
            print(line, flush=True)
            if not passed:
                failures += 1
                print(output, flush=True)
    print(f"{len(names) - failures} passed, {failures} failed")
    sys.exit(0 if names and not failures else 1)


if __name__ == "__main__":
    main()
