#include "weir/exporter_setup.h"

#include <math.h>
#include <string.h>

#include "core/base/ticks.h"
#include "weir/choice.h"
#include "weir/option_number.h"
#include "weir/sanitized.h"

#define NAT64_PREFIX "64:ff9b::" /* RFC 6052 section 2.1 */

static const char *word_of(const struct invocation *inv, const char *option, const char *configured)
{
	const char *word = invocation_value(inv, option);
	return word ? word : configured;
}

/* "eth0,eth1" */
static bool read_interfaces(const struct invocation *inv, struct exporter_setup *ret, struct err *e)
{
	const char *text = invocation_value(inv, "interface");
	ret->interfaces = inv->config->exporter.interfaces.items;
	ret->interface_count = inv->config->exporter.interfaces.count;
	if (!text)
		return true;
	if (strlen(text) >= sizeof ret->words)
		return err_set(e, ERR_USAGE, "--interface takes at most %d names of 15 letters",
		               EXPORTER_INTERFACES_MAX);
	strcpy(ret->words, text);
	ret->interfaces = ret->names;
	ret->interface_count = 0;
	char *rest;
	for (char *name = strtok_r(ret->words, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest)) {
		if (ret->interface_count == EXPORTER_INTERFACES_MAX)
			return err_set(e, ERR_USAGE, "--interface takes at most %d names",
			               EXPORTER_INTERFACES_MAX);
		ret->names[ret->interface_count++] = name;
	}
	return true;
}

static bool read_collectors(const struct invocation *inv, struct emit_config *ret, struct err *e)
{
	const struct text_list *configured = &inv->config->exporter.collectors;
	const char *const *texts = inv->repeat_count ? inv->repeats : configured->items;
	size_t count = inv->repeat_count ? inv->repeat_count : configured->count;
	bool ipfix = ret->feed.protocol == WIRE_IPFIX;
	if (count == 0)
		return err_set(
		    e, ERR_USAGE,
		    "nobody to export to; give --collector ADDR:PORT, or exporter.collectors "
		    "in the configuration");
	if (count > EMIT_COLLECTORS_MAX)
		return err_set(e, ERR_USAGE, "at most %d collectors can be exported to",
		               EMIT_COLLECTORS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!sender_address_parse(texts[i], &ret->collectors[i], e))
			return false;
		if (ret->collectors[i].tcp && !ipfix)
			return err_set(e, ERR_USAGE,
			               "%s: NetFlow v9 goes over UDP alone; leave out \"tcp:\", or "
			               "export IPFIX",
			               texts[i]);
	}
	ret->collector_count = count;
	return true;
}

static bool read_sampling(const struct invocation *inv, struct selector_config *ret, struct err *e)
{
	uint64_t interval;
	bool systematic = invocation_given(inv, "every");
	if (systematic && invocation_given(inv, "sampling"))
		return err_set(e, ERR_USAGE, "give --sampling or --every, not both");
	if (systematic && !invocation_given(inv, "read"))
		return err_set(
		    e, ERR_USAGE,
		    "--every is for captures (--read); an interface is sampled at random");
	if (!option_number(inv, systematic ? "every" : "sampling",
	                   (struct number_range){ 1, UINT32_MAX }, inv->config->exporter.sampling,
	                   &interval, e))
		return false;
	*ret = (struct selector_config){
		.algorithm = systematic ? SELECTOR_SYSTEMATIC : SELECTOR_RANDOM,
		.interval = (uint32_t)interval,
		.seeded = invocation_given(inv, "seed"),
	};
	return option_number(inv, "seed", (struct number_range){ 0, UINT64_MAX }, 0, &ret->seed, e);
}

static bool read_meter(const struct invocation *inv, struct meter_config *ret, struct err *e)
{
	const struct exporter_config *configured = &inv->config->exporter;
	uint64_t active, idle;
	if (!option_number(inv, "active", (struct number_range){ 1, 3600 }, configured->active_s,
	                   &active, e) ||
	    !option_number(inv, "idle", (struct number_range){ 1, 3600 }, configured->idle_s, &idle,
	                   e))
		return false;
	*ret = (struct meter_config){
		.cache = { .max_flows = configured->flows_max,
		           .active = (int64_t)active * TICKS_PER_SECOND,
		           .idle = (int64_t)idle * TICKS_PER_SECOND },
		.selector = EXPORTER_SELECTOR,
	};
	return true;
}

