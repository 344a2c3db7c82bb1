/* Queries that a collector is told of, by the socket: who may tell, how much, and as whom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"
#include "weir/audit_message.h"
#include "weir/auditing.h"

static char workspace[] = "/tmp/weir-test-auditing-XXXXXX";

static int make_workspace(void **state)
{
	(void)state;
	char run[64];
	if (!mkdtemp(workspace))
		return -1;
	snprintf(run, sizeof run, "%s/run", workspace);
	return mkdir(run, 0700);
}

static int remove_workspace(void **state)
{
	(void)state;
	char command[64];
	snprintf(command, sizeof command, "rm -rf '%s'", workspace);
	return system(command);
}

static struct auditing *published(void)
{
	struct err e = { 0 };
	struct auditing *a = auditing_new(workspace, (uid_t)-1, (gid_t)-1, &e);
	assert_string_equal(e.text, "");
	assert_non_null(a);
	assert_true(auditing_publish(a, &e));
	return a;
}

static int connected(void)
{
	struct err e;
	bool running;
	int fd = run_socket_connect(workspace, &auditing_socket, &running, &e);
	assert_true(fd >= 0 && running);
	return fd;
}

/* A message of a query of so many octets. */
static struct buf message_of(size_t len)
{
	static char text[AUDIT_QUERY_MAX];
	struct buf message = { 0 };
	struct query_audit row = { .present = PLAIN_BIT(AUDIT, QueryText) };
	memset(text, 'x', sizeof text);
	row.query_text = (struct row_text){ text, len };
	audit_message_write(&row, &message);
	return message;
}

/* Sends it, has it taken, and adds up what became of it. */
static void tell(struct auditing *a, int fd, const struct buf *message, bool wanted,
                 struct audit_counts *sum)
{
	assert_int_equal(send(fd, message->text, message->len, 0), (ssize_t)message->len);
	struct audit_counts got = auditing_take(a, wanted);
	sum->rows += got.rows;
	sum->lost += got.lost;
}

static void what_is_told_becomes_a_row(void **state)
{
	(void)state;
	struct auditing *a = published();
	struct buf message = message_of(100);
	struct audit_counts sum = { 0 };
	int fd = connected();
	assert_int_equal(auditing_memory(a), 0);
	tell(a, fd, &message, true, &sum);
	assert_int_equal(sum.rows, 1);
	assert_int_equal(sum.lost, 0);
	assert_true(auditing_memory(a) >= 100);
	auditing_committed(a);
	assert_int_equal(auditing_memory(a), 0);
	buf_done(&message);
	close(fd);
	auditing_free(a);
}

static void what_is_not_wanted_is_neither_kept_nor_counted(void **state)
{
	(void)state;
	struct auditing *a = published();
	struct buf message = message_of(100);
	struct audit_counts sum = { 0 };
	int fd = connected();
	tell(a, fd, &message, false, &sum);
	assert_int_equal(sum.rows + sum.lost, 0);
	assert_int_equal(auditing_memory(a), 0);
	sum = auditing_take(a, true); /* nor is it left over */
	assert_int_equal(sum.rows + sum.lost, 0);
	buf_done(&message);
	close(fd);
	auditing_free(a);
}

static void what_is_no_message_is_counted(void **state)
{
	(void)state;
	struct auditing *a = published();
	static char junk[AUDIT_MESSAGE_MAX + 1];
	struct audit_counts sum = { 0 };
	int fd = connected();
	const size_t lengths[] = { 0, 1, 100, AUDIT_MESSAGE_MAX, AUDIT_MESSAGE_MAX + 1 };
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		tell(a, fd, &(struct buf){ .text = junk, .len = lengths[i] }, true, &sum);
	assert_int_equal(sum.rows, 0);
	assert_int_equal(sum.lost, ARRAY_LEN(lengths));
	close(fd);
	auditing_free(a);
}

static void a_user_has_so_many_queries_a_minute(void **state)
{
	(void)state;
	struct auditing *a = published();
	struct buf message = message_of(10);
	struct audit_counts sum = { 0 };
	int fd = connected();
	for (int i = 0; i < AUDITING_QUERIES + 7; i++)
		tell(a, fd, &message, true, &sum);
	assert_int_equal(sum.rows, AUDITING_QUERIES);
	assert_int_equal(sum.lost, 7);
	buf_done(&message);
	close(fd);
	auditing_free(a);
}

static void a_user_has_so_many_octets_a_minute(void **state)
{
	(void)state;
	struct auditing *a = published();
	struct buf message = message_of(AUDIT_QUERY_MAX), small = message_of(10);
	struct audit_counts sum = { 0 };
	unsigned room = (unsigned)(AUDITING_OCTETS / message.len);
	int fd = connected();
	for (unsigned i = 0; i < room + 3; i++)
		tell(a, fd, &message, true, &sum);
	assert_int_equal(sum.rows, room);
	assert_int_equal(sum.lost, 3);
	tell(a, fd, &small, true, &sum); /* for which there is still room */
	assert_int_equal(sum.rows, room + 1);
	buf_done(&message);
	buf_done(&small);
	close(fd);
	auditing_free(a);
}

static mode_t mode_with(mode_t dir)
{
	char path[64];
	struct stat st;
	assert_int_equal(chmod(workspace, dir), 0);
	struct auditing *a = published();
	snprintf(path, sizeof path, "%s/run/audit.sock", workspace);
	assert_int_equal(stat(path, &st), 0);
	auditing_free(a);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(chmod(workspace, 0700), 0);
	return st.st_mode & 0777;
}

static void who_may_list_the_workspace_may_tell(void **state)
{
	(void)state;
	assert_int_equal(mode_with(0700), 0600);
	assert_int_equal(mode_with(0750), 0620);
	assert_int_equal(mode_with(0755), 0622);
	assert_int_equal(mode_with(0711), 0600);
}

static void where_nobody_listens_there_is_no_socket(void **state)
{
	(void)state;
	struct err e;
	bool running = true;
	assert_int_equal(run_socket_connect(workspace, &auditing_socket, &running, &e), -1);
	assert_false(running);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_becomes_a_row),
		cmocka_unit_test(what_is_not_wanted_is_neither_kept_nor_counted),
		cmocka_unit_test(what_is_no_message_is_counted),
		cmocka_unit_test(a_user_has_so_many_queries_a_minute),
		cmocka_unit_test(a_user_has_so_many_octets_a_minute),
		cmocka_unit_test(who_may_list_the_workspace_may_tell),
		cmocka_unit_test(where_nobody_listens_there_is_no_socket),
	};
	return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
