#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collector/enrich/enrich.h"
#include "collector/enrich/names.h"
#include "collector/minute/minute.h"
#include "collector/minute/nat_bindings.h"
#include "core/base/buf.h"
#include "weir/accounting.h"
#include "weir/captures.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/config.h"
#include "workspace/workspace.h"

/* What an import did, for its report. */
struct outcome {
	struct decode_counts decoded;
	uint64_t rows;      /* of Flows */
	uint64_t unmatched; /* rows of no circuit, where circuits are configured */
	uint64_t names_refused;
};

/* Where an import's rows go. */
struct storing {
	struct minutes *minutes;
	struct plain_rows *plain; /* NULL until the first comes */
	struct nat_bindings *bindings;
	uint64_t events; /* rows of NatEvents */
	struct ledger *ledger;
	int64_t now;   /* arrival of the last datagram, … */
	uint16_t file; /* … which is from this one */
	const struct nat_config *nat;
	struct names *names;
	struct commit *commit;
};

static bool take_rows(void *context, struct batch *batch, struct err *e)
{
	struct storing *s = context;
	return minutes_add(s->minutes, batch, e);
}

/* The rows so far; at the `end` those of bindings that are open, too. */
static bool write_plain(struct storing *s, bool end, struct err *e)
{
	if (!s->plain)
		return true;
	int64_t now = nat_bindings_now(s->bindings);
	bool ok = plain_rows_sort(s->plain, e) && commit_plain_rows(s->commit, s->plain, e);
	ok = ok && (!end || !now || nat_bindings_write(s->bindings, s->commit, now, true, e));
	plain_rows_clear(s->plain);
	return ok;
}

static bool take_plain(void *context, enum table_id table, const void *rows, size_t count,
                       struct err *e)
{
	struct storing *s = context;
	if (!s->plain)
		s->plain = plain_rows_new(e);
	if (!s->bindings)
		s->bindings = nat_bindings_new(s->nat->bindings, nat_timeout_ticks(s->nat), e);
	if (!s->plain || !s->bindings ||
	    (plain_rows_is_full(s->plain) && !write_plain(s, false, e)))
		return false;
	if (table == TABLE_NAT)
		nat_bindings_take_rows(s->bindings, rows, count);
	if (!plain_rows_add(s->plain, table, rows, count))
		return err_set(e, ERR_NOMEM, "no memory for more rows of %s", tables[table].name);
	s->events += table == TABLE_NAT ? count : 0;
	return true;
}

static void note_unparked(void *context, const struct ip *exporter, uint32_t domain, bool replayed)
{
	struct storing *s = context;
	accounted_unparked(s->ledger, s->now, s->file, exporter, domain, replayed);
}

static void take_name(void *context, const struct name *name)
{
	const struct storing *s = context;
	names_learn(s->names, name, 1);
}

/* Captures on their way, with the books that are kept of them. */
struct import {
	struct decoder *decoder;
	struct ledger *ledger;
	struct storing *storing;
	struct commit *commit;
	const char **names; /* of the files, as listeners of the ledger */
	uint16_t file;      /* the one that is read */
};

static bool take_datagram(void *context, const struct datagram *datagram, struct err *e)
{
	struct import *i = context;
	struct datagram here = *datagram;
	here.listener = i->storing->file = i->file;
	i->storing->now = datagram->arrival;
	if (ledger_is_full(i->ledger)) {
		if (!ledger_write(i->ledger, i->commit, i->names, e))
			return false;
		ledger_clear(i->ledger);
	}
	struct accounts accounts = { i->decoder, i->ledger, &i->storing->events };
	return accounted_read(&accounts, &here, e);
}

/* The name without its directories.  Files beyond the last number share that one's name. */
static bool name_files(const struct invocation *inv, struct import *i, struct err *e)
{
	i->names = calloc(inv->argument_count + 1, sizeof *i->names);
	for (size_t k = 0; i->names && k < inv->argument_count; k++) {
		const char *slash = strrchr(inv->arguments[k], '/');
		i->names[k] = slash ? slash + 1 : inv->arguments[k];
	}
	return i->names || err_set(e, ERR_NOMEM, "no memory for the names of files");
}

/* What was decoded at the end for want of a template until then is accounted for there. */
static bool end_captures(struct import *i, struct err *e)
{
	struct accounts accounts = { i->decoder, i->ledger, &i->storing->events };
	return accounted_end(&accounts, i->storing->now, i->file, e);
}

