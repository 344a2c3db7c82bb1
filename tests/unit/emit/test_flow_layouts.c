#include "exporter/emit/flow_layouts.h"

#include <string.h>

#include "core/wire/element.h"
#include "support/unit.h"

static struct metered_key key_of(uint8_t version, enum metered_transport transport, uint8_t tags)
{
	return (struct metered_key){ .ip_version = version,
		                     .transport = (uint8_t)transport,
		                     .tags = tags };
}

static bool has(const struct layout *l, uint16_t id)
{
	for (size_t i = 0; i < l->field_count; i++)
		if (l->fields[i].id == id)
			return true;
	return false;
}

static const struct layout *layout_of(enum wire_protocol protocol, struct metered_key key)
{
	static struct flow_layouts set;
	flow_layouts_init(&set, protocol);
	return flow_layout_of(&set, &key);
}

static void a_record_has_the_fields_that_mean_something_to_it(void **state)
{
	(void)state;
	static const struct {
		struct {
			uint8_t version;
			enum metered_transport transport;
			uint8_t tags;
		} flow;
		uint16_t there[6], not_there[6];
	} cases[] = {
		{ { 4, METERED_TCP, 0 },
		  { IE_sourceIPv4Address, IE_sourceTransportPort, IE_tcpControlBits },
		  { IE_sourceIPv6Address, IE_icmpTypeCodeIPv4, IE_dot1qVlanId } },
		{ { 4, METERED_PORTS, 1 },
		  { IE_destinationTransportPort, IE_dot1qVlanId },
		  { IE_tcpControlBits, IE_dot1qCustomerVlanId } },
		{ { 6, METERED_ICMP, 2 },
		  { IE_destinationIPv6Address, IE_icmpTypeCodeIPv6, IE_dot1qVlanId,
		    IE_dot1qCustomerVlanId },
		  { IE_destinationIPv4Address, IE_icmpTypeCodeIPv4, IE_sourceTransportPort } },
		{ { 4, METERED_OTHER, 0 },
		  { IE_protocolIdentifier, IE_octetDeltaSumOfSquares, IE_samplerId },
		  { IE_sourceTransportPort, IE_icmpTypeCodeIPv4, IE_selectorId } },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct layout *l =
		    layout_of(WIRE_NETFLOW9, key_of(cases[i].flow.version, cases[i].flow.transport,
		                                    cases[i].flow.tags));
		for (size_t k = 0; cases[i].there[k]; k++)
			assert_true(has(l, cases[i].there[k]));
		for (size_t k = 0; cases[i].not_there[k]; k++)
			assert_false(has(l, cases[i].not_there[k]));
	}
}

static void every_combination_has_an_id_of_its_own(void **state)
{
	(void)state;
	bool seen[FLOW_LAYOUTS] = { false };
	for (uint8_t version = 4; version <= 6; version += 2)
		for (int transport = 0; transport < METERED_TRANSPORTS; transport++)
			for (uint8_t tags = 0; tags <= METERED_TAGS_MAX; tags++) {
				const struct layout *l =
				    layout_of(WIRE_IPFIX, key_of(version, transport, tags));
				assert_in_range(l->id, FLOW_TEMPLATE,
				                FLOW_TEMPLATE + FLOW_LAYOUTS - 1);
				assert_false(seen[l->id - FLOW_TEMPLATE]);
				seen[l->id - FLOW_TEMPLATE] = true;
			}
}

/* RFC 7011 section 6.1.8 and RFC 3954 section 8: milliseconds since 1970, and since boot. */
static void times_are_told_as_the_protocol_does(void **state)
{
	(void)state;
	const struct layout *nf9 = layout_of(WIRE_NETFLOW9, key_of(4, METERED_TCP, 0));
	assert_true(has(nf9, IE_flowStartSysUpTime) && !has(nf9, IE_flowStartMilliseconds));
	const struct layout *ipfix = layout_of(WIRE_IPFIX, key_of(4, METERED_TCP, 0));
	assert_true(has(ipfix, IE_flowEndMilliseconds) && !has(ipfix, IE_flowEndSysUpTime));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_has_the_fields_that_mean_something_to_it),
		cmocka_unit_test(every_combination_has_an_id_of_its_own),
		cmocka_unit_test(times_are_told_as_the_protocol_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
