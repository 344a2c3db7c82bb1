/* format_completeness: how complete an answer's time is, at its end. */
#include <inttypes.h>

#include "query/format.h"

void printer_completeness(struct printer *p)
{
	struct completeness c;
	if (!query_completeness(p->result, &c))
		return;
	buf_puts(&p->out, "\ncomplete to ");
	completeness_percent(&p->out, &c);
	buf_printf(&p->out,
	           " %%: %" PRId64 " records stored, %" PRId64 " rejected, %" PRId64 " lost\n",
	           c.stored, c.rejected, c.lost);
}

void printer_completeness_json(struct printer *p)
{
	struct completeness c;
	if (!query_completeness(p->result, &c))
		return;
	buf_puts(&p->out, ",\"statistics\":{\"completeness\":{\"percent\":");
	completeness_percent(&p->out, &c);
	buf_printf(&p->out,
	           ",\"recordsStored\":%" PRId64 ",\"recordsRejected\":%" PRId64
	           ",\"recordsLost\":%" PRId64 "}}",
	           c.stored, c.rejected, c.lost);
}
