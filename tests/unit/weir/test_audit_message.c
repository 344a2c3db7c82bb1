/* What a query leaves behind, told and read. */
#include <string.h>

#include "core/base/ticks.h"
#include "core/flow/audit_state.h"
#include "support/unit.h"
#include "weir/audit_message.h"

#define SET(row, id, field, value) ((row).present |= PLAIN_BIT(AUDIT, id), (row).field = (value))
#define TEXT(literal)              ((struct row_text){ literal, sizeof(literal) - 1 })

static struct query_audit full(void)
{
	struct query_audit row = { 0 };
	SET(row, RequestClientApp, client_app, TEXT("weir query"));
	SET(row, QueryText, query_text, TEXT("Flows | count \0\xff'\""));
	SET(row, QueryTimeRangeStart, range_start, 0);
	SET(row, QueryTimeRangeEnd, range_end, TICKS_MAX);
	SET(row, State, audit_state, AUDIT_PARTIAL);
	SET(row, ResponseCode, response_code, 65535);
	SET(row, Error, error_text, TEXT(""));
	SET(row, ResponseRowCount, response_rows, INT64_MAX);
	SET(row, StatsSegmentCount, segment_count, UINT32_MAX);
	return row;
}

static bool read_back(const struct buf *message, struct query_audit *ret)
{
	return audit_message_read(buf_text(message), message->len, ret);
}

#define ASSERT_TEXT(got, want)                                                                     \
	do {                                                                                       \
		struct row_text got_ = (got), want_ = (want);                                      \
		assert_int_equal(got_.len, want_.len);                                             \
		assert_memory_equal(got_.at, want_.at, want_.len);                                 \
	} while (0)

static void what_is_told_is_read(void **state)
{
	(void)state;
	struct query_audit row = full(), got;
	struct buf message = { 0 };
	audit_message_write(&row, &message);
	assert_true(read_back(&message, &got));
	assert_int_equal(got.present, row.present | PLAIN_BIT(AUDIT, QueryTextCut));
	assert_false(got.query_cut);
	ASSERT_TEXT(got.client_app, row.client_app);
	ASSERT_TEXT(got.query_text, row.query_text);
	ASSERT_TEXT(got.error_text, row.error_text);
	assert_int_equal(got.range_start, 0);
	assert_int_equal(got.range_end, TICKS_MAX);
	assert_int_equal(got.audit_state, AUDIT_PARTIAL);
	assert_int_equal(got.response_code, 65535);
	assert_int_equal(got.response_rows, INT64_MAX);
	assert_int_equal(got.segment_count, UINT32_MAX);
	buf_done(&message);
}

/* A message of one column, with this number. */
static bool is_read(unsigned bit, uint64_t number)
{
	struct query_audit got;
	uint8_t message[1 + 8 + 8] = { AUDIT_VERSION };
	for (unsigned i = 0; i < 8; i++) {
		message[1 + i] = (uint8_t)(UINT64_C(1) << bit >> (56 - 8 * i));
		message[9 + i] = (uint8_t)(number >> (56 - 8 * i));
	}
	return audit_message_read(message, sizeof message, &got);
}

static void who_asked_and_when_is_never_told(void **state)
{
	(void)state;
	struct query_audit row = full(), got;
	struct buf message = { 0 };
	SET(row, Uid, uid, 0);
	SET(row, User, asker_name, TEXT("somebody else"));
	audit_message_write(&row, &message);
	assert_true(read_back(&message, &got));
	assert_false(got.present & (PLAIN_BIT(AUDIT, Uid) | PLAIN_BIT(AUDIT, User)));
	buf_done(&message);
	assert_true(is_read(PLAIN_BIT_AUDIT_StatsSegmentCount, 0));
	assert_false(is_read(PLAIN_BIT_AUDIT_Uid, 0));
	assert_false(is_read(PLAIN_BIT_AUDIT__TimeReceived, 0));
	assert_false(is_read(PLAIN_BIT_AUDIT_TimeGenerated, 0));
	assert_false(is_read(63, 0)); /* no column */
}

