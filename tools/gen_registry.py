#!/usr/bin/env python3
"""Turns registry/*.csv into the C tables and the reference page that are made from them.

    gen_registry.py REGISTRY_DIR WHAT > OUTPUT

WHAT is one of the keys of GENERATORS below.  Standard library only.
"""
import csv
import os
import sys

# store: (C type, size in bytes)
STORES = {
    "ip": ("struct ip", 16),
    "text": ("struct row_text", 16),
    "u64": ("uint64_t", 8),
    "application": ("uint64_t", 8),
    "time": ("int64_t", 8),
    "u32": ("uint32_t", 4),
    "minute": ("uint32_t", 4),
    "u16": ("uint16_t", 2),
    "u8": ("uint8_t", 1),
}
TYPES = ["bool", "int", "long", "real", "string", "datetime", "timespan", "dynamic", "guid", "decimal"]
ROLES = ["key", "sum", "min", "max", "or", "first", "last", "constant", "enriched", "subnet", "plain", "view"]
PRESENT_BYTES = 8  # one word of presence bits in the key, one among the values, one in a plain row
SFLOW = "sflow:"  # in front of a structure's member in sFlow; the code that reads it is no table
FLOWS = "flows"  # the table whose rows are struct flow_row
NO_FIELD = ["constant", "enriched"]  # roles of columns that struct flow_row does not have, though others may


def fail(text):
    sys.exit("gen_registry: " + text)


def read(folder, name):
    with open(os.path.join(folder, name), newline="") as f:
        return list(csv.DictReader(line for line in f if not line.startswith("#")))


class Registry:
    def __init__(self, folder):
        self.tables = read(folder, "tables.csv")
        self.elements = read(folder, "ipfix-elements.csv")
        self.columns = read(folder, "columns.csv")
        self.nat_events = read(folder, "nat-events.csv")
        by_name = {e["name"]: e for e in self.elements}
        keys = {t["key"] for t in self.tables}
        for c in self.columns:
            if c["role"] not in ROLES or c["type"] not in TYPES:
                fail("%s: unknown role or type" % c["name"])
            if bool(c["store"]) != bool(c["field"]) or (c["store"] and c["store"] not in STORES):
                fail("%s: store and field go together" % c["name"])
            c["in"] = {}
            for word in c["tables"].split():
                key, _, kind = word.partition(":")
                if key not in keys:
                    fail("%s: unknown table %s" % (c["name"], key))
                c["in"][key] = kind or c["type"]
            c["fills"] = []
            c["samples"] = [w[len(SFLOW):] for w in c["elements"].split() if w.startswith(SFLOW)]
            for word in c["elements"].split():
                name, _, part = word.partition("/")
                if name.startswith(SFLOW):
                    continue
                if name not in by_name:
                    fail("%s: unknown element %s" % (c["name"], name))
                c["fills"].append((by_name[name], part or "whole"))
        self.number_presence()

    def number_presence(self):
        """A column of a row that may be null has a bit in the key's word or in the values' word."""
        bits = {True: 0, False: 0}
        for c in self.columns:
            c["bit"] = -1
            if c["store"] and FLOWS in c["in"] and c["role"] not in NO_FIELD:
                c["bit"] = bits[c["role"] == "key"]
                bits[c["role"] == "key"] += 1
        if max(bits.values()) > PRESENT_BYTES * 8:
            fail("more columns than presence bits")

    def fields(self, of_key):
        got = [c for c in self.columns if c["bit"] >= 0 and (c["role"] == "key") == of_key]
        return by_size(got)

    def plain_fields(self, table):
        """The columns of a table of unmerged rows, in the order of their presence bits."""
        got = [c for c in self.columns if table in c["in"] and c["role"] != "view"]
        if not all(c["store"] and c["in"][table] == c["type"] for c in got):
            fail("%s: every column of its rows has a store, and its own type" % table)
        if len(got) > PRESENT_BYTES * 8:
            fail("%s: more columns than presence bits" % table)
        return got


def by_size(columns):
    return sorted(columns, key=lambda c: -STORES[c["store"]][1])


def upper(name):
    return name.upper()


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def struct(out, name, comment, fields, first, align):
    out("/* %s */" % comment)
    out("struct %s {" % name)
    size = 0
    for declaration, bytes_ in first:
        out("\t%s;" % declaration)
        size += bytes_
    for c in fields:
        kind, bytes_ = STORES[c["store"]]
        out("\t%s %s;" % (kind, c["field"]))
        size += bytes_
    pad = -size % align
    if pad:
        out("\tuint8_t pad[%d]; /* always zero */" % pad)
    out("};")
    out('_Static_assert(sizeof(struct %s) == %d, "no hidden padding");' % (name, size + pad))
    out("")
    return size + pad


def gen_row(r, out):
    key = struct(out, "flow_key", "Equal keys, byte for byte, are one flow in one minute.",
                 r.fields(True), [("uint64_t present", PRESENT_BYTES)], 16)
    struct(out, "flow_row", "A record, or what several records of one flow and minute merged into.",
           r.fields(False), [("struct flow_key key", key), ("uint64_t present", PRESENT_BYTES)], 8)


def gen_plain_rows(r, out):
    """A struct for each row of tables.csv; tables that name the same have the same columns."""
    known = {}
    for t in r.tables:
        fields = r.plain_fields(t["key"]) if t["row"] else []
        if t["row"] and known.setdefault(t["row"], fields) != fields:
            fail("%s: not the columns of the other table of %s" % (t["key"], t["row"]))
    for row, fields in known.items():
        names = " and ".join(t["name"] for t in r.tables if t["row"] == row)
        struct(out, row, "A row of %s." % names, by_size(fields), [("uint64_t present", PRESENT_BYTES)], 8)