/* Reads all files, and writes what the ledger has of them. */
static bool read_captures(const struct invocation *inv, struct import *i, struct err *e)
{
	bool ok = name_files(inv, i, e);
	for (size_t k = 0; ok && k < inv->argument_count; k++) {
		i->file = k < UINT16_MAX ? (uint16_t)k : UINT16_MAX;
		ok = capture_read(inv, inv->arguments[k], take_datagram, i, e);
	}
	ok = ok && end_captures(i, e) && ledger_write(i->ledger, i->commit, i->names, e);
	free(i->names);
	return ok;
}

/* Captures: decode, merge by minute of capture, write. */
static bool store_captures(const struct invocation *inv, struct commit *commit, struct names *names,
                           struct outcome *ret, struct err *e)
{
	const struct config *config = inv->config;
	struct decoder_config decoding = config_decoder(config);
	captures_patience(&decoding);
	struct import import = { .commit = commit };
	bool ok = false;
	struct storing storing = { .commit = commit, .nat = &config->nat, .names = names };
	storing.minutes = minutes_new(config->flows_max, commit, &config->constants, e);
	if (!storing.minutes)
		return false;
	struct decode_sink sink = { .rows = take_rows,
		                    .plain = take_plain,
		                    .unparked = note_unparked,
		                    .named = take_name,
		                    .context = &storing };
	import.decoder = decoder_new(&decoding, &sink, e);
	import.ledger = import.decoder ? ledger_new(e) : NULL;
	import.storing = &storing;
	storing.ledger = import.ledger;
	ok = import.ledger && read_captures(inv, &import, e) && minutes_close(storing.minutes, e) &&
	     write_plain(&storing, true, e);
	if (ok)
		*ret = (struct outcome){ .decoded = *decoder_counts(import.decoder),
			                 .rows = minutes_rows(storing.minutes) };
	decoder_free(import.decoder);
	ledger_free(import.ledger);
	plain_rows_free(storing.plain);
	nat_bindings_free(storing.bindings);
	minutes_free(storing.minutes);
	return ok;
}

/* The same, with the rows enriched. */
static bool import_captures(const struct invocation *inv, struct commit *commit,
                            struct outcome *ret, struct err *e)
{
	const struct enrich_config *config = &inv->config->enrich;
	uint64_t unmatched = 0;
	struct enricher *enricher = enricher_new(config, e);
	struct names *names = enricher ? names_new(e) : NULL;
	bool ok = false;
	if (names) {
		struct enriching enriching = { enricher, &unmatched };
		struct enrichment enrichment = enriching_as_enrichment(&enriching);
		commit_enrich(commit, &enrichment);
		names_enrich(names, commit);
		ok = store_captures(inv, commit, names, ret, e);
		commit_enrich(commit, NULL);
	}
	if (ok && config->circuits.count)
		ret->unmatched = unmatched;
	if (ok)
		ret->names_refused = names_refused(names);
	names_free(names);
	enricher_free(enricher);
	return ok;
}

/* Rows that were exported from Log Analytics: stored as they are. */
static bool import_rows(const struct invocation *inv, struct commit *commit, struct outcome *ret,
                        struct err *e)
{
	const char *name = invocation_value(inv, "table");
	int table = table_find(name);
	if (table != TABLE_ATC)
		return err_set(e, ERR_USAGE, "rows can be imported into %s only, not into %s",
		               tables[TABLE_ATC].name, name);
	for (size_t i = 0; i < inv->argument_count; i++) {
		size_t rows = 0;
		if (!commit_json_lines(commit, (enum table_id)table, inv->arguments[i], &rows, e))
			return false;
		ret->rows += rows;
	}
	return true;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);
	return len >= tail && strcmp(text + len - tail, suffix) == 0;
}

static bool is_rows(const char *path)
{
	return has_suffix(path, ".jsonl") || has_suffix(path, ".json") ||
	       has_suffix(path, ".ndjson");
}

/* One call imports captures or rows, told by the names of the files. */
static bool choose(const struct invocation *inv, bool *ret_rows, struct err *e)
{
	*ret_rows = is_rows(inv->arguments[0]);
	for (size_t i = 1; i < inv->argument_count; i++)
		if (is_rows(inv->arguments[i]) != *ret_rows)
			return err_set(e, ERR_USAGE,
			               "captures and rows (.jsonl) need an import each: %s, %s",
			               inv->arguments[0], inv->arguments[i]);
	return true;
}

