/* borrowing: which templates of other streams a stream may use (contract in stream.h). */
#include "collector/decode/stream.h"

enum { PADDING_MOST = 7 /* octets behind the last record of a set: to a multiple of 4 or 8 */ };

static bool records_fit(const struct template *t, size_t octets)
{
	return t->variable || (octets >= t->record_len && octets % t->record_len <= PADDING_MOST);
}

bool stream_may_borrow(const struct stream *s, const struct template *t)
{
	return !s->name.session &&
	       !(s->tells & (t->kind == RECORD_OPTIONS ? TELLS_OPTIONS : TELLS_DATA));
}

/* What a session tells ends with it. */
static bool may_lend(const struct stream *lender, const struct stream *s)
{
	return lender->name.protocol == s->name.protocol && !lender->name.session;
}

const struct template *stream_borrow(const struct stream *s, uint16_t id, size_t octets,
                                     int64_t now)
{
	const struct template *found = NULL;
	size_t looked = 0;
	struct stream *lender;
	LIST_FOREACH(lender, &s->source->streams, of_source)
	{
		if (++looked > STREAM_LENDERS)
			return NULL;
		if (lender == s || !may_lend(lender, s))
			continue;
		const struct template *t = stream_template(lender, id);
		if (!t || !template_is_alive(t, now) || !stream_may_borrow(s, t))
			continue;
		if (found && !templates_agree(found, t))
			return NULL;
		found = t;
	}
	return found && records_fit(found, octets) ? found : NULL;
}
