#include "weir/commands.h"

#include "weir/command.h"
#include "weir/config.h"
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
static const struct option_row query_options[] = {
	WORKSPACE,
	CONFIG,
	FORMAT("table|json|csv|ndjson|parquet|chart"),
	{ "file", 'F', "FILE", NULL, "file with the query" },
	{ "timespan", 0, "ISO8601", NULL, "rows of that time only: P1D, START/END, START/PT1H, PT1H/END" },
	{ "since", 's', "SPAN", NULL, "rows from so long ago on: 10m, 2h, 1d" },
	{ "timezone", 'z', "ZONE", "UTC", "clock of tables and charts: local, UTC, Europe/Berlin" },
	{ "explain", 0, NULL, NULL, "tells what would be done: tree, SQL, segments, rows and bytes to be read" },
	{ "rows", 0, "N", "500000", "rows of an answer; more are left out, and an error says so" },
	{ "time", 0, "SECONDS", "180", "time that a query may take" },
	{ "memory", 0, "MIB", NULL, "memory that a query may use; by default half of the machine's" },
	{ "spill", 0, "DIR", NULL, "where large intermediate results go; by default TMPDIR" },
	{ 0 },
};
static const struct option_row replay_options[] = {
	{ "collector", 0, "ADDR:PORT", "127.0.0.1:2055", "where to send to" },
	{ "speed", 0, "N", "1", "how many times as fast as captured; 0: as fast as possible" },
	{ "rate", 0, "N", NULL, "datagrams a second, whatever the capture's pace" },
	{ 0 },
};
static const struct option_row show_options[] = { WORKSPACE, FORMAT(LISTING_FORMATS), { 0 } };

static const struct option_row compact_options[] = {
	WORKSPACE,
	FORMAT(LISTING_FORMATS),
	{ "all", 0, NULL, NULL, "hours and days that are not over, too" },
	{ 0 },
};

static const struct option_row show_ledger_options[] = {
	WORKSPACE,
	FORMAT(LISTING_FORMATS),
	{ "exporter", 'e', "ADDR", NULL, "only what this exporter sent" },
	{ "since", 's', "TIME", NULL, "only the last 90s, 15m, 1h, 7d, …, by whole minutes" },
	{ "by", 0, "exporter", NULL, "one line for each exporter, those that lost most first" },
	{ 0 },
};

static const struct option_row expire_options[] = {
	WORKSPACE,
	CONFIG,
	FORMAT(LISTING_FORMATS),
	{ "dry-run", 'n', NULL, NULL, "only tells what would go" },
	{ 0 },
};
static const struct option_row workspace_options[] = { WORKSPACE, FORMAT("table|json"), { 0 } };

#define COPY { "copy", 0, NULL, NULL, "copies files where a second name (hard link) would do" }

static const struct option_row backup_options[] = {
	WORKSPACE,
	FORMAT("table|json"),
	{ "to", 0, "DIR", NULL, "directory of the backup" },
	COPY,
	{ 0 },
};
static const struct option_row restore_options[] = {
	WORKSPACE,
	FORMAT("table|json"),
	{ "from", 0, "DIR", NULL, "directory of the backup" },
	COPY,
	{ 0 },
};

static const struct option_row export_options[] = {
	WORKSPACE,
	FORMAT("table|json"),
	{ "from", 0, "TIME", NULL, "first time, as 2026-11-22T06:00:00Z" },
	{ "to", 0, "TIME", NULL, "time before which it ends" },
	{ "into", 0, "DIR", NULL, "directory for the files, empty or not there" },
	{ "table", 't', "NAME", NULL, "only this table" },
	{ 0 },
};

static const struct option_row collector_options[] = {
	{ "workspace", 'w', "DIR", "/var/lib/weir", "directory of the workspace" },
	CONFIG,
	{ "listen", 'l', "ADDR:PORT...", NULL, "address to receive at, or tcp:ADDR:PORT; may be repeated (collector.listen)" },
	{ "workers", 0, "N", NULL, "workers, among which exporters are spread (collector.workers)" },
	{ "ring", 0, "MIB", NULL, "size of each worker's journal (collector.ring)" },
	{ 0 },
};

