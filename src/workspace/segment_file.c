#include "workspace/segment_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workspace/checked_file.h"
#include "workspace/flow_packed.h"
#include "workspace/thrift.h"
#include "workspace/thrift_read.h"

enum { TAIL = 8, MAGIC = 4 };

/* What errno says of the file: is it the file's fault? */
static bool io_fail(struct err *e)
{
	if (errno == ENOENT)
		return err_set(e, ERR_DATA, "it is missing");
	return err_set(e, errno == EIO ? ERR_DATA : ERR_IO, "it cannot be read: %s",
	               strerror(errno));
}

/* A file that is looked at. */
struct reading {
	int fd;
	struct segment_file found;
	uint8_t *footer; /* with the tail */
	uint64_t footer_len;
	uint64_t digits; /* where in the file; SIZE_MAX: nowhere */
	uint32_t told;   /* by its digits */
	bool is_ours;    /* its maker is weir … */
	bool is_marked;  /* … and says that there is a sum */
};

static bool read_at(struct reading *r, uint64_t at, void *ret, size_t len, struct err *e)
{
	ssize_t n = pread(r->fd, ret, len, (off_t)at);
	if (n == (ssize_t)len)
		return true;
	return n < 0 ? io_fail(e) : err_set(e, ERR_DATA, "it is cut short");
}

static bool is_magic(const void *octets)
{
	return memcmp(octets, "PAR1", MAGIC) == 0;
}

static bool read_footer(struct reading *r, struct err *e)
{
	uint8_t head[MAGIC], tail[TAIL];
	uint64_t octets = r->found.octets;
	if (octets < MAGIC + TAIL)
		return err_set(e, ERR_DATA, "it is cut short");
	if (!read_at(r, 0, head, sizeof head, e) || !read_at(r, octets - TAIL, tail, TAIL, e))
		return false;
	if (!is_magic(head) || !is_magic(tail + 4))
		return err_set(e, ERR_DATA, "it is damaged: no Parquet file");
	uint32_t len;
	memcpy(&len, tail, sizeof len);
	r->footer_len = le32toh(len) + (uint64_t)TAIL;
	if (r->footer_len > octets - MAGIC || r->footer_len > SEGMENT_FOOTER_MAX)
		return err_set(e, ERR_DATA, "it is damaged: its footer cannot have %llu octets",
		               (unsigned long long)(r->footer_len - TAIL));
	r->footer = malloc(r->footer_len);
	if (!r->footer)
		return err_set(e, ERR_NOMEM, "no memory for a footer");
	return read_at(r, octets - r->footer_len, r->footer, r->footer_len, e);
}

static bool digits_read(const uint8_t *text, uint32_t *ret)
{
	static const char all[] = "0123456789abcdef";
	*ret = 0;
	for (size_t i = 0; i < CHECK_DIGITS; i++) {
		const char *digit = memchr(all, text[i], sizeof all - 1);
		if (!digit)
			return false;
		*ret = *ret << 4 | (uint32_t)(digit - all);
	}
	return true;
}

/* A key and its value, of which we know one. */
static void read_pair(struct reading *r, struct thrift_reader *t)
{
	struct thrift_reader pair = thrift_enter(t);
	bool is_check = false;
	int field, type;
	while ((field = thrift_next(&pair, &type))) {
		size_t len = 0;
		if (type != THRIFT_BINARY) {
			thrift_skip(&pair, type);
			continue;
		}
		const uint8_t *text = thrift_read_binary(&pair, &len);
		if (field == 1)
			is_check = len == strlen(check_key) && memcmp(text, check_key, len) == 0;
		else if (field == 2 && is_check && len == CHECK_DIGITS)
			r->digits = r->found.octets - r->footer_len + (uint64_t)(text - r->footer);
	}
	thrift_leave(t, &pair);
}

static void read_maker(struct reading *r, struct thrift_reader *t)
{
	static const char ours[] = "weir version ";
	size_t len, mark = strlen(check_mark);
	const char *text = (const char *)thrift_read_binary(t, &len);
	r->is_ours = len > strlen(ours) && memcmp(text, ours, strlen(ours)) == 0;
	r->is_marked = len > mark && memcmp(text + len - mark, check_mark, mark) == 0;
}

/* FileMetaData of parquet.thrift */
static bool understand(struct reading *r, struct err *e)
{
	struct thrift_reader t = { .at = r->footer, .end = r->footer + r->footer_len - TAIL };
	int field, type, element;
	while ((field = thrift_next(&t, &type))) {
		if (field == 3 && type == THRIFT_I64) {
			r->found.rows = thrift_read_number(&t);
		} else if (field == 5 && type == THRIFT_LIST) {
			for (size_t n = thrift_read_list(&t, &element); n > 0 && !t.bad; n--)
				read_pair(r, &t);
		} else if (field == 6 && type == THRIFT_BINARY) {
			read_maker(r, &t);
		} else {
			thrift_skip(&t, type);
		}
	}
	r->found.has_sum = r->digits != SIZE_MAX;
	if (t.bad || t.at != t.end || !r->is_ours || r->is_marked != r->found.has_sum)
		return err_set(e, ERR_DATA, "it is damaged: its footer makes no sense");
	const uint8_t *text = r->footer + (r->digits - (r->found.octets - r->footer_len));
	return !r->found.has_sum || digits_read(text, &r->told) ||
	       err_set(e, ERR_DATA, "it is damaged: its sum is no number");
}

