/* Laws, whatever a collector is told of a query: it is a message or it is not; who asked and when
 * is never in it; its texts lie in what was sent, and within their bounds; and told again it says
 * the same.
 *
 * The input is a datagram. */
#include "fuzz.h"

#include "weir/audit_message.h"

static void check_text(const struct row_text *text, size_t most, const uint8_t *octets, size_t size)
{
	const uint8_t *at = (const uint8_t *)text->at;
	assert(text->len <= most);
	assert(!text->len || (at >= octets && at + text->len <= octets + size));
}

static struct buf told(const struct query_audit *row)
{
	struct buf message = { 0 };
	audit_message_write(row, &message);
	assert(!message.failed && message.len <= AUDIT_MESSAGE_MAX);
	return message;
}

static void check(const struct query_audit *row, const uint8_t *octets, size_t size)
{
	struct query_audit again;
	assert(!(row->present & (PLAIN_BIT(AUDIT, Uid) | PLAIN_BIT(AUDIT, User) |
	                         PLAIN_BIT(AUDIT, TimeGenerated))));
	assert(!row->uid && !row->received && !row->minute && !row->asker_name.len);
	check_text(&row->query_text, AUDIT_QUERY_MAX, octets, size);
	check_text(&row->client_app, AUDIT_WORD_MAX, octets, size);
	check_text(&row->error_text, AUDIT_WORD_MAX, octets, size);
	struct buf first = told(row);
	bool read = audit_message_read(first.text, first.len, &again);
	assert(read);
	struct buf second = told(&again);
	assert(first.len == second.len && memcmp(first.text, second.text, first.len) == 0);
	buf_done(&first);
	buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query_audit row;
	uint8_t *octets = exact_copy(cur_of(data, size));
	if (audit_message_read(octets, size, &row))
		check(&row, octets, size);
	free(octets);
	return 0;
}