static const struct option_row exporter_options[] = {
	CONFIG,
	{ "interface", 'i', "IFACE[,IFACE]", NULL, "what to meter; by default that of the default route (exporter.interfaces)" },
	{ "read", 'r', "FILE", NULL, "meter a capture (pcap, pcapng, gzip'ed or not) instead" },
	{ "collector", 0, "ADDR:PORT...", NULL, "where to export to, or tcp:ADDR:PORT; may be repeated (exporter.collectors)" },
	{ "sampling", 'N', "N", NULL, "sample one packet in N, at random (exporter.sampling)" },
	{ "every", 0, "N", NULL, "with --read: sample every N-th packet instead" },
	{ "seed", 0, "N", NULL, "with --read: choose the same packets each time" },
	{ "protocol", 'p', EXPORTER_PROTOCOLS, NULL, "what to export (exporter.protocol)" },
	{ "direction", 0, EXPORTER_DIRECTIONS, NULL, "which packets of an interface count (exporter.direction)" },
	{ "active", 0, "SECONDS", NULL, "export a flow that goes on after so long (exporter.active_timeout)" },
	{ "idle", 0, "SECONDS", NULL, "export a flow that was silent for so long (exporter.idle_timeout)" },
	{ "domain", 0, "ID", NULL, "source ID, observation domain (exporter.domain)" },
	{ "nat", 0, NULL, NULL, "log the address translations of this machine, too (exporter.nat)" },
	{ "rate", 0, "N", NULL, "with --read: messages a second at most; by default 2000" },
	{ 0 },
};

static const struct option_row up_options[] = {
	WORKSPACE,
	{ "interface", 'i', "IFACE[,IFACE]", NULL, "what to meter; by default that of the default route" },
	{ "port", 0, "PORT", "2055", "UDP port of the collector" },
	{ 0 },
};

