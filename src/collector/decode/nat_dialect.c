#include "collector/decode/nat_dialect.h"

#include <stddef.h>

#include "core/base/attr.h"

enum {
	SOURCE = NAT_SHAPE_V4 | NAT_SHAPE_V6,
	LIMIT = NAT_SHAPE_QUOTA | NAT_SHAPE_THRESHOLD,
};

enum nat_dialect nat_dialect_of(uint64_t code, unsigned shape)
{
	/* The first row that fits counts: one of `any` is there (0: no matter), none of `none`. */
	static const struct {
		uint8_t first, last;
		unsigned any, none;
		enum nat_dialect dialect;
	} rules[] = {
		/* clang-format off */
		{  1,  3, NAT_SHAPE_JUNOS, 0,     NAT_DIALECT_JUNOS }, /* 1, 2: historic, the same in both */
		{  4,  5, NAT_SHAPE_V6,    0,     NAT_DIALECT_JUNOS }, /* NAT64 session; IANA: NAT44 */
		{  6,  7, NAT_SHAPE_V6,    0,     NAT_DIALECT_IANA },  /* NAT64 session */
		{  6,  7, 0,               0,     NAT_DIALECT_JUNOS }, /* NAT44 BIB */
		{  8,  9, NAT_SHAPE_V6,    0,     NAT_DIALECT_JUNOS }, /* NAT64 BIB; IANA: NAT44 BIB */
		{ 10, 11, NAT_SHAPE_V6,    LIMIT, NAT_DIALECT_IANA },  /* NAT64 BIB */
		{ 10, 11, 0,               0,     NAT_DIALECT_JUNOS }, /* ports exhausted, quota exceeded */
		{ 12, 13, SOURCE,          LIMIT, NAT_DIALECT_JUNOS }, /* address binding; IANA: ports, quota */
		{ 14, 15, NAT_SHAPE_BLOCK, 0,     NAT_DIALECT_JUNOS }, /* port block; IANA: address binding */
		{ 16, 16, NAT_SHAPE_JUNOS, 0,     NAT_DIALECT_JUNOS }, /* block still held; IANA: allocated */
		/* clang-format on */
	};
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (code >= rules[i].first && code <= rules[i].last &&
		    (!rules[i].any || shape & rules[i].any) && !(shape & rules[i].none))
			return rules[i].dialect;
	return NAT_DIALECT_IANA;
}