static void long_texts_are_cut_between_characters(void **state)
{
	(void)state;
	static char text[AUDIT_QUERY_MAX + 100];
	for (size_t i = 0; i + 1 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xbc", 2); /* ü */
	for (size_t shift = 0; shift < 2; shift++) {
		struct query_audit row = full(), got;
		struct buf message = { 0 };
		text[0] = 'u';
		row.query_text = (struct row_text){ text + (shift ? 2 : 0), AUDIT_QUERY_MAX + 50 };
		if (!shift)
			row.query_text.at = text + 1; /* begins in the midst of one */
		row.error_text = (struct row_text){ text + 2, AUDIT_WORD_MAX + 1 };
		audit_message_write(&row, &message);
		assert_true(message.len <= AUDIT_MESSAGE_MAX);
		assert_true(read_back(&message, &got));
		assert_true(got.query_cut);
		assert_int_equal(got.query_text.len, AUDIT_QUERY_MAX - !shift);
		assert_int_equal(got.error_text.len, AUDIT_WORD_MAX);
		buf_done(&message);
	}
}

static void no_text_at_all_is_cut_somewhere(void **state)
{
	(void)state;
	static char octets[2 * AUDIT_QUERY_MAX];
	struct query_audit row = full(), got;
	struct buf message = { 0 };
	memset(octets, 0x80, sizeof octets);
	row.query_text = (struct row_text){ octets, sizeof octets };
	audit_message_write(&row, &message);
	assert_true(read_back(&message, &got));
	assert_int_equal(got.query_text.len, AUDIT_QUERY_MAX);
	buf_done(&message);
}

static void no_message_is_read_that_ends_elsewhere(void **state)
{
	(void)state;
	struct query_audit row = full(), got;
	struct buf message = { 0 };
	audit_message_write(&row, &message);
	for (size_t len = 0; len < message.len; len++)
		assert_false(audit_message_read(message.text, len, &got));
	buf_putc(&message, '\0');
	assert_false(read_back(&message, &got));
	buf_done(&message);
}

static void numbers_beyond_their_columns_are_refused(void **state)
{
	(void)state;
	static const struct {
		unsigned bit;
		uint64_t most;
	} columns_of[] = {
		{ PLAIN_BIT_AUDIT_State, AUDIT_STATE_COUNT - 1 },
		{ PLAIN_BIT_AUDIT_QueryTextCut, 1 },
		{ PLAIN_BIT_AUDIT_ResponseCode, UINT16_MAX },
		{ PLAIN_BIT_AUDIT_StatsSegmentCount, UINT32_MAX },
		{ PLAIN_BIT_AUDIT_ResponseBytes, INT64_MAX },
		{ PLAIN_BIT_AUDIT_QueryTimeRangeStart, TICKS_MAX },
	};
	for (size_t i = 0; i < ARRAY_LEN(columns_of); i++) {
		assert_true(is_read(columns_of[i].bit, columns_of[i].most));
		assert_false(is_read(columns_of[i].bit, columns_of[i].most + 1));
		assert_false(is_read(columns_of[i].bit, UINT64_MAX));
	}
}

static void texts_beyond_their_bounds_are_refused(void **state)
{
	(void)state;
	static uint8_t message[1 + 8 + 2 + AUDIT_WORD_MAX + 1] = { AUDIT_VERSION };
	struct query_audit got;
	unsigned bit = PLAIN_BIT_AUDIT_Error;
	message[1 + 7 - bit / 8] = (uint8_t)(1 << bit % 8);
	message[9] = AUDIT_WORD_MAX >> 8;
	message[10] = AUDIT_WORD_MAX & 0xff;
	assert_true(audit_message_read(message, sizeof message - 1, &got));
	message[10]++;
	assert_false(audit_message_read(message, sizeof message, &got));
	message[0]++; /* another version */
	message[10]--;
	assert_false(audit_message_read(message, sizeof message - 1, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_is_read),
		cmocka_unit_test(who_asked_and_when_is_never_told),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(no_text_at_all_is_cut_somewhere),
		cmocka_unit_test(no_message_is_read_that_ends_elsewhere),
		cmocka_unit_test(numbers_beyond_their_columns_are_refused),
		cmocka_unit_test(texts_beyond_their_bounds_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
