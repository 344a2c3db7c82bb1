/* rules: short ways to write circuits and rows. */
#pragma once

#include <string.h>

#include "collector/enrich/circuit.h"
#include "core/flow/row.h"
#include "support/unit.h"

#define SET(row, id, field, value)                                                                 \
	((row)->key.present |= COLUMN_BIT(id), (row)->key.field = (value))

static inline struct ip address(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(text, &ip));
	return ip;
}

static inline struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;
	assert_true(ip_prefix_parse(text, &p));
	return p;
}

/* RULE("a", CIRCUIT_VLAN, .vlan = 7) */
#define RULE(name, stated, ...)                                                                    \
	((struct circuit){ .id = (name),                                                           \
	                   .direct_port_id = "",                                                   \
	                   .service_key = "",                                                      \
	                   .peering_type = "",                                                     \
	                   .parts = (stated),                                                      \
	                   __VA_ARGS__ })

/* A row of which everything that rules look at is known. */
static inline struct flow_row whole_row(void)
{
	struct flow_row row;
	memset(&row, 0, sizeof row);
	SET(&row, Exporter, exporter, address("192.0.2.1"));
	SET(&row, InputInterface, input_if, 11);
	SET(&row, OutputInterface, output_if, 12);
	SET(&row, Dot1qVlanId, vlan, 100);
	SET(&row, Dot1qCustomerVlanId, customer_vlan, 200);
	SET(&row, IngressVrf, ingress_vrf, 31);
	SET(&row, EgressVrf, egress_vrf, 32);
	return row;
}
