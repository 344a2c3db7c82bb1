"""audit: what a collector is told of a query, as weir/audit_message.h has it."""

import csv
import struct
from pathlib import Path

VERSION = 1
COLUMNS = Path(__file__).resolve().parents[2] / "registry/columns.csv"


def bits():
    """Presence bits of QueryAudit's columns: their places among those that are stored (core/flow/plain.h)."""
    with open(COLUMNS, newline="") as file:
        rows = list(csv.DictReader(line for line in file if line[0] != "#"))
    stored = [row["name"] for row in rows if "audit" in row["tables"].split() and row["role"] != "view"]
    return {name: bit for bit, name in enumerate(stored)}


BITS = bits()


def message(text=b"", **told):
    """Of a query's text and of columns by their names: octets or numbers."""
    told = {"QueryText": text, **told}
    out = struct.pack(">BQ", VERSION, sum(1 << BITS[name] for name in told))
    for name in sorted(told, key=BITS.get):
        value = told[name]
        out += struct.pack(">H", len(value)) + value if isinstance(value, bytes) else struct.pack(">Q", value)
    return out
