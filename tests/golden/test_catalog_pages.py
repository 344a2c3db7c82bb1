#!/usr/bin/env python3
"""A catalog of which a page holds something else: an error or the right answer, and never a file removed.

    test_catalog_pages.py WEIR

Each page of a small catalog is overwritten in turn, with noise, zeros and ones. Whoever asks then is
answered right or told that the catalog is damaged, verify says so, a writer refuses or stores what it is
given beside all that was there, and repair changes nothing.
"""

import os
import random
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap
from test_kills import Lab, must, run

SEED = 20261127


def fillings(size):
    return {"noise": random.Random(SEED).randbytes(size), "zeros": bytes(size), "ones": b"\xff" * size}


def page_size(path):
    """SQLite's file format, section 1.3.2."""
    size = int.from_bytes(path.read_bytes()[16:18], "big")
    return 65536 if size == 1 else size


class Pages:
    def __init__(self, lab):
        self.lab, self.base = lab, lab.work / "base"
        lab.imports(self.base, 0, 1)
        must(lab.weir, "workspace", "compact", "-w", self.base)
        self.catalog = self.base / "catalog.db"
        assert not (self.base / "catalog.db-wal").stat().st_size
        self.size = page_size(self.catalog)
        self.count = self.catalog.stat().st_size // self.size
        self.answer = lab.answer(self.base)
        whole = self.copy("whole")
        lab.imports(whole, 2)
        self.next_answer = lab.answer(whole)

    def copy(self, name):
        return Path(shutil.copytree(self.base, self.lab.work / name))

    @staticmethod
    def files(workspace):
        return sorted(str(path.relative_to(workspace)) for path in workspace.rglob("*.parquet"))

    def is_clear(self, done, allowed):
        """Ended by itself; where it failed it says that it is the catalog."""
        return done.returncode in allowed and (done.returncode == 0 or "catalog" in done.stdout + done.stderr)

    def asked(self, workspace):
        got = self.lab.answer(workspace)
        if got == self.answer or isinstance(got, str) and "catalog" in got:
            return []
        return [f"asked: {got}"]

    def written(self, workspace):
        done = run(self.lab.weir, "import", "-w", workspace, self.lab.work / "part2.pcap")
        if not self.is_clear(done, (0, 1)):
            return [f"import: {done}"]
        got = self.lab.answer(workspace)
        right = self.next_answer if done.returncode == 0 else self.answer
        if got != right and not (isinstance(got, str) and "catalog" in got):
            return [f"asked after import, which ended with {done.returncode}: {got}"]
        missing = set(self.files(self.base)) - set(self.files(workspace))
        return [f"import removed {sorted(missing)}"] if missing else []

    def damaged(self, case):
        """What is wrong where a page holds something else, in words."""
        number, name, octets = case
        workspace = self.copy(f"{name}.{number}")
        with open(workspace / "catalog.db", "r+b") as file:
            file.seek(number * self.size)
            file.write(octets)
        wrong = self.asked(workspace)
        for command in ("verify", "repair"):
            done = run(self.lab.weir, "workspace", command, "-w", workspace)
            if not self.is_clear(done, (1,)):
                wrong.append(f"{command}: {done}")
        if self.files(workspace) != self.files(self.base):
            wrong.append("repair changed files")
        wrong += self.asked(workspace) + self.written(workspace)
        shutil.rmtree(workspace)
        return [f"page {number + 1}, {name}: {line}" for line in wrong]


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory(prefix="weir-pages-") as work, ThreadPoolExecutor(2) as pool:
        pages = Pages(Lab(weir, os.path.realpath(work)))
        cases = [(number, name, octets) for number in range(pages.count) for name, octets in fillings(pages.size).items()]
        wrong = [line for lines in pool.map(pages.damaged, cases) for line in lines]
        out.result(pages.count > 8 and not wrong, f"any of {pages.count} pages of a catalog may be damaged", wrong)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
