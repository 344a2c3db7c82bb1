#include "weir/commands.h"

#include "weir/command.h"
#include "weir/listing.h"

/* clang-format off */

/* options that several commands have */
#define CONFIG      { "config", 'c', "FILE", NULL, "configuration file; without it every key has its default" }
#define WORKSPACE   { "workspace", 'w', "DIR", "./workspace", "directory of the workspace" }
#define FORMAT(any) { "format", 'f', any, "table", "how the answer is printed" }

static const struct option_row import_options[] = {
	WORKSPACE,
	CONFIG,
	FORMAT("table|json"),
	{ "table", 't', "NAME", "ATCExpressRouteCircuitIpfix", "table that rows go to" },
	{ "once", 0, NULL, NULL, "leave out files that were imported before" },
	{ 0 },
};
static const struct option_row query_options[] = { WORKSPACE, FORMAT(LISTING_FORMATS), { 0 } };
static const struct option_row show_options[] = { WORKSPACE, FORMAT(LISTING_FORMATS), { 0 } };

const struct command commands[] = {
	{ "import", "FILE...", "stores the flows of captures, or exported rows, in a workspace", import_options,
	  "Captures (pcap, pcapng, gzip'ed or not) pass through the collector's own stages, merged by the\n"
	  "minute of capture; templates learnt from one file hold for the next. Files that end in .jsonl are\n"
	  "rows exported from Log Analytics, one JSON object a line, and stored as they are. All files of\n"
	  "one call become visible together, or none.\n\n"
	  "    weir import --workspace lab router.pcap\n"
	  "    weir import --workspace lab --table ATCExpressRouteCircuitIpfix rows.jsonl\n",
	  cmd_import },

	{ "decode", "FILE...", "prints every record of captures as one line of JSON", NULL,
	  "Reads pcap and pcapng files, gzip'ed or not. Field names are IANA's; elements that are not in\n"
	  "IANA's registry are named e<PEN>id<ID> and printed as hexadecimal text.\n\n"
	  "    weir decode router.pcap | head -1\n",
	  cmd_decode },

	{ "query", "[KQL]", "asks a workspace in KQL", query_options,
	  "KQL comes from the argument or from standard input. Tables are ATCExpressRouteCircuitIpfix, in the\n"
	  "schema of Azure's, and Flows, with everything that is known of the same rows. JSON has the form of\n"
	  "the Log Analytics API; an error has a line and a position.\n\n"
	  "    weir query 'Flows | summarize sum(NumberOfBytes) by SourceIp | top 10 by sum_NumberOfBytes'\n"
	  "    weir query --workspace lab --format csv <talkers.kql\n",
	  cmd_query },

	{ "show segments", "", "lists the files that hold a workspace's rows", show_options,
	  "Any program that reads Parquet can read them; their paths are below the workspace's directory.\n"
	  "from and to are the first and last TimeGenerated in a file.\n\n"
	  "    weir show segments --format csv\n",
	  cmd_show_segments },

	{ "check", "[FILE]", "says what is wrong with a configuration file", NULL,
	  "Reads the file, or standard input, and prints every problem with line and column, or one line\n"
	  "that says what the file sets. Exit status 2 where there is a problem.\n\n"
	  "    weir check weir.yaml\n",
	  cmd_check },

	{ "completion", "bash", "prints a script that completes weir's command lines", NULL,
	  "    eval \"$(weir completion bash)\"\n",
	  cmd_completion },

	{ "help", "[COMMAND...]", "explains a command or, as weir help config, the configuration", NULL,
	  "    weir help query\n"
	  "    weir help config\n",
	  cmd_help },

	{ "version", "", "prints the version", NULL, NULL, cmd_version },
	{ 0 },
};
/* clang-format on */