static bool read_emit(const struct invocation *inv, struct emit_config *ret, struct err *e)
{
	static const enum wire_protocol protocols[] = { WIRE_NETFLOW9, WIRE_IPFIX };
	const struct exporter_config *configured = &inv->config->exporter;
	const char *protocol = word_of(inv, "protocol", configured->protocol);
	uint64_t domain;
	if (!option_number(inv, "domain", (struct number_range){ 0, UINT32_MAX },
	                   configured->domain, &domain, e))
		return false;
	ret->feed = (struct feed_config){
		.protocol = protocols[choice_number(EXPORTER_PROTOCOLS, protocol)],
		.domain = (uint32_t)domain,
		.refresh_packets = configured->refresh_packets,
		.refresh_seconds = configured->refresh_seconds,
	};
	ret->distribution =
	    (enum emit_distribution)choice_number(EXPORTER_DISTRIBUTIONS, configured->distribution);
	return read_collectors(inv, ret, e);
}

static bool read_rate(const struct invocation *inv, double *ret, struct err *e)
{
	uint64_t rate;
	if (!option_number(inv, "rate", (struct number_range){ 0, 10000000 }, 0, &rate, e))
		return false;
	*ret = (double)rate;
	return true;
}

static bool read_nat64_prefix(const struct ip_prefix *configured, struct ip *ret, struct err *e)
{
	if (configured->bits == 0)
		return ip_parse(NAT64_PREFIX, ret);
	*ret = configured->ip;
	return configured->bits == 96 ||
	       err_set(e, ERR_CONFIG, "exporter.nat.nat64_prefix has %u bits; it must have 96",
	               configured->bits);
}

/* Events are of this machine, not of a file. */
static bool read_nat(const struct invocation *inv, struct exporter_setup *ret, struct err *e)
{
	static const enum nat_dialect dialects[] = { NAT_DIALECT_IANA, NAT_DIALECT_JUNOS };
	const struct exporter_nat_config *nat = &inv->config->exporter.nat;
	bool given = invocation_given(inv, "nat");
	if (given && ret->file)
		return err_set(e, ERR_USAGE, "give --nat or --read, not both");
	ret->log_nat = !ret->file && (given || choice_number(EXPORTER_NAT_EVENTS, nat->events));
	ret->nat = (struct nat_logging){
		.dialect = dialects[choice_number(EXPORTER_NAT_DIALECTS, nat->dialect)],
		.destinations = choice_number(EXPORTER_NAT_DESTINATIONS, nat->destinations),
		.error_rate = nat->error_rate,
		.sessions = nat->sessions,
		.receive_buffer = nat->receive_buffer_mib << 20,
		.blocks_again_s = nat->blocks_again_s,
		.pools = nat->pools.items,
		.pool_count = nat->pools.count,
		.block_maps = nat->port_blocks.items,
		.block_map_count = nat->port_blocks.count,
		.nat64_hosts = nat->nat64_hosts.items,
		.nat64_host_count = nat->nat64_hosts.count,
	};
	return read_nat64_prefix(&nat->nat64_prefix, &ret->nat.nat64_prefix, e);
}

bool exporter_setup_read(const struct invocation *inv, struct exporter_setup *ret, struct err *e)
{
	const struct exporter_config *configured = &inv->config->exporter;
	*ret = (struct exporter_setup){
		.file = invocation_value(inv, "read"),
		.user = configured->user,
		.isolate = !SANITIZED,
		.log = inv->err,
		.direction = (enum kernel_filter_direction)choice_number(
		    EXPORTER_DIRECTIONS, word_of(inv, "direction", configured->direction)),
	};
	if (ret->file && invocation_given(inv, "interface"))
		return err_set(e, ERR_USAGE, "give --interface or --read, not both");
	return read_interfaces(inv, ret, e) && read_sampling(inv, &ret->sampling, e) &&
	       read_meter(inv, &ret->meter, e) && read_emit(inv, &ret->emit, e) &&
	       read_nat(inv, ret, e) && read_rate(inv, &ret->rate, e);
}