const struct command commands[] = {
	{ "up", "", "meters this machine's own traffic and collects it: the first look", up_options,
	  "Runs an exporter for the interface of the default route, which looks at every packet, and a collector\n"
	  "with its defaults, which listens at that port of every address: routers may send there, too. Ctrl-C\n"
	  "ends both; what came is stored. Without the right to capture (root, or CAP_NET_RAW) it collects only.\n\n"
	  "    weir up\n"
	  "    weir query 'Flows | summarize sum(NumberOfBytes) by SourceIp | top 10 by sum_NumberOfBytes'\n",
	  cmd_up },

	{ "exporter", "", "meters packets and exports flows as NetFlow v9 or IPFIX", exporter_options,
	  "Samples the packets of interfaces in the kernel, one in 4096 unless told otherwise, and exports the\n"
	  "flows that they make up: those that were silent for 15 s, and those that go on once a minute. Counts are\n"
	  "as sampled; the rate is told in options records. Templates are told several times at the start, and\n"
	  "again after 4800 messages or 30 minutes. Needs CAP_NET_RAW for interfaces, CAP_NET_ADMIN for --nat, and\n"
	  "nothing for files. Once all is open it gives up every file, and may do nothing but read packets and\n"
	  "send messages. SIGTERM exports what is there; SIGHUP tells all templates anew.\n\n"
	  "    weir exporter --collector 192.0.2.1:2055\n"
	  "    weir exporter --interface eth0,eth1 --direction ingress --sampling 100 --collector 192.0.2.1:2055\n"
	  "    weir exporter --read trace.pcap --sampling 1 --collector 127.0.0.1:2055\n",
	  cmd_exporter },

	{ "collector", "", "receives what routers export and stores it, minute by minute", collector_options,
	  "Takes NetFlow v1, v5, v7 and v9, IPFIX and sFlow v5 over UDP at all its addresses, and IPFIX over\n"
	  "TCP at those with tcp: in front; without --listen or collector.listen, at ports 2055, 4739, 6343 and\n"
	  "tcp:4739. Rows can be asked for seconds after they arrived, and a minute that is over has one row per\n"
	  "flow. What was received is in a journal first, so that a collector that is killed goes on where it\n"
	  "was. SIGTERM stores what is there, SIGHUP reads the configuration again. Sockets may be handed over by\n"
	  "systemd (LISTEN_FDS); it is told when the collector is ready (NOTIFY_SOCKET). Once all is open the\n"
	  "collector may read and write nothing but its workspace and the configuration's directory, and start\n"
	  "nothing.\n\n"
	  "    weir collector --workspace lab --listen 127.0.0.1:2055\n",
	  cmd_collector },

	{ "import", "FILE...", "stores the flows of captures, or exported rows, in a workspace", import_options,
	  "Captures (pcap, pcapng, gzip'ed or not) pass through the collector's own stages, merged by the\n"
	  "minute of capture; templates learnt from one file hold for the next. Files that end in .jsonl are\n"
	  "rows exported from Log Analytics, one JSON object a line, and stored as they are. All files of\n"
	  "one call become visible together, or none.\n\n"
	  "    weir import --workspace lab router.pcap\n"
	  "    weir import --workspace lab --table ATCExpressRouteCircuitIpfix rows.jsonl\n",
	  cmd_import },

	{ "decode", "FILE...", "prints every record of captures as one line of JSON", NULL,
	  "Reads pcap and pcapng files, gzip'ed or not. Field names are IANA's, or those that the exporter\n"
	  "told of elements of its own (RFC 5610); others are named e<PEN>id<ID> and printed as hexadecimal\n"
	  "text. Lists (RFC 6313) are objects:\n"
	  "    {\"semantic\":\"allOf\",\"field\":\"egressInterface\",\"values\":[1,4,8]}\n"
	  "    {\"semantic\":\"allOf\",\"records\":[{\"template\":259,\"fields\":{...}},...]}\n\n"
	  "    weir decode router.pcap | head -1\n",
	  cmd_decode },

	{ "replay", "FILE...", "sends the datagrams of captures to a collector", replay_options,
	  "Reads pcap and pcapng files, gzip'ed or not, one after the other, and sends what UDP datagrams they\n"
	  "hold. To a collector on this machine, the addresses that sent in the capture become 127.1.0.1,\n"
	  "127.1.0.2 and so on, in order of first appearance; elsewhere exporters differ by their ports only.\n\n"
	  "    weir replay --speed 10 router.pcap\n"
	  "    weir replay --rate 500 --collector [2001:db8::1]:4739 router.pcap\n",
	  cmd_replay },

	{ "query", "[KQL]", "asks a workspace in KQL", query_options,
	  "KQL comes from the argument, a file or standard input; where that is a terminal, you may ask again and\n"
	  "again. weir help kql is the language's reference. Tables are ATCExpressRouteCircuitIpfix, in the schema\n"
	  "of Azure's, and Flows, with everything that is known of the same rows. JSON has the form of the Log\n"
	  "Analytics API; an error has a line and a position. An answer of more than 64 MB of cells ends there,\n"
	  "unless --rows is given. Saved queries: @top-talkers, @top-ports, @top-pairs, @circuits, @throughput,\n"
	  "@exporters, @nat, @audit.\n\n"
	  "    weir query 'Flows | summarize sum(NumberOfBytes) by SourceIp | top 10 by sum_NumberOfBytes'\n"
	  "    weir query --since 1h @top-talkers\n"
	  "    weir query --workspace lab --format csv --file talkers.kql\n",
	  cmd_query },

	{ "show circuits", "", "lists the flows that belong to no circuit", show_options,
	  "Rows without an ExRCircuitId, by what a rule of `circuits` in the configuration may state: at most\n"
	  "100 combinations, those with the most bytes first. Bytes are as captured. Rows keep what they got\n"
	  "when they were stored: last, the latest TimeGenerated, tells whether such flows still come.\n\n"
	  "    weir show circuits --workspace lab\n",
	  cmd_show_circuits },

	{ "show exporters", "", "lists the exporters heard, and what they sent", show_options,
	  "One line for each observation domain of each exporter's socket, those that were silent longest\n"
	  "first: known templates, the sampling interval of the whole domain, datagrams and records since the\n"
	  "exporter was first heard, records that never came by its sequence numbers (of lost datagrams an\n"
	  "estimate), how often it began to number anew, and when it was heard last. Asks the collector, or the workspace as of the\n"
	  "last commit where none runs.\n\n"
	  "    weir show exporters --workspace lab\n",
	  cmd_show_exporters },

	{ "show ledger", "", "accounts for everything that was offered, and for what never came", show_ledger_options,
	  "What CollectorLedger holds, added up. Every datagram and every record that was offered is in one of\n"
	  "the lines of its account, so that the differences are zero; causes without a case are left out of\n"
	  "the table. What exporters sent and nobody received shows from their sequence numbers: NetFlow v5 and\n"
	  "IPFIX number records; of lost NetFlow v9 and sFlow datagrams the records are estimated. Completeness\n"
	  "is stored / (stored + rejected + lost). By other times and domains, ask in KQL:\n\n"
	  "    weir show ledger --workspace lab --since 1h\n"
	  "    weir show ledger --workspace lab --by exporter\n"
	  "    weir query --workspace lab 'CollectorLedger | summarize sum(LostRecords) by Exporter, ObservationDomain'\n",
	  cmd_show_ledger },

	{ "show memory", "", "lists what a running collector holds in memory, and its bounds", show_options,
	  "Octets. The journal is a mapped file, whose pages the kernel may write back; flow tables keep what\n"
	  "they once took for the flows to come. The last line is the disk, less what stays free.\n\n"
	  "    weir show memory --workspace lab\n",
	  cmd_show_memory },

	{ "show names", "", "lists what exporters call interfaces, VRFs and applications", show_options,
	  "As options data told them, by exporter and observation domain, with the time at which each was told\n"
	  "last. Rows are given the names that are known when they are written, in the columns\n"
	  "InputInterfaceName, OutputInterfaceName, IngressVrfName, EgressVrfName and Application. Asks the\n"
	  "collector, or the workspace as of the last commit where none runs.\n\n"
	  "    weir show names --workspace lab\n",
	  cmd_show_names },

	{ "show samplers", "", "lists the sampling rates that exporters told", show_options,
	  "Of a whole domain, of one template, or of one sampler that records name; of sFlow, of each interface\n"
	  "that is sampled. Rates that stand in records or in the configuration are not among them.\n"
	  "achieved is the rate that an sFlow agent's own counters tell, pool / samples; dropped counts samples\n"
	  "that it had to drop. Where achieved is not interval, estimates by SamplingInterval are off by as much.\n\n"
	  "    weir show samplers --workspace lab\n",
	  cmd_show_samplers },

	{ "show templates", "", "lists the templates that exporters sent", show_options,
	  "octets is a record's length; of one with variable fields, the shortest. Fields are named as IANA\n"
	  "does, with their lengths in octets.\n\n"
	  "    weir show templates --workspace lab\n",
	  cmd_show_templates },

	{ "show segments", "", "lists the files that hold a workspace's rows", show_options,
	  "Any program that reads Parquet can read them; their paths are below the workspace's directory.\n"
	  "from and to are the first and last TimeGenerated in a file; level says whether it is as it was\n"
	  "written or has been compacted, with others of its hour or day.\n\n"
	  "    weir show segments --format csv\n",
	  cmd_show_segments },

	{ "workspace expire", "", "drops rows that are too old, or for which there is no room", expire_options,
	  "What a running collector does by itself, by hand where none runs: drops whole segments whose rows are\n"
	  "older than the configuration's `retention` keeps them, and the oldest flows where the workspace is\n"
	  "too large or the disk has too little left. The files go at once. One line for each table and cause;\n"
	  "CollectorLedger keeps account of it. The system's clock is taken to be right.\n\n"
	  "    weir workspace expire --workspace lab --config weir.yaml --dry-run\n",
	  cmd_workspace_expire },
	{ "workspace verify", "", "says whether everything in a workspace is as it was written", workspace_options,
	  "Sums up every octet of every segment and reads every cell, and compares with the catalog; checks the\n"
	  "catalog itself, the ledger's equations, and, where no collector runs, that no file is left over. A line\n"
	  "for each problem that names the file, and exit status 1; nothing is changed. A collector may run.\n\n"
	  "    weir workspace verify --workspace lab\n",
	  cmd_workspace_verify },

	{ "workspace repair", "", "sets damaged segments aside, so that everything else answers", workspace_options,
	  "Where no collector runs. Looks at everything as verify does; segments that are damaged or missing are\n"
	  "taken out in one commit and their files moved to damaged/ in the workspace. A line for each says how\n"
	  "many rows of which time are lost; restore them from a backup, or the file from its other copy. Files\n"
	  "left over are removed. A damaged catalog cannot be repaired: restore a backup.\n\n"
	  "    weir workspace repair --workspace lab\n",
	  cmd_workspace_repair },

	{ "workspace backup", "", "copies a workspace as it is at one moment", backup_options,
	  "A collector may run. The second backup to the same place copies what is new and removes what is gone;\n"
	  "one that is killed leaves the earlier one whole. On one file system files get a second name instead of\n"
	  "a copy, unless --copy is given: that saves rows from being dropped, not from a bad disk. A backup can\n"
	  "be asked and verified like a workspace. What was not committed yet (some seconds) is not in it.\n\n"
	  "    weir workspace backup --workspace lab --to /mnt/backup/lab\n",
	  cmd_workspace_backup },

	{ "workspace restore", "", "makes a workspace of a backup", restore_options,
	  "Into a directory that is empty or not there yet. The backup is verified first. What is restored is a\n"
	  "workspace of its own, whose backups need a place of their own.\n\n"
	  "    weir workspace restore --from /mnt/backup/lab --workspace lab\n",
	  cmd_workspace_restore },

	{ "workspace export", "", "writes the rows of a stretch of time as Parquet files", export_options,
	  "For any program that reads Parquet, and for weir workspace attach: the rows whose TimeGenerated is not\n"
	  "before --from and before --to, with a manifest.json that says what is there. Times in the files are\n"
	  "ticks of 100 ns: (ticks - 621355968000000000) / 10 is microseconds since 1970.\n\n"
	  "    weir workspace export --workspace lab --from 2026-11-01 --to 2026-11-08 --into week\n",
	  cmd_workspace_export },

	{ "workspace attach", "DIR", "adds the rows of an export to a workspace", workspace_options,
	  "Where no collector runs; all of the export's rows become visible together, or none. The files are\n"
	  "copied, once they were checked against the manifest and the tables. The same export is not attached\n"
	  "twice.\n\n"
	  "    weir workspace attach --workspace lab week\n",
	  cmd_workspace_attach },

	{ "workspace compact", "", "writes segments that have come to rest again: fewer, smaller, quicker to search", compact_options,
	  "Takes those of hours, then of days, that ended 15 minutes ago. Late parts of a minute are merged, so\n"
	  "that it has one row per flow; nothing else of what rows hold changes. A collector does this on its\n"
	  "own; where one runs the workspace is its.\n\n"
	  "    weir workspace compact --workspace lab\n",
	  cmd_workspace_compact },

	{ "check", "[FILE]", "says what is wrong with a configuration file", NULL,
	  "Reads the file, or standard input, and prints every problem with line and column, or one line\n"
	  "that says what the file sets. Exit status 2 where there is a problem.\n\n"
	  "    weir check weir.yaml\n",
	  cmd_check },

	{ "completion", "bash", "prints a script that completes weir's command lines", NULL,
	  "    eval \"$(weir completion bash)\"\n",
	  cmd_completion },

	{ "help", "[COMMAND...]", "explains a command, the configuration (config) or the language (kql)", NULL,
	  "    weir help query\n"
	  "    weir help config\n"
	  "    weir help kql make-series\n",
	  cmd_help },

	{ "version", "", "prints the version", NULL, NULL, cmd_version },
	{ 0 },
};
/* clang-format on */
