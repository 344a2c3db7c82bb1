#include "collector/minute/nat_exporters.h"

#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/ticks.h"

enum { SLOTS = 2 * NAT_EXPORTERS };

#define WRAP  ((INT64_C(1) << 32) * TICKS_PER_MS)
#define SLACK TICKS_PER_MINUTE /* that clocks may have drifted in that time */

struct exporter {
	struct ip from;
	uint32_t domain;
	uint32_t told;       /* minute in which it was last told to have started anew */
	int64_t start, last; /* ticks: when it started; the latest export */
	int64_t uptime;      /* at `last` */
};

/* Slots hold numbers of exporters plus one. */
struct nat_exporters {
	size_t count;
	uint64_t seed;
	uint16_t slots[SLOTS];
	struct exporter items[NAT_EXPORTERS];
};

struct nat_exporters *nat_exporters_new(struct err *e)
{
	struct nat_exporters *x = calloc(1, sizeof *x);
	if (x)
		x->seed = hash_seed();
	else
		err_set(e, ERR_NOMEM, "no memory for exporters of NAT events");
	return x;
}

void nat_exporters_free(struct nat_exporters *x)
{
	free(x);
}

/* The exporter of an event; NULL where it is new, and then it is added if there is room. */
static struct exporter *exporter_of(struct nat_exporters *x, const struct nat_event *event)
{
	size_t at = hash_words(&event->exporter, 2, x->seed ^ event->domain) % SLOTS;
	for (; x->slots[at]; at = (at + 1) % SLOTS) {
		struct exporter *known = &x->items[x->slots[at] - 1];
		if (known->domain == event->domain && ip_equal(&known->from, &event->exporter))
			return known;
	}
	if (x->count == NAT_EXPORTERS)
		return NULL;
	x->items[x->count] = (struct exporter){
		.from = event->exporter,
		.domain = event->domain,
		.start = event->exporter_start,
		.last = event->record_time,
		.uptime = event->record_time - event->exporter_start,
	};
	x->slots[at] = (uint16_t)++x->count;
	return NULL;
}

static bool is_wrap(const struct exporter *known, int64_t start)
{
	int64_t off = start - known->start - WRAP;
	return off > -SLACK && off < SLACK;
}

bool nat_exporters_restarted(struct nat_exporters *x, const struct nat_event *event)
{
	if (!(event->present & PLAIN_BIT(NAT, ExporterStartTime)))
		return false;
	struct exporter *known = exporter_of(x, event);
	if (!known)
		return false;
	int64_t uptime = event->record_time - event->exporter_start;
	bool anew = event->exporter_start > known->last && uptime < known->uptime &&
	            !is_wrap(known, event->exporter_start);
	if (!anew && event->record_time < known->last)
		return false; /* overtaken by others */
	known->start = event->exporter_start;
	known->last = event->record_time;
	known->uptime = uptime;
	if (!anew || known->told == event->minute)
		return false;
	known->told = event->minute;
	return true;
}
