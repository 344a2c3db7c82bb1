/* decoding: a decoder whose rows end in an array, for tests. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "collector/decode/decode.h"
#include "core/base/ticks.h"
#include "support/unit.h"
#include "support/wire.h"

enum { DECODING_ROWS = 1024 };

#define MIDNIGHT ticks_from_date((struct date){ 2026, 11, 22 })

/* At MIDNIGHT; the exporter has run for 1,000,000 ms. */
#define HEADER                                                                                     \
	{                                                                                          \
		.uptime_ms = 1000000, .seconds = 0x6b023080, .sequence = 5, .domain = 100          \
	}

struct decoding {
	struct decoder *decoder;
	bool session;   /* what is sent are messages of one */
	int64_t later;  /* ticks behind the usual time at which datagrams arrive */
	size_t expired; /* parked sets that were given up */
	size_t count;
	struct flow_row rows[DECODING_ROWS];
};

static inline bool decoding_take(void *context, struct batch *batch, struct err *e)
{
	(void)e;
	struct decoding *d = context;
	for (size_t i = 0; i < batch->count; i++) {
		assert_true(d->count < DECODING_ROWS);
		d->rows[d->count++] = batch->rows[i];
	}
	return true;
}

static inline void decoding_unparked(void *context, const struct ip *exporter, uint32_t domain,
                                     bool replayed)
{
	(void)exporter, (void)domain;
	((struct decoding *)context)->expired += !replayed;
}

static inline struct decoding *decoding_new(const struct decoder_config *config)
{
	static const struct decoder_config plain;
	struct decoding *d = calloc(1, sizeof *d);
	struct err e = { 0 };
	assert_non_null(d);
	struct decode_sink sink = { .rows = decoding_take,
		                    .unparked = decoding_unparked,
		                    .context = d };
	d->decoder = decoder_new(config ? config : &plain, &sink, &e);
	assert_non_null(d->decoder);
	return d;
}

static inline void decoding_free(struct decoding *d)
{
	decoder_free(d->decoder);
	free(d);
}

static inline const struct decode_counts *counts(const struct decoding *d)
{
	return decoder_counts(d->decoder);
}

static inline void expect_ip(const struct ip *ip, const char *text)
{
	char got[IP_TEXT_MAX];
	ip_format(ip, got);
	assert_string_equal(got, text);
}

static inline void decoding_send_from(struct decoding *d, const struct bytes *m,
                                      const char *address, uint16_t port)
{
	struct datagram datagram = {
		.arrival = MIDNIGHT + 90 * TICKS_PER_SECOND + d->later,
		.src_port = port,
		.session = d->session,
		.payload = m->b,
		.len = m->len,
	};
	struct err e = { 0 };
	assert_true(ip_parse(address, &datagram.src));
	assert_true(decoder_read(d->decoder, &datagram, &e));
	assert_true(decoder_flush(d->decoder, &e));
}

static inline void decoding_send(struct decoding *d, const struct bytes *m)
{
	decoding_send_from(d, m, "192.0.2.1", 40000);
}
