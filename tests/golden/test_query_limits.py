#!/usr/bin/env python3
"""Whatever is asked, `weir query` answers, refuses or stops within its limits.

    test_query_limits.py WEIR

Each query may take MEMORY_MIB and SECONDS.  It must end by itself, never by a signal, in time and
memory, with one JSON object: an error with line and position, a partial answer in Azure's form (rows and
a PartialError), or an answer.  Nothing may stay in the spill folder.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap

MEMORY_MIB, SECONDS = 512, 5
RESIDENT_MIB = MEMORY_MIB + 768 + 128  # the process's own bound (query_request.h), and the program itself
WALL_S = 3 * SECONDS + 5

ERROR, PARTIAL, ANSWER = "error", "partial", "answer"
BILLION = "range x from 1 to 31623 step 1 | extend k = 1 | join kind=inner (range y from 1 to 31623 step 1 | extend k = 1) on k"


def doubling(step, last, times=40):
    """`step` again and again, each time of the text before."""
    return " ".join(step.format(a=i, b=i + 1) for i in range(times)) + " " + last.format(a=times)


CASES = [  # name, query, what may come of it
    ("a megabyte of parentheses", "(" * (1 << 20), {ERROR}),
    ("parentheses 400,000 deep", "print " + "(" * 400_000, {ERROR}),
    ("parentheses 10,000 deep that close", "print " + "(" * 10_000 + "1" + ")" * 10_000, {ERROR}),
    ("calls 10,000 deep", "print " + "strcat(" * 10_000 + "'a'" + ")" * 10_000, {ERROR}),
    ("pipelines 10,000 deep", "(" * 10_000 + "print 1" + ")" * 10_000, {ERROR}),
    ("arrays 10,000 deep", "print dynamic(" + "[" * 10_000 + "]" * 10_000 + ")", {ERROR}),
    ("a hundred thousand signs", "print " + "-" * 100_000 + "1", {ERROR}),
    ("invalid UTF-8", b'print "\xff\xfe"', {ERROR}),
    ("a character cut short", b"print \xc3", {ERROR}),
    ("a NUL", b'print "a\x00b"', {ERROR}),
    ("nothing", b"", {ERROR}),
    ("a regular expression that explodes", 'print x = strcat(repeat("a", 20000)) | where x matches regex "(a+)+$"', {ANSWER, ERROR}),
    ("one that grows", 'print extract("(((a{1,100}){1,100}){1,100})", 0, "aaa")', {ERROR}),
    ("one with nested alternatives", 'print replace_regex(strrep("a", 1000), "(a|aa|aaa|aaaa)*c", "x")', {ANSWER}),
    ("a cross join of a billion rows", BILLION, {PARTIAL}),
    ("sorted", BILLION + " | extend z = strcat(x, '-', y) | sort by z", {ERROR, PARTIAL}),
    ("grouped", BILLION + " | summarize count() by strcat(x, '-', y) | count", {ERROR, ANSWER}),
    ("range to 2^63", "range x from 1 to 9223372036854775807 step 1", {ERROR, PARTIAL}),
    ("range to 2^63 as an array", "print array_length(range(1, 9223372036854775807))", {ANSWER, ERROR}),
    ("a series to 2^63", "print x = 1 | make-series count() on x from 1 to 9223372036854775807 step 1", {ANSWER, ERROR}),
    ("repeat without end", 'print repeat("aaaaaaaaaaaaaaaa", 1000000000000)', {ANSWER, ERROR}),
    ("strrep without end", 'print strlen(strrep("a", 1000000000000))', {ANSWER, ERROR}),
    ("a constant that doubles", "let a0 = 'aaaaaaaaaaaaaaaa'; " + doubling("let a{b} = strcat(a{a}, a{a});", "print strlen(a{a})"), {ERROR}),
    ("a text that doubles", "range x from 1 to 10 step 1 | extend a0 = strcat('aaaaaaaaaaaaaaaa', x) "
     + doubling("| extend a{b} = strcat(a{a}, a{a})", "| project strlen(a{a})"), {ERROR}),
    ("an array that doubles", "print a0 = dynamic([1, 2]) " + doubling("| extend a{b} = pack_array(a{a}, a{a})", ""), {ERROR}),
    ("a table that doubles", "let a0 = print x = 1; " + doubling("let a{b} = union a{a}, a{a};", "a{a}"), {ERROR, PARTIAL}),
    ("a function that doubles", "let f0 = (x: long) { x }; " + doubling("let f{b} = (x: long) {{ f{a}(x) + f{a}(x) }};", "print f{a}(1)"), {ERROR}),
    ("a list of a hundred million", "range x from 1 to 100000000 step 1 | summarize make_list(x)", {ERROR, PARTIAL, ANSWER}),
    ("a list of long texts", "range x from 1 to 100000 step 1 | extend s = strrep('abcdefgh', 1000) | summarize make_list(s)", {ERROR}),
    ("arrays expanded to a billion rows", "range x from 1 to 1000 step 1 | extend a = range(1, 1000000) | mv-expand a | count", {ERROR, ANSWER}),
    ("ten million rows", "range x from 1 to 10000000 step 1", {PARTIAL}),
    ("a hundred megabytes", "range x from 1 to 100000 step 1 | extend s = strrep('x', 1000)", {PARTIAL}),
    ("twenty thousand columns", "print " + ", ".join(f"c{i} = {i}" for i in range(20_000)), {ERROR, ANSWER}),
    ("a list of sixty thousand", "print 5 in (" + ", ".join(map(str, range(60_000))) + ")", {ANSWER, ERROR}),
]  # fmt: skip


def ask(weir, text, spill):
    """What came out, exit status, wall seconds, MiB."""
    command = [weir, "query", "--format", "json", "--memory", str(MEMORY_MIB), "--time", str(SECONDS), "--spill", spill]
    start = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL, cwd=spill)
        killer = threading.Timer(WALL_S * 2, child.kill)
        killer.start()
        try:
            child.stdin.write(text if isinstance(text, bytes) else text.encode())
            child.stdin.close()
        except BrokenPipeError:
            pass
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        killer.cancel()
        out.seek(0)
        return out.read(), os.waitstatus_to_exitcode(status), time.monotonic() - start, usage.ru_maxrss >> 10


def inmost(error):
    while "innererror" in error:
        error = error["innererror"]
    return error


def kind_of(printed):
    """ERROR, PARTIAL, ANSWER, or what is wrong with it."""
    try:
        reply = json.loads(printed)
    except ValueError:
        return f"no JSON: {printed[:200]}"
    error = reply.get("error")
    if not error:
        return ANSWER
    if "tables" in reply:
        whole = error["code"] == "PartialError" and reply["tables"][0]["rows"]
        return PARTIAL if whole else f"a partial answer without rows: {error}"
    inner = inmost(error)
    placed = inner.get("line", 0) >= 1 and inner.get("pos", -1) >= 0
    one = inner.get("message", "").strip().count("\n") == 0 and inner.get("message")
    return ERROR if placed and one else f"an error without a place or a text: {error}"


def limits_of_rows(out, weir, spill):
    reply = json.loads(ask(weir, "range x from 1 to 10000000 step 1", spill)[0])
    error = inmost(reply["error"]["details"][0])
    out.result(len(reply["tables"][0]["rows"]) == 500_000 and error["code"] == "-2133196797",
               "an answer ends after 500,000 rows and says so", [reply["error"]])
    printed = ask(weir, "range x from 1 to 100000 step 1 | extend s = strrep('x', 1000)", spill)[0]
    cells = sum(8 + 8 + len(row[1]) for row in json.loads(printed)["tables"][0]["rows"])
    out.result(64 << 20 <= cells < (64 << 20) + 2000, "and after 64 MiB of cells", [cells])


def main():
    out, weir = Tap(), os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as spill:
        for name, text, allowed in CASES:
            printed, status, seconds, resident = ask(weir, text, spill)
            kind = kind_of(printed)
            good = kind in allowed and status == (0 if kind == ANSWER else 1) and seconds < WALL_S and resident < RESIDENT_MIB
            out.result(good, name, [f"{kind}, exit status {status}, {seconds:.1f} s, {resident} MiB", printed[:300]])
        limits_of_rows(out, weir, spill)
        out.result(not os.listdir(spill), "nothing stays in the spill folder", os.listdir(spill))
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
