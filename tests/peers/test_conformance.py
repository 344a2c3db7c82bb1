#!/usr/bin/env python3
"""Does KQL mean here what its documentation says, and what Microsoft's own analyser makes of it?

    test_conformance.py WEIR

Runs the conformance cases of WEIR_SHARED, or ../shared beside the source, in its folder kql: every case
must pass, or stand with a reason in tests/golden/kql/exceptions.txt, which must name no case that
passes.  Where node finds @kusto/language-service-next (NODE_PATH), the analyser is then asked about the
project's own cases: accepted or refused, names and types of columns.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDEN = ROOT / "tests/golden"
sys.path.insert(0, str(ROOT / "tests/support"))

import tap  # noqa: E402

CASES_TIMEOUT_S = 250
PACKAGE = "@kusto/language-service-next/bridge.min.js"
ERRORS = {"SYN": "syntax", "SEM": "semantic"}


def names_in(path):
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {name for name in lines if name}


def compare(weir, kql, work):
    """The names of all cases, and of those that fail with what they said."""
    ask = f"{weir} query --workspace {work / 'lab'} --format json"
    weir_import = [weir, "import", "--workspace", work / "lab", "--format", "json", "--table", "ATCExpressRouteCircuitIpfix"]
    subprocess.run([*weir_import, kql / "flows.jsonl"], check=True, capture_output=True, timeout=60)
    tool = [sys.executable, kql / "compare.py", kql / "cases", ask, "-v"]
    done = subprocess.run(tool, capture_output=True, text=True, timeout=CASES_TIMEOUT_S)
    told = re.findall(r"^(PASS|FAIL|ok) +(\S+)(.*)$", done.stdout, re.M | re.I)
    return {name: (word.upper() == "FAIL", text) for word, name, text in told}


def conformance(t, weir, kql, work):
    answers = compare(weir, kql, work)
    excused = names_in(GOLDEN / "kql/exceptions.txt")
    for name, (failed, text) in sorted(answers.items()):
        t.result(failed == (name in excused), name, [text if failed else "passes, and is excused all the same"])
    for name in sorted(excused - answers.keys()):
        t.result(False, name, ["is excused, but there is no such case"])


def own_cases():
    """The cases of tests/golden/kql in the form of the suite."""
    spec = importlib.util.spec_from_file_location("golden", GOLDEN / "test_kql.py")
    golden = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(golden)
    for path in sorted((GOLDEN / "kql").glob("*.case")):
        for case in golden.cases_of(path):
            name = re.sub(r"[^a-z0-9]+", "-", f"{path.stem} {case['name']}".lower()).strip("-")
            made = {"name": name, "topic": path.stem, "kql": case["kql"][0]}
            if "error" in case:
                made["error"] = ERRORS.get(case["error"][0][:3], "either")
            else:
                made["columns"] = [c.rsplit(":", 1) for c in case["columns"][0].split()]
            yield made


def analyser(t, kql, work):
    find = ["node", "-e", f"console.log(require.resolve('{PACKAGE}'))"]
    if not shutil.which("node") or subprocess.run(find, capture_output=True).returncode:
        t.skip("the analyser agrees with our own cases", "node finds no " + PACKAGE.rsplit("/", 1)[0])
        return
    folder = work / "own"
    folder.mkdir()
    (folder / "own.jsonl").write_text("".join(json.dumps(c) + "\n" for c in own_cases()), encoding="utf-8")
    tool = ["node", kql / "check_oracle.js", "--schema", kql / "schema.txt",
            "--exceptions", GOLDEN / "kql/analyser_exceptions.txt", folder]  # fmt: skip
    done = subprocess.run(tool, capture_output=True, text=True, timeout=120)
    t.result(done.returncode == 0, "the analyser agrees with our own cases", done.stdout.splitlines()[-40:])


def main():
    kql = Path(os.environ.get("WEIR_SHARED", ROOT.parent / "shared")) / "kql"
    if not (kql / "compare.py").exists():
        return tap.skip_all("no conformance cases here")
    t = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        conformance(t, sys.argv[1], kql, Path(work))
        analyser(t, kql, Path(work))
    return t.done()


if __name__ == "__main__":
    sys.exit(main())