/* Notes the files with the commit.  One that was imported before is told, since its rows will be
 * there twice; with --once it is taken off the list instead. */
static bool note_files(struct invocation *inv, struct workspace *ws, struct commit *commit,
                       struct err *e)
{
	bool once = invocation_value(inv, "once") != NULL;
	size_t kept = 0;
	for (size_t i = 0; i < inv->argument_count; i++) {
		const char *path = inv->arguments[i];
		struct source_file file;
		int64_t before;
		if (!source_file_read(path, &file, e) || !workspace_imported(ws, &file, &before, e))
			return false;
		if (before && once)
			fprintf(inv->err,
			        "weir import: %s is left out: commit %" PRId64 " has its rows\n",
			        path, before);
		else if (before)
			fprintf(inv->err,
			        "weir import: %s was imported before, in commit %" PRId64
			        "; its rows will be there twice (--once leaves such files out)\n",
			        path, before);
		if (before && once)
			continue;
		inv->arguments[kept++] = path;
		if (!commit_note_file(commit, &file, e))
			return false;
	}
	inv->argument_count = kept;
	return true;
}

static bool import_files(struct invocation *inv, struct outcome *ret, struct err *e)
{
	bool rows;
	if (!choose(inv, &rows, e))
		return false;
	struct workspace *ws =
	    workspace_open(invocation_value(inv, "workspace"), WORKSPACE_WRITE, e);
	if (!ws)
		return false;
	struct commit *commit = commit_begin(ws, e);
	bool ok = commit && note_files(inv, ws, commit, e) &&
	          (rows ? import_rows : import_captures)(inv, commit, ret, e);
	if (ok)
		ok = commit_end(commit, e);
	else
		commit_abandon(commit);
	workspace_close(ws);
	return ok;
}

static void report_json(FILE *out, const struct outcome *o)
{
	const struct decode_counts *d = &o->decoded;
	fprintf(
	    out,
	    "{\"datagrams\":%" PRIu64 ",\"malformed\":%" PRIu64 ",\"records\":%" PRIu64
	    ",\"options_records\":%" PRIu64 ",\"nat_events\":%" PRIu64
	    ",\"sets_without_template\":%" PRIu64 ",\"sets_parked\":%" PRIu64
	    ",\"sets_replayed\":%" PRIu64 ",\"sets_expired\":%" PRIu64 ",\"rows\":%" PRIu64 "}\n",
	    d->datagrams, d->malformed, d->records, d->options_records, d->nat_events,
	    d->sets_without_template, d->sets_parked, d->sets_replayed, d->sets_expired, o->rows);
}

static void report_table(FILE *out, const struct outcome *o)
{
	const struct decode_counts *d = &o->decoded;
	fprintf(out,
	        "%12" PRIu64 " datagrams\n%12" PRIu64 " of them malformed\n%12" PRIu64
	        " flow records\n%12" PRIu64 " options records\n%12" PRIu64
	        " NAT and firewall events\n%12" PRIu64
	        " data sets that came before their template\n%12" PRIu64
	        " of them decoded when it came\n%12" PRIu64 " rows of flows stored\n",
	        d->datagrams, d->malformed, d->records, d->options_records, d->nat_events,
	        d->sets_without_template, d->sets_replayed, o->rows);
}

int cmd_import(struct invocation *inv)
{
	struct outcome outcome = { 0 };
	struct err e = { 0 };
	if (!import_files(inv, &outcome, &e))
		return invocation_fail(inv, &e);
	(invocation_chose(inv, "format", "json") ? report_json : report_table)(inv->out, &outcome);
	struct buf causes = { 0 };
	captures_causes(&causes, &outcome.decoded);
	fputs(buf_text(&causes), inv->err);
	if (outcome.unmatched)
		fprintf(inv->err,
		        "weir import: %" PRIu64 " of %" PRIu64
		        " rows belong to no circuit; weir show circuits lists what they have\n",
		        outcome.unmatched, outcome.rows);
	if (outcome.names_refused)
		fprintf(inv->err, "weir import: %" PRIu64 " names were refused for want of room\n",
		        outcome.names_refused);
	buf_done(&causes);
	return EXIT_DONE;
}
