"""table: lines of the table of captures, which tests/run prints when all tests have run.

A line is a comment of the Test Anything Protocol: "# capture|expected|decoded|verdict".
"""

PREFIX = "# capture|"


def row(capture, expected, decoded, verdict):
    """Records that others count in the capture, or that are in it, those of weir, and what follows."""
    print(f"{PREFIX[:-1]}|{capture}|{expected}|{decoded}|{verdict.replace('|', '/')}", flush=True)


def rows_of(output):
    """The rows in a test's output."""
    return [line[len(PREFIX) :].split("|") for line in output.splitlines() if line.startswith(PREFIX)]


def lines(rows):
    """The table as text."""
    rows = [["capture", "records expected", "decoded", "verdict"], *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return ["  ".join([row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3]]) for row in rows]
