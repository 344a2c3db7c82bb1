/* render: what render says of the picture to be drawn, as the API gives it to clients. */
#pragma once

#include "core/base/buf.h"
#include "query/bind.h"

/* {"visualization":"timechart","title":null,…} */
void render_json(struct buf *out, const struct render *render);
