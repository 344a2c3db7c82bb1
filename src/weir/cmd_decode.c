#include "core/base/buf.h"
#include "weir/captures.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/config.h"

struct printer {
	FILE *out;
	struct buf line;
};

static bool print_record(void *context, const struct record *record, struct err *e)
{
	struct printer *p = context;
	buf_clear(&p->line);
	record_json(&p->line, record);
	if (p->line.failed)
		return err_set(e, ERR_NOMEM, "no memory for a record's text");
	if (fwrite(p->line.text, 1, p->line.len, p->out) < p->line.len)
		return err_set(e, ERR_IO, "cannot write to standard output");
	return true;
}

static void print_causes(const struct invocation *inv, const struct decoder *decoder)
{
	struct buf causes = { 0 };
	captures_causes(&causes, decoder_counts(decoder));
	fputs(buf_text(&causes), inv->err);
	buf_done(&causes);
}

int cmd_decode(struct invocation *inv)
{
	struct printer printer = { .out = inv->out };
	struct decode_sink sink = { .record = print_record, .context = &printer };
	struct decoder_config config = { 0 };
	struct err e = { 0 };
	captures_patience(&config);
	struct decoder *decoder = decoder_new(&config, &sink, &e);
	bool ok = decoder && captures_decode(inv, decoder, &e);
	if (decoder)
		print_causes(inv, decoder);
	decoder_free(decoder);
	buf_done(&printer.line);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
