/* bench_enrich: what it costs to tell the circuit and the direction of a row.
 *
 *     bench_enrich [RULES] [PREFIXES]
 *
 * Enriches 100,000 rows, several times over, in blocks as commits do, by RULES (default 1,000)
 * rules and PREFIXES (default 16) local prefixes, and prints nanoseconds of CPU per row for
 *
 *     pairs       rules of VLAN pairs, as a provider's
 *     interfaces  rules of an exporter and an interface
 *     mixed       rules of eight shapes: pairs, with and without exporter, interface, VRF
 *     no circuit  rows that none of the mixed rules matches, with what is counted of them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/enrich/enrich.h"

enum { ROWS = 100000, BLOCK = 2048, ROUNDS = 20, EXPORTERS = 4, INTERFACES = 48 };

static uint64_t seed = 7;

static uint32_t below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static struct ip v4(uint32_t address)
{
	return ip_from_v4((const uint8_t[]){ (uint8_t)(address >> 24), (uint8_t)(address >> 16),
	                                     (uint8_t)(address >> 8), (uint8_t)address });
}

/* Rule number i states these parts; its values come from its number, so that no two are the same.
 */
static struct circuit rule(uint32_t i, unsigned parts)
{
	return (struct circuit){
		.parts = parts,
		.exporter = { v4(0xc0000200 + i % EXPORTERS), 32 },
		.interface = i / EXPORTERS % INTERFACES,
		.vrf = i % 50,
		.vlan = i / 64 % 4096,
		.customer_vlan = i % 64,
		.id = "circuit",
		.direct_port_id = "port",
		.service_key = "key",
		.peering_type = "AzurePrivatePeering",
	};
}

/* A row that the rule matches, but for a VLAN that no rule states where it shall not. */
static struct flow_row row_of(const struct circuit *c, bool matched)
{
	struct flow_row row;
	memset(&row, 0, sizeof row);
	row.key.present = UINT64_MAX;
	row.key.exporter = c->exporter.ip;
	row.key.input_if = below(2) ? c->interface : 1000;
	row.key.output_if = row.key.input_if == 1000 ? c->interface : 1001;
	row.key.ingress_vrf = c->vrf;
	row.key.egress_vrf = 1000 + below(2);
	row.key.vlan = (uint16_t)(matched ? c->vlan : 4095);
	row.key.customer_vlan = (uint16_t)c->customer_vlan;
	row.key.src_addr = v4(0x0a000000 + below(1 << 24));
	row.key.dst_addr = v4(0x0a000000 + below(1 << 24));
	row.key.src_asn = 64512 + below(1000);
	row.key.dst_asn = below(3) ? 64512 + below(1000) : 65515;
	return row;
}

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(const void *made, const struct err *e)
{
	if (made)
		return;
	fprintf(stderr, "bench_enrich: %s\n", e->text);
	exit(1);
}

static void measure(const char *name, const struct enrich_config *config, bool matched)
{
	struct err e = { 0 };
	struct enricher *enricher = enricher_new(config, &e);
	uint64_t unmatched = 0;
	struct flow_row *rows = calloc(ROWS, sizeof *rows);
	const struct flow_row **order = calloc(ROWS, sizeof *order);
	check(enricher && rows && order ? rows : NULL, &e);
	for (size_t i = 0; i < ROWS; i++) {
		rows[i] = row_of(&config->circuits.items[below((uint32_t)config->circuits.count)],
		                 matched);
		order[i] = &rows[i];
	}
	uint16_t kinds[BLOCK];
	uint64_t sum = 0;
	double cpu = cpu_seconds();
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i + BLOCK <= ROWS; i += BLOCK) {
			enrich_rows(enricher, &unmatched, order + i, BLOCK, kinds);
			sum += kinds[i % BLOCK];
		}
	cpu = (cpu_seconds() - cpu) / (double)(ROWS / BLOCK * BLOCK * ROUNDS) * 1e9;
	printf("%-11s %5.1f ns a row, %llu without a circuit (%llu)\n", name, cpu,
	       (unsigned long long)unmatched, (unsigned long long)sum);
	free(order);
	free(rows);
	enricher_free(enricher);
}

int main(int argc, char **argv)
{
	static const unsigned pair = CIRCUIT_VLAN | CIRCUIT_CUSTOMER_VLAN;
	static const unsigned port = CIRCUIT_EXPORTER | CIRCUIT_INTERFACE;
	static const unsigned mixed[] = {
		pair,
		pair | CIRCUIT_EXPORTER,
		pair | CIRCUIT_INTERFACE,
		pair | CIRCUIT_VRF,
		pair | port,
		CIRCUIT_VLAN | CIRCUIT_INTERFACE,
		CIRCUIT_VLAN | CIRCUIT_VRF,
		CIRCUIT_VLAN | port,
	};
	size_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	size_t prefixes = argc > 2 ? strtoull(argv[2], NULL, 10) : 16;
	if (!count || count > CIRCUITS_MAX || prefixes > LOCAL_MAX) {
		fprintf(stderr, "bench_enrich: 1 to %d rules, at most %d prefixes\n", CIRCUITS_MAX,
		        LOCAL_MAX);
		return 2;
	}
	static const uint32_t asns[] = { 65515, 12076 };
	static struct circuit rules[CIRCUITS_MAX];
	static struct ip_prefix local[LOCAL_MAX];
	for (uint32_t i = 0; i < prefixes; i++)
		local[i] = (struct ip_prefix){ v4(0x0a000000 + (i << 14)), 20 };
	struct enrich_config config = { { rules, count }, { { asns, 2 }, { local, prefixes } } };
	for (uint32_t i = 0; i < count; i++)
		rules[i] = rule(i, pair);
	measure("pairs", &config, true);
	for (uint32_t i = 0; i < count; i++)
		rules[i] = rule(i, port);
	measure("interfaces", &config, true);
	for (uint32_t i = 0; i < count; i++)
		rules[i] = rule(i, mixed[i % ARRAY_LEN(mixed)]);
	measure("mixed", &config, true);
	measure("no circuit", &config, false);
	return 0;
}
