#include "weir/auditing.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/ticks.h"
#include "core/base/utf8.h"
#include "weir/audit_message.h"

const struct run_socket_kind auditing_socket = {
	.name = "audit.sock",
	.type = SOCK_DGRAM,
	.for_readers = true,
};

/* What a user has told in this minute. */
struct share {
	uid_t uid;
	unsigned queries;
	size_t octets;
};

struct auditing {
	struct run_socket socket;
	FILE *users; /* /etc/passwd, which an isolated process cannot open; NULL: there is none */
	struct plain_rows *rows;
	size_t octets; /* of rows and their texts */
	struct share shares[AUDITING_USERS];
	size_t share_count;
	int64_t shares_since; /* ticks_steady */
	uint8_t message[AUDIT_MESSAGE_MAX];
};

struct auditing *auditing_new(const char *workspace, uid_t uid, gid_t gid, struct err *e)
{
	static const int on = 1;
	struct auditing *a = calloc(1, sizeof *a);
	if (!a) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	if (!run_socket_open(&a->socket, workspace, &auditing_socket, uid, gid, e)) {
		free(a);
		return NULL;
	}
	a->users = fopen("/etc/passwd", "re");
	a->rows = plain_rows_new(e);
	a->shares_since = ticks_steady();
	if (a->rows && setsockopt(a->socket.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0)
		return a;
	if (a->rows)
		err_set(e, ERR_IO, "the kernel does not say who sends to a socket");
	auditing_free(a);
	return NULL;
}

void auditing_free(struct auditing *a)
{
	if (!a)
		return;
	run_socket_close(&a->socket);
	plain_rows_free(a->rows);
	if (a->users)
		fclose(a->users);
	free(a);
}

bool auditing_publish(struct auditing *a, struct err *e)
{
	return run_socket_publish(&a->socket, e);
}

int auditing_fd(const struct auditing *a)
{
	return a->socket.fd;
}

size_t auditing_memory(const struct auditing *a)
{
	return a->octets;
}

/* ---- bounds ---- */

static struct share *share_of(struct auditing *a, uid_t uid)
{
	int64_t now = ticks_steady();
	if (now - a->shares_since >= TICKS_PER_MINUTE) {
		a->shares_since = now;
		a->share_count = 0;
	}
	for (size_t i = 0; i < a->share_count; i++)
		if (a->shares[i].uid == uid)
			return &a->shares[i];
	if (a->share_count == AUDITING_USERS)
		return NULL;
	a->shares[a->share_count] = (struct share){ .uid = uid };
	return &a->shares[a->share_count++];
}

/* Whether the user may have another row of so many octets, which are then taken off its share. */
static bool has_share(struct auditing *a, uid_t uid, size_t octets)
{
	struct share *s = share_of(a, uid);
	if (!s || s->queries == AUDITING_QUERIES || octets > AUDITING_OCTETS - s->octets)
		return false;
	s->queries++;
	s->octets += octets;
	return true;
}

/* ---- rows ---- */

/* Adds the user's name. */
static void name_user(const struct auditing *a, uid_t uid, struct buf *ret)
{
	char room[1024];
	struct passwd entry, *found = NULL;
	if (!a->users)
		return;
	rewind(a->users);
	while (fgetpwent_r(a->users, &entry, room, sizeof room, &found) == 0)
		if (found->pw_uid == uid) {
			buf_puts(ret, found->pw_name);
			return;
		}
}

/* Adds the octets as text: what is none becomes U+FFFD. */
static void add_clean(struct buf *out, const struct row_text *text)
{
	for (size_t i = 0, n; i < text->len; i += n ? n : 1) {
		n = utf8_length(text->at + i, text->len - i);
		if (n && text->at[i])
			buf_add(out, text->at + i, n);
		else
			buf_puts(out, "\xef\xbf\xbd");
	}
}

/* The texts of a row, made clean; `room` holds them. */
static void clean_texts(struct query_audit *row, struct buf *room)
{
	struct row_text *const texts[] = { &row->client_app, &row->query_text, &row->error_code,
		                           &row->error_text };
	size_t ends[ARRAY_LEN(texts)], at = room->len;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		add_clean(room, texts[i]);
		ends[i] = room->len;
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); at = ends[i++])
		*texts[i] = (struct row_text){ buf_text(room) + at, ends[i] - at };
}

static bool add_row(struct auditing *a, struct query_audit *row, uid_t uid)
{
	struct buf texts = { 0 };
	int64_t now = ticks_now();
	name_user(a, uid, &texts);
	size_t name = texts.len;
	clean_texts(row, &texts);
	row->asker_name = (struct row_text){ buf_text(&texts), name };
	row->uid = uid;
	row->received = now;
	row->minute = (uint32_t)((now - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	row->present |= PLAIN_BIT(AUDIT, TimeGenerated) | PLAIN_BIT(AUDIT, _TimeReceived) |
	                PLAIN_BIT(AUDIT, User) | PLAIN_BIT(AUDIT, Uid);
	bool ok = !texts.failed && plain_rows_add(a->rows, TABLE_AUDIT, row, 1);
	if (ok)
		a->octets += sizeof *row + texts.len;
	buf_done(&texts);
	return ok;
}

static bool take(struct auditing *a, size_t len, uid_t uid)
{
	struct query_audit row;
	return a->octets < AUDITING_MEMORY && has_share(a, uid, len) &&
	       audit_message_read(a->message, len, &row) && add_row(a, &row, uid);
}

/* ---- datagrams ---- */

/* Receives one; false where there is none.  *ret_known is false where its sender is not known, or
 * it was longer than any may be. */
static bool receive(struct auditing *a, size_t *ret_len, uid_t *ret_uid, bool *ret_known)
{
	union {
		struct cmsghdr head;
		char octets[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { a->message, sizeof a->message };
	struct msghdr m = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	ssize_t len = recvmsg(a->socket.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len < 0)
		return false;
	const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct ucred sender;
	*ret_len = (size_t)len;
	*ret_known = c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS &&
	             !(m.msg_flags & MSG_TRUNC);
	if (*ret_known) {
		memcpy(&sender, CMSG_DATA(c), sizeof sender);
		*ret_uid = sender.uid;
	}
	return true;
}

struct audit_counts auditing_take(struct auditing *a, bool wanted)
{
	struct audit_counts counts = { 0 };
	size_t len;
	uid_t uid;
	bool known;
	for (int i = 0; i < AUDITING_BURST && receive(a, &len, &uid, &known); i++) {
		if (!wanted)
			continue;
		bool taken = known && take(a, len, uid);
		counts.rows += taken;
		counts.lost += !taken;
	}
	return counts;
}

/* ---- commits ---- */

bool auditing_write(struct auditing *a, struct commit *commit, struct err *e)
{
	return plain_rows_sort(a->rows, e) && commit_plain_rows(commit, a->rows, e);
}

void auditing_committed(struct auditing *a)
{
	plain_rows_clear(a->rows);
	a->octets = 0;
}
