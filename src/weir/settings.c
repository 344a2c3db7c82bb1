#include "weir/settings.h"

#include <stdlib.h>

#include "weir/config_schema.h"

/* Rows without a circuit are not counted as they come: `weir show circuits` asks for them. */
struct settings *settings_new(const struct config *config, struct err *e)
{
	struct settings *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(e, ERR_NOMEM, "no memory for the settings");
		return NULL;
	}
	s->config = config;
	const struct prefix_list *allow = &config->collector.allow;
	s->allowed = allow_list_new(allow->items, allow->count);
	s->enricher = enricher_new(&config->enrich, e);
	if (!s->allowed || !s->enricher) {
		err_set(e, ERR_NOMEM, "no memory for the settings");
		settings_free(s);
		return NULL;
	}
	s->enriching = (struct enriching){ .enricher = s->enricher };
	s->enrichment = enriching_as_enrichment(&s->enriching);
	return s;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	allow_list_free(s->allowed);
	enricher_free(s->enricher);
	config_free(s->loaded);
	free(s);
}

static void tell_fixed_changes(const struct config *before, const struct config *now, FILE *log)
{
	struct buf keys = { 0 };
	config_fixed_changes(before, now, &keys);
	if (keys.len)
		fprintf(log, "read at the start only, and changed: %s\n", buf_text(&keys));
	buf_done(&keys);
}

struct settings *settings_load(const char *path, const struct settings *before, FILE *log,
                               struct err *e)
{
	struct problems problems;
	struct config *config = config_load(path, &problems);
	problems_print(&problems, path, log);
	if (!config) {
		err_set(e, ERR_CONFIG, "the configuration stays as it was");
		return NULL;
	}
	tell_fixed_changes(before->config, config, log);
	struct settings *s = settings_new(config, e);
	if (s)
		s->loaded = config;
	else
		config_free(config);
	return s;
}

struct decoder_config settings_decoder(const struct settings *s)
{
	return config_decoder(s->config);
}
