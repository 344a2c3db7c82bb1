#include "exporter/emit/report_layouts.h"

#include "core/wire/element.h"

enum { NF9 = 1, IPFIX = 2, BOTH = NF9 | IPFIX };

/* v9 scope types, RFC 3954 section 6.1 */
enum { SCOPE_SYSTEM = 1, SCOPE_INTERFACE = 2 };

struct row {
	enum report_kind kind;
	unsigned protocols;
	bool scope;
	struct layout_field field;
};

#define SAMPLER(protocols, id, length, member)                                                     \
	{                                                                                          \
		REPORT_SAMPLER, protocols, false,                                                  \
		    LAYOUT_FIELD(IE_##id, length, UINT, struct sampler_report, member)             \
	}
#define EXPORTER(protocols, id, length, member)                                                    \
	{                                                                                          \
		REPORT_EXPORTER, protocols, false,                                                 \
		    LAYOUT_FIELD(IE_##id, length, UINT, struct exporter_report, member)            \
	}
#define SCOPE(kind, protocol, id, length, type, member)                                            \
	{                                                                                          \
		REPORT_##kind, protocol, true, LAYOUT_FIELD(id, length, UINT, type, member)        \
	}

/* clang-format off */
static const struct row rows[] = {
	SCOPE(SAMPLER, NF9,   SCOPE_SYSTEM,  4, struct sampler_report, domain),
	SCOPE(SAMPLER, IPFIX, IE_selectorId, 8, struct sampler_report, selector),
	SAMPLER(NF9,   samplerId,              2, selector),
	SAMPLER(NF9,   samplerMode,            1, mode),
	SAMPLER(NF9,   samplerRandomInterval,  4, interval),
	SAMPLER(BOTH,  selectorAlgorithm,      2, algorithm),
	SAMPLER(BOTH,  samplingPacketInterval, 4, one),
	SAMPLER(BOTH,  samplingPacketSpace,    4, space),
	SAMPLER(BOTH,  samplingAlgorithm,      1, mode),

	SCOPE(INTERFACE, NF9,   SCOPE_INTERFACE,     4, struct interface_report, index),
	SCOPE(INTERFACE, IPFIX, IE_ingressInterface, 4, struct interface_report, index),
	{ REPORT_INTERFACE, BOTH, false,
	  LAYOUT_FIELD(IE_interfaceName, INTERFACE_NAME_MAX, TEXT, struct interface_report, name) },

	SCOPE(EXPORTER, NF9,   SCOPE_SYSTEM,           4, struct exporter_report, domain),
	SCOPE(EXPORTER, IPFIX, IE_observationDomainId, 4, struct exporter_report, domain),
	EXPORTER(BOTH, exportedMessageTotalCount,    8, messages),
	EXPORTER(BOTH, exportedFlowRecordTotalCount, 8, records),
	EXPORTER(BOTH, exportedOctetTotalCount,      8, octets),
	EXPORTER(BOTH, notSentFlowTotalCount,        8, not_sent),
	EXPORTER(BOTH, selectorIdTotalPktsObserved,  8, observed),
	EXPORTER(BOTH, selectorIdTotalPktsSelected,  8, selected),

	SCOPE(DOMAIN, NF9,   SCOPE_SYSTEM,           4, struct sampler_report, domain),
	SCOPE(DOMAIN, IPFIX, IE_observationDomainId, 4, struct sampler_report, domain),
	{ REPORT_DOMAIN, BOTH, false,
	  LAYOUT_FIELD(IE_samplingInterval, 4, UINT, struct sampler_report, interval) },
};
/* clang-format on */

struct sampler_report sampler_report_of(uint32_t domain, uint16_t selector, uint32_t interval,
                                        bool random)
{
	return (struct sampler_report){
		.domain = domain,
		.selector = selector,
		.algorithm = random ? ALGORITHM_UNIFORM : ALGORITHM_SYSTEMATIC,
		.mode = random ? SAMPLER_RANDOM : SAMPLER_DETERMINISTIC,
		.interval = interval,
		.one = 1,
		.space = interval - 1,
	};
}

void report_layouts_init(struct report_layouts *set, enum wire_protocol protocol)
{
	unsigned wire = protocol == WIRE_IPFIX ? IPFIX : NF9;
	for (size_t kind = 0; kind < REPORT_KINDS; kind++)
		set->rows[kind] =
		    (struct layout){ .id = (uint16_t)(REPORT_TEMPLATE + kind), .options = true };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct layout *layout = &set->rows[rows[i].kind];
		if (!(rows[i].protocols & wire))
			continue;
		layout->fields[layout->field_count++] = rows[i].field;
		layout->scope_count = (uint16_t)(layout->scope_count + rows[i].scope);
	}
	for (size_t kind = 0; kind < REPORT_KINDS; kind++)
		layout_finish(&set->rows[kind]);
}