static bool sum_up(struct reading *r, struct err *e)
{
	if (!checked_sum(r->fd, r->found.octets, r->digits, &r->found.sum))
		return errno ? io_fail(e) : err_set(e, ERR_DATA, "it is cut short");
	return !r->found.has_sum || r->found.sum == r->told ||
	       err_set(e, ERR_DATA, "it is damaged: its sum is %08x, not %08x", r->found.sum,
	               r->told);
}

/* Opens the file and reads its footer. */
static bool reading_open(struct reading *r, const char *path, struct err *e)
{
	struct stat st;
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) < 0)
		return io_fail(e);
	r->found.octets = (uint64_t)st.st_size;
	return read_footer(r, e);
}

static void reading_close(struct reading *r)
{
	if (r->fd >= 0)
		close(r->fd);
	free(r->footer);
}

bool segment_file_read(const char *path, struct segment_file *ret, struct err *e)
{
	struct reading r = { .digits = SIZE_MAX };
	bool ok = reading_open(&r, path, e) && understand(&r, e) && sum_up(&r, e);
	if (ok)
		*ret = r.found;
	reading_close(&r);
	return ok;
}

/* ---- columns ---- */

/* A list of structures, or of texts, of which the last one counts. */
static const uint8_t *read_path(struct thrift_reader *t, size_t *ret_len)
{
	const uint8_t *name = NULL;
	int element;
	for (size_t n = thrift_read_list(t, &element); n > 0 && !t->bad; n--)
		name = thrift_read_binary(t, ret_len);
	return name;
}

/* The column that a file's column of that name is (a part of); less than 0 for none. */
static int held_column(const char *name)
{
	for (size_t i = 0; i < PACKED_COLUMNS; i++)
		if (strcmp(packed_columns[i].name, name) == 0)
			return (int)packed_columns[i].of;
	return column_find(name);
}

/* ColumnMetaData: its name and what its pages take. */
static void read_column(struct thrift_reader *t, const bool wanted[COLUMN_COUNT], int64_t *sum)
{
	struct thrift_reader column = thrift_enter(t);
	char name[128] = "";
	int field, type;
	int64_t octets = 0;
	while ((field = thrift_next(&column, &type))) {
		size_t len = 0;
		if (field == 3 && type == THRIFT_LIST) {
			const uint8_t *path = read_path(&column, &len);
			snprintf(name, sizeof name, "%.*s", (int)len, (const char *)path);
		} else if (field == 7 && type == THRIFT_I64) {
			octets = thrift_read_number(&column);
		} else {
			thrift_skip(&column, type);
		}
	}
	thrift_leave(t, &column);
	int id = held_column(name);
	if (id >= 0 && wanted[id] && octets > 0 && octets < INT64_MAX / 2)
		*sum += octets;
}

/* Every structure in the list of this field, each read by `read`. */
static void read_within(struct thrift_reader *t, int wanted_field, const bool wanted[COLUMN_COUNT],
                        int64_t *sum, void (*read)(struct thrift_reader *, const bool *, int64_t *))
{
	struct thrift_reader inner = thrift_enter(t);
	int field, type, element;
	while ((field = thrift_next(&inner, &type))) {
		if (field == wanted_field && type == THRIFT_LIST)
			for (size_t n = thrift_read_list(&inner, &element); n > 0 && !inner.bad;
			     n--)
				read(&inner, wanted, sum);
		else if (field == wanted_field && type == THRIFT_STRUCT)
			read(&inner, wanted, sum);
		else
			thrift_skip(&inner, type);
	}
	thrift_leave(t, &inner);
}

static void read_chunk(struct thrift_reader *t, const bool *wanted, int64_t *sum)
{
	read_within(t, 3, wanted, sum, read_column);
}

static void read_group(struct thrift_reader *t, const bool *wanted, int64_t *sum)
{
	read_within(t, 1, wanted, sum, read_chunk);
}

bool segment_file_columns(const char *path, const bool wanted[COLUMN_COUNT], int64_t *ret_octets,
                          struct err *e)
{
	struct reading r = { .digits = SIZE_MAX };
	bool ok = reading_open(&r, path, e);
	if (ok) {
		struct thrift_reader t = { .at = r.footer, .end = r.footer + r.footer_len - TAIL };
		*ret_octets = 0;
		read_within(&t, 4, wanted, ret_octets, read_group);
	}
	reading_close(&r);
	return ok;
}