def gen_plain_columns(r, out):
    """PLAIN_TABLE(id, struct, its first PLAIN_COLUMN, how many), and PLAIN_COLUMN(table, column, struct,
    field, bit, names)"""
    out("#ifdef PLAIN_TABLE")
    first = 0
    for t in r.tables:
        if t["row"]:
            count = len(r.plain_fields(t["key"]))
            out("PLAIN_TABLE(%s, %s, %d, %d)" % (upper(t["key"]), t["row"], first, count))
            first += count
    out("#endif")
    out("#ifdef PLAIN_COLUMN")
    for t in r.tables:
        for bit, c in enumerate(r.plain_fields(t["key"]) if t["row"] else []):
            names = c["value"] if c["type"] == "string" and c["store"].startswith("u") else "none"
            out("PLAIN_COLUMN(%s, %s, %s, %s, %d, %s)" % (upper(t["key"]), c["name"], t["row"],
                                                         c["field"], bit, names))
    out("#endif")


def gen_nat_events(r, out):
    """NAT_EVENT(name, object, act, natEvent of IANA, natEvent of Junos, firewallEvent); -1: none"""
    for e in r.nat_events:
        out("NAT_EVENT(%s, %s, %s, %s, %s, %s)" % (text(e["name"]), upper(e["object"]), upper(e["act"]),
                                                   e["iana"] or -1, e["junos"] or -1, e["firewall"] or -1))


def gen_columns(r, out):
    """COLUMN(id, name, type, role, store, owner, field, bit, value, tables, text)"""
    for c in r.columns:
        member = ("key." if c["role"] == "key" else "") + c["field"] if c["bit"] >= 0 else "present"
        tables = " | ".join("1u << TABLE_%s" % upper(t) for t in c["in"])
        out("COLUMN(%s, %s, %s, %s, %s, %s, %d, %s, %s, %s)" % (
            c["name"], text(c["name"]), upper(c["type"]), upper(c["role"]),
            upper(c["store"] or "none"), member, c["bit"], text(c["value"]), tables,
            text(c["text"])))


def gen_column_types(r, out):
    """COLUMN_TYPE(id, table, type) where a table's type differs from the column's"""
    for c in r.columns:
        for table, kind in c["in"].items():
            if kind != c["type"]:
                out("COLUMN_TYPE(%s, %s, %s)" % (c["name"], upper(table), upper(kind)))


def gen_tables(r, out):
    """TABLE(id, name, schema version, stored in, text)"""
    for t in r.tables:
        out("TABLE(%s, %s, %s, %s, %s)" % (upper(t["key"]), text(t["name"]), t["schema"],
                                           upper(t["view_of"] or t["key"]), text(t["text"])))


def gen_fills(r, out):
    """FILL(element id, part, column id), a column's best element first"""
    for c in r.columns:
        for element, part in c["fills"] if c["bit"] >= 0 else []:
            out("FILL(%s, %s, %s) /* %s */" % (element["id"], upper(part), c["name"], element["name"]))


def gen_plain_fills(r, out):
    """PLAIN_FILL(table, element id, part, column id), a column's best element first"""
    for t in r.tables:
        for c in r.plain_fields(t["key"]) if t["row"] else []:
            for element, part in c["fills"]:
                out("PLAIN_FILL(%s, %s, %s, %s) /* %s */" % (upper(t["key"]), element["id"], upper(part),
                                                           c["name"], element["name"]))


def gen_elements(r, out):
    """ELEMENT(id, name, type)"""
    for e in r.elements:
        out("ELEMENT(%s, %s, %s)" % (e["id"], e["name"], upper(e["type"])))


MERGE = {"key": "key", "sum": "sum", "min": "minimum", "max": "maximum", "or": "bitwise or",
         "first": "of the first record", "last": "of the last record", "constant": "configuration",
         "enriched": "looked up at commit", "subnet": "worked out at commit", "plain": "", "view": "worked out when read"}


def gen_page(r, out):
    out("# Tables and columns")
    out("")
    out("Made from `registry/columns.csv` by `make docs`; do not edit.  A value that was not exported is null,")
    out("or the empty text in a string column; a zero that was exported is zero.")
    for t in r.tables:
        out("")
        out("## %s" % t["name"])
        out("")
        out(t["text"])
        out("")
        out("| column | type | in a minute | from | meaning |")
        out("| --- | --- | --- | --- | --- |")
        for c in r.columns:
            if t["key"] not in c["in"]:
                continue
            source = ", ".join(["%s (%s)" % (e["name"], e["id"]) for e, part in c["fills"]] +
                               ["sFlow " + member for member in c["samples"]])
            if c["role"] == "constant":
                source = "`constants.%s`" % c["value"]
            out("| %s | %s | %s | %s | %s |" % (c["name"], c["in"][t["key"]], MERGE[c["role"]], source,
                                                c["text"]))


GENERATORS = {
    "flow_row.inc": gen_row,
    "plain_rows.inc": gen_plain_rows,
    "plain_columns.inc": gen_plain_columns,
    "nat_events.inc": gen_nat_events,
    "columns.inc": gen_columns,
    "column_types.inc": gen_column_types,
    "tables.inc": gen_tables,
    "fills.inc": gen_fills,
    "plain_fills.inc": gen_plain_fills,
    "elements.inc": gen_elements,
    "columns.md": gen_page,
}


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in GENERATORS:
        sys.exit(__doc__)
    lines = []
    if not sys.argv[2].endswith(".md"):
        lines.append("/* made from registry/ by tools/gen_registry.py */")
    GENERATORS[sys.argv[2]](Registry(sys.argv[1]), lines.append)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
