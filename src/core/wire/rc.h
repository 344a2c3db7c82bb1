/* rc: what became of a datagram, a set or a template.
 *
 * Bad input is traffic, not failure: reading functions answer with one of these, and whoever walks
 * a datagram counts them.  A row gives the enumerator, the name in reports and metrics, and its
 * help. */
#pragma once

/* clang-format off */
#define WIRE_RC_TABLE(X)                                                                           \
	X(OK,                "ok",                "decoded in full")                                   \
	X(END,               "end",               "nothing left to read")                              \
	X(UNKNOWN_VERSION,   "unknown_version",   "neither NetFlow v1, v5, v7, v9, IPFIX nor sFlow v5") \
	X(SHORT_HEADER,      "short_header",      "too short for the header of its message")           \
	X(BAD_LENGTH,        "bad_length",        "IPFIX message length is not that of the datagram")  \
	X(BAD_COUNT,         "bad_count",         "NetFlow v1, v5 or v7 header counts no records, or more than fit") \
	X(TRUNCATED_RECORDS, "truncated_records", "NetFlow v1, v5 or v7 header counts more records than came")   \
	X(SHORT_SET_HEADER,  "short_set_header",  "bytes left over, too few for a set header")         \
	X(BAD_SET_LENGTH,    "bad_set_length",    "set length smaller than its own header")            \
	X(TRUNCATED_SET,     "truncated_set",     "set length reaches past the end of the message")    \
	X(RESERVED_SET,      "reserved_set",      "set id between 4 and 255")                          \
	X(BAD_TEMPLATE_ID,   "bad_template_id",   "template id below 256")                             \
	X(EMPTY_TEMPLATE,    "empty_template",    "template whose records would have no bytes")        \
	X(TRUNCATED_TEMPLATE,"truncated_template","template counts more fields than its set holds")    \
	X(BAD_SCOPE,         "bad_scope",         "options template whose scope is not within it")     \
	X(TEMPLATE_LIMIT,    "template_limit",    "template of too many fields, or beyond the memory for templates") \
	X(NO_TEMPLATE,       "no_template",       "data set whose template was not known, or had expired, when it came") \
	X(TRUNCATED_RECORD,  "truncated_record",  "variable-length record reaches past its set")       \
	X(SHORT_SET,         "short_set",         "data set shorter than one record")                  \
	X(BAD_LIST,          "bad_list",          "list in a field whose lengths do not fit")          \
	X(LIST_LIMIT,        "list_limit",        "list nested too deep, or of too many values")       \
	X(LIST_TEMPLATE,     "list_template",     "list of records whose template is not known")       \
	X(BAD_AGENT,         "bad_agent",         "sFlow agent address of a type that is not known")   \
	X(TRUNCATED_SAMPLE,  "truncated_sample",  "sFlow sample reaches past the end of the datagram, or is missing") \
	X(SHORT_SAMPLE,      "short_sample",      "sFlow sample too short for its format")             \
	X(OTHER_SAMPLE,      "other_sample",      "sFlow sample of a format that is not known: skipped") \
	X(TRUNCATED_SAMPLE_RECORD, "truncated_sample_record", "sFlow record reaches past the end of its sample, or is missing") \
	X(SHORT_SAMPLE_RECORD, "short_sample_record", "sFlow record too short for its structure")
/* clang-format on */

enum wire_rc {
#define X(id, name, help) WIRE_##id,
	WIRE_RC_TABLE(X)
#undef X
	    WIRE_RC_COUNT,
};

const char *wire_rc_name(enum wire_rc rc);
const char *wire_rc_help(enum wire_rc rc);
