/* Laws, whatever is found where a decoder's state should be: it is loaded, or refused with a
 * sentence; what a decoder knows then it can save, and what it saved another one loads and saves as
 * it was; and it goes on decoding within its bounds.
 *
 * The input: an octet that says how many datagrams follow, each behind two octets of length.  What
 * a decoder saves that has read them is damaged as the rest of the input says; without datagrams
 * the rest is the state.  Then the same datagrams are read again. */
#include "fuzz.h"

#include "collector/decode/decode.h"
#include "core/base/buf.h"
#include "core/base/ticks.h"

static bool no_rows(void *context, struct batch *batch, struct err *e)
{
	(void)context, (void)batch, (void)e;
	return true;
}

static void see_nothing(void *context, const struct stream *stream)
{
	(void)context, (void)stream;
}

static struct decoder *decoder_make(void)
{
	static const struct decode_sink sink = { .rows = no_rows };
	static const struct decoder_config config = { .max_streams = 16,
		                                      .template_memory = 1 << 20,
		                                      .parking_memory = 1 << 16,
		                                      .parking_time = 60 };
	struct err e = { 0 };
	struct decoder *decoder = decoder_new(&config, &sink, &e);
	assert(decoder);
	return decoder;
}

static void read_datagrams(struct decoder *decoder, struct cur *input, unsigned count)
{
	struct err e = { 0 };
	struct cur octets;
	unsigned port;
	for (unsigned n = 0; n < count && part_next(input, 12, &octets, &port); n++) {
		struct datagram datagram = {
			.arrival = TICKS_UNIX_EPOCH + n * TICKS_PER_SECOND,
			.src_port = (uint16_t)port,
			.payload = octets.at,
			.len = cur_left(&octets),
		};
		bool ok = decoder_read(decoder, &datagram, &e);
		assert(ok);
	}
}

static bool load(struct decoder *decoder, struct cur state)
{
	struct err e = { 0 };
	uint8_t *exact = exact_copy(state);
	bool ok = decoder_load(decoder, exact, cur_left(&state), &e);
	assert(ok ? e.code == ERR_NONE : e.code == ERR_DATA && *e.text);
	free(exact);
	return ok;
}

/* Templates have no order: so each octet is there as often. */
static void same_octets(const struct buf *a, const struct buf *b)
{
	long surplus[256] = { 0 };
	assert(a->len == b->len);
	for (size_t i = 0; i < a->len; i++) {
		surplus[(uint8_t)a->text[i]]++;
		surplus[(uint8_t)b->text[i]]--;
	}
	for (size_t i = 0; i < ARRAY_LEN(surplus); i++)
		assert(surplus[i] == 0);
}

/* Saves what a decoder knows, has another one load it, and compares what that one saves. */
static void saved_is_loaded(const struct decoder *decoder)
{
	struct buf first = { 0 }, second = { 0 };
	struct decoder *other = decoder_make();
	decoder_save(decoder, &first);
	bool ok = load(other, cur_of(first.text, first.len));
	assert(ok);
	decoder_save(other, &second);
	same_octets(&first, &second);
	decoder_free(other);
	buf_done(&first);
	buf_done(&second);
}

/* A state as the input describes it, for the caller to free. */
static uint8_t *state_of(struct cur *input, unsigned count, size_t *ret_len)
{
	struct decoder *decoder = decoder_make();
	struct buf state = { 0 };
	read_datagrams(decoder, input, count);
	decoder_save(decoder, &state);
	decoder_free(decoder);
	struct cur octets = count ? cur_of(state.text, state.len) : *input;
	uint8_t *copy = exact_copy(octets);
	*ret_len = cur_left(&octets);
	if (count)
		damage(copy, *ret_len, *input);
	buf_done(&state);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	struct cur input = cur_of(data, size);
	const uint8_t *count = cur_take(&input, 1);
	if (!count)
		return 0;
	struct cur datagrams = input;
	size_t len;
	uint8_t *state = state_of(&input, *count % 16, &len);
	struct decoder *decoder = decoder_make();
	load(decoder, cur_of(state, len));
	free(state);
	saved_is_loaded(decoder);
	read_datagrams(decoder, &datagrams, *count % 16);
	saved_is_loaded(decoder);
	decoder_settle(decoder, INT64_MAX, see_nothing, NULL);
	bool ok = decoder_end(decoder, &e);
	assert(ok && decoder_memory(decoder) <= decoder_bound(decoder));
	decoder_free(decoder);
	return 0;
}
