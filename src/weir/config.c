#include "weir/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/config_fill.h"
#include "weir/input.h"

enum {
	FILE_LIMIT = 8 << 20,
	TREE_LIMIT = 96 << 20, /* three times what 10,000 circuits with every key take */
	CONFIG_LIMIT = 16 << 20,
};

static const struct position whole_file = { 0, 0 };

struct config *config_defaults(void)
{
	struct config *config = calloc(1, sizeof *config);
	if (!config)
		return NULL;
	arena_init(&config->memory, CONFIG_LIMIT);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		config->constants.text[i] = "";
	config->summary = "";
	if (!config_fill_defaults(config)) {
		config_free(config);
		return NULL;
	}
	return config;
}

static void fill(struct config *config, const char *text, size_t len, struct problems *problems)
{
	struct arena tree;
	arena_init(&tree, TREE_LIMIT);
	struct node *root = NULL;
	struct buf summary = { 0 };
	if (document_read(text, len, &tree, &root, problems) && root) {
		config_fill(config, root, &summary, problems);
		config->summary = arena_strdup(&config->memory, buf_text(&summary));
	}
	if (config->memory.exhausted || summary.failed)
		problem_add(problems, whole_file, "", "too large to be held");
	buf_done(&summary);
	arena_done(&tree);
}

struct config *config_parse(const char *text, size_t len, struct problems *ret)
{
	*ret = (struct problems){ 0 };
	struct config *config = config_defaults();
	if (!config)
		problem_add(ret, whole_file, "", "there is not enough memory");
	else if (len > FILE_LIMIT)
		problem_add(ret, whole_file, "", "larger than %d bytes", FILE_LIMIT);
	else
		fill(config, text, len, ret);
	if (ret->count == 0)
		return config;
	config_free(config);
	return NULL;
}

struct config *config_read(FILE *file, struct problems *ret)
{
	*ret = (struct problems){ 0 };
	struct config *config = NULL;
	struct buf text = { 0 };
	struct err e;
	if (read_whole(file, FILE_LIMIT, &text, &e))
		config = config_parse(buf_text(&text), text.len, ret);
	else
		problem_add(ret, whole_file, "", "%s", e.text);
	buf_done(&text);
	return config;
}

struct config *config_load(const char *path, struct problems *ret)
{
	*ret = (struct problems){ 0 };
	FILE *file = fopen(path, "re");
	if (!file) {
		problem_add(ret, whole_file, "", "%s", strerror(errno));
		return NULL;
	}
	struct config *config = config_read(file, ret);
	fclose(file);
	return config;
}

struct decoder_config config_decoder(const struct config *config)
{
	return (struct decoder_config){
		.overrides = config->exporters,
		.default_sampling = config->sampling_default,
		.template_lifetime = config->template_lifetime,
		.parking_time = config->parking_time,
		.parking_memory = (size_t)config->parking_mib << 20,
	};
}

struct retention_policy config_retention(const struct config *config)
{
	const struct retention_config *r = &config->retention;
	return (struct retention_policy){
		.age = { [TABLE_ATC] = r->flows * TICKS_PER_DAY,
		         [TABLE_FLOWS] = r->flows * TICKS_PER_DAY,
		         [TABLE_NAT] = r->nat_events * TICKS_PER_DAY,
		         [TABLE_BINDINGS] = r->nat_bindings * TICKS_PER_DAY,
		         [TABLE_COUNTERS] = r->sflow_counters * TICKS_PER_DAY,
		         [TABLE_HOURLY] = r->flows_hourly * TICKS_PER_DAY,
		         [TABLE_DAILY] = r->flows_daily * TICKS_PER_DAY,
		         [TABLE_AUDIT] = r->query_audit * TICKS_PER_DAY,
		         [TABLE_LEDGER] = r->ledger * TICKS_PER_DAY },
		.size = (uint64_t)r->size_gib << 30,
		.free = (uint64_t)r->free_mib << 20,
	};
}

void config_free(struct config *config)
{
	if (!config)
		return;
	arena_done(&config->memory);
	free(config);
}
