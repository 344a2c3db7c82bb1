/* sql_json: what the files on dynamic values share. */
#pragma once

#include "query/json.h"
#include "query/sql_functions.h"

struct json cell_json(const struct db_cell *cell); /* of a null: no text */
bool json_is_nothing(struct json value);           /* no text, or JSON's null */
void answer_json(struct db_answer *ret, struct json value);
void put_value(struct buf *out, const struct db_cell *cell); /* "null" for a null */
/* "2026-11-05T06:07:08.0000000Z", in quotes or not */
void put_datetime(struct buf *out, int64_t ticks);
void put_datetime_text(struct buf *out, int64_t ticks);

void put_json_real(struct buf *out, double value); /* 1.0 keeps its point; NaN becomes a text */
