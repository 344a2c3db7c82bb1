#include "collector/enrich/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "collector/enrich/name_texts.h"
#include "core/base/hash.h"

_Static_assert((int)NAME_TEXTS <= ENRICHMENT_KINDS, "each text is a kind");

enum { BUCKETS = 65536, EXPORTER_BUCKETS = 16384, ITEM_OVERHEAD = 16 /* of malloc, about */ };

/* What a name is found by. */
struct name_key {
	struct ip exporter;
	uint64_t id;
	uint32_t domain, kind;
};
_Static_assert(sizeof(struct name_key) == 32, "no hidden padding");

struct named {
	struct name_key key;
	struct named *next;
	struct naming_exporter *exporter;
	TAILQ_ENTRY(named) by_age, of_exporter;
	int64_t told;  /* ticks: last */
	uint16_t text; /* its number */
	bool described;
};
TAILQ_HEAD(named_queue, named);

struct naming_exporter {
	struct ip address;
	size_t count;
	struct named_queue items; /* told longest ago first */
	struct naming_exporter *next;
};

/* A column of names: which column has their numbers. */
struct naming_column {
	const struct names *names;
	enum column_id name, id;
	enum name_kind kind;
};

struct names {
	struct name_texts *texts;
	struct named *buckets[BUCKETS];
	struct naming_exporter *exporters[EXPORTER_BUCKETS];
	struct named_queue items; /* told longest ago first */
	size_t count, exporter_count;
	uint64_t refused, seed;
	bool changed;
	struct naming_column columns[NAMES_COLUMNS];
	struct enrichment enrichments[NAMES_COLUMNS];
	uint16_t same[NAME_TEXTS]; /* a text's number by itself */
};

/* ---- finding ---- */

static size_t exporter_home(const struct names *n, const struct ip *address)
{
	return hash_words(address, sizeof *address / 8, n->seed) % EXPORTER_BUCKETS;
}

static struct naming_exporter *exporter_find(const struct names *n, const struct ip *address)
{
	struct naming_exporter *x = n->exporters[exporter_home(n, address)];
	while (x && !ip_equal(&x->address, address))
		x = x->next;
	return x;
}

static size_t home(const struct names *n, const struct name_key *key)
{
	return hash_words(key, sizeof *key / 8, n->seed) % BUCKETS;
}

static struct named *find(const struct names *n, const struct name_key *key)
{
	struct named *item = n->buckets[home(n, key)];
	while (item && memcmp(&item->key, key, sizeof *key) != 0)
		item = item->next;
	return item;
}

/* ---- going ---- */

static void exporter_put(struct names *n, struct naming_exporter *x)
{
	if (x->count)
		return;
	struct naming_exporter **at = &n->exporters[exporter_home(n, &x->address)];
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	free(x);
	n->exporter_count--;
}

static void unlink_item(struct names *n, struct named *item)
{
	TAILQ_REMOVE(&n->items, item, by_age);
	TAILQ_REMOVE(&item->exporter->items, item, of_exporter);
}

static void link_last(struct names *n, struct named *item)
{
	TAILQ_INSERT_TAIL(&n->items, item, by_age);
	TAILQ_INSERT_TAIL(&item->exporter->items, item, of_exporter);
}

static void forget(struct names *n, struct named *item)
{
	struct named **at = &n->buckets[home(n, &item->key)];
	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
	unlink_item(n, item);
	name_texts_put(n->texts, item->text);
	item->exporter->count--;
	exporter_put(n, item->exporter);
	free(item);
	n->count--;
	n->changed = true;
}

/* Forgets the name that was told longest ago, if that is long enough. */
static bool forget_stale(struct names *n, int64_t now)
{
	struct named *oldest = TAILQ_FIRST(&n->items);
	if (!oldest || now - oldest->told < NAMES_STALE)
		return false;
	forget(n, oldest);
	return true;
}

/* ---- coming ---- */

static struct naming_exporter *exporter_get(struct names *n, const struct ip *address)
{
	struct naming_exporter *x = exporter_find(n, address);
	if (x)
		return x;
	x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	struct naming_exporter **at = &n->exporters[exporter_home(n, address)];
	x->address = *address;
	TAILQ_INIT(&x->items);
	x->next = *at;
	*at = x;
	n->exporter_count++;
	return x;
}

/* Room for one more name of this exporter. */
static bool make_room(struct names *n, const struct ip *address, int64_t now)
{
	struct naming_exporter *x = exporter_find(n, address);
	if (x && x->count >= NAMES_MOST / NAMES_SHARE)
		forget(n, TAILQ_FIRST(&x->items));
	return n->count < NAMES_MOST || forget_stale(n, now);
}

static uint16_t take_text(struct names *n, const struct name *told)
{
	uint16_t number = name_texts_take(n->texts, told->text);
	while (!number && forget_stale(n, told->told))
		number = name_texts_take(n->texts, told->text);
	return number;
}

static bool add(struct names *n, const struct name_key *key, const struct name *told)
{
	if (!make_room(n, &key->exporter, told->told))
		return false;
	uint16_t text = take_text(n, told);
	struct naming_exporter *x = text ? exporter_get(n, &key->exporter) : NULL;
	struct named *item = x ? malloc(sizeof *item) : NULL;
	if (!item) {
		if (text)
			name_texts_put(n->texts, text);
		if (x)
			exporter_put(n, x);
		return false;
	}
	struct named **at = &n->buckets[home(n, key)];
	*item = (struct named){ .key = *key,
		                .next = *at,
		                .exporter = x,
		                .told = told->told,
		                .text = text,
		                .described = told->described };
	*at = item;
	link_last(n, item);
	x->count++;
	n->count++;
	n->changed = true;
	return true;
}

/* A known one was told again. */
static bool hear(struct names *n, struct named *item, const struct name *told)
{
	item->told = told->told;
	unlink_item(n, item);
	link_last(n, item);
	if (told->described && !item->described)
		return true;
	uint16_t text = take_text(n, told);
	if (!text)
		return false;
	n->changed |= text != item->text || told->described != item->described;
	name_texts_put(n->texts, item->text);
	item->text = text;
	item->described = told->described;
	return true;
}

static void learn(struct names *n, const struct name *told)
{
	struct name_key key = { told->exporter, told->id, told->domain, told->kind };
	struct named *known = find(n, &key);
	n->refused += !(known ? hear(n, known, told) : add(n, &key, told));
}

/* What commits see is what is known now. */
static void publish(struct names *n)
{
	size_t high = name_texts_high(n->texts);
	for (size_t i = 0; i < NAMES_COLUMNS; i++) {
		n->enrichments[i].kinds = n->count ? high : 0;
		n->enrichments[i].columns[n->columns[i].name] = (struct enriched_column){
			name_texts_items(n->texts),
			high,
			n->same,
		};
	}
}

void names_learn(struct names *n, const struct name *told, size_t count)
{
	for (size_t i = 0; i < count; i++)
		learn(n, &told[i]);
	if (count)
		publish(n);
}

/* ---- rows ---- */

static uint64_t id_of(const struct flow_row *row, const struct column *column)
{
	const char *at = (const char *)row + column->offset;
	uint64_t wide;
	uint32_t narrow;
	memcpy(&narrow, at, sizeof narrow);
	if (column->store == STORE_U32)
		return narrow;
	memcpy(&wide, at, sizeof wide);
	return wide;
}

/* Rows of one exporter often come together, and few exporters tell names. */
static void tell(void *context, const struct flow_row *const *rows, size_t count,
                 uint16_t *ret_kinds)
{
	const struct naming_column *c = context;
	const struct column *column = &columns[c->id];
	struct ip last = { 0 };
	bool tells = exporter_find(c->names, &last) != NULL;
	for (size_t i = 0; i < count; i++) {
		const struct flow_key *row = &rows[i]->key;
		ret_kinds[i] = 0;
		if (!ip_equal(&row->exporter, &last)) {
			last = row->exporter;
			tells = exporter_find(c->names, &last) != NULL;
		}
		if (!tells || !(row->present >> column->bit & 1))
			continue;
		struct name_key key = { last, id_of(rows[i], column), row->domain, c->kind };
		const struct named *item = find(c->names, &key);
		if (item)
			ret_kinds[i] = item->text;
	}
}

void names_enrich(const struct names *n, struct commit *commit)
{
	for (size_t i = 0; i < NAMES_COLUMNS; i++)
		commit_enrich(commit, &n->enrichments[i]);
}

/* ---- life ---- */

static const struct naming_column naming_columns[NAMES_COLUMNS] = {
	{ NULL, COL_InputInterfaceName, COL_InputInterface, NAME_INTERFACE },
	{ NULL, COL_OutputInterfaceName, COL_OutputInterface, NAME_INTERFACE },
	{ NULL, COL_IngressVrfName, COL_IngressVrf, NAME_VRF },
	{ NULL, COL_EgressVrfName, COL_EgressVrf, NAME_VRF },
	{ NULL, COL_Application, COL_ApplicationId, NAME_APPLICATION },
};

struct names *names_new(struct err *e)
{
	struct names *n = calloc(1, sizeof *n);
	struct name_texts *texts = n ? name_texts_new() : NULL;
	if (!texts) {
		free(n);
		err_set(e, ERR_NOMEM, "no memory for the names of interfaces");
		return NULL;
	}
	n->texts = texts;
	n->seed = hash_seed();
	TAILQ_INIT(&n->items);
	for (size_t i = 0; i < NAME_TEXTS; i++)
		n->same[i] = (uint16_t)i;
	for (size_t i = 0; i < NAMES_COLUMNS; i++) {
		n->columns[i] = naming_columns[i];
		n->columns[i].names = n;
		n->enrichments[i].tell = tell;
		n->enrichments[i].context = &n->columns[i];
	}
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (struct named *item; (item = TAILQ_FIRST(&n->items));)
		forget(n, item);
	name_texts_free(n->texts);
	free(n);
}

void names_each(const struct names *n, void (*see)(void *context, const struct name *name),
                void *context)
{
	const struct named *item;
	TAILQ_FOREACH(item, &n->items, by_age)
	{
		struct name name = {
			.exporter = item->key.exporter,
			.domain = item->key.domain,
			.kind = (uint8_t)item->key.kind,
			.described = item->described,
			.id = item->key.id,
			.told = item->told,
		};
		memccpy(name.text, name_texts_items(n->texts)[item->text], '\0', NAME_TEXT);
		see(context, &name);
	}
}

bool names_changed(const struct names *n)
{
	return n->changed;
}

void names_saved(struct names *n)
{
	n->changed = false;
}

size_t names_count(const struct names *n)
{
	return n->count;
}

uint64_t names_refused(const struct names *n)
{
	return n->refused;
}

static size_t memory_of(size_t count, size_t exporters)
{
	return sizeof(struct names) + count * (sizeof(struct named) + ITEM_OVERHEAD) +
	       exporters * (sizeof(struct naming_exporter) + ITEM_OVERHEAD);
}

size_t names_memory(const struct names *n)
{
	return memory_of(n->count, n->exporter_count) + name_texts_memory(n->texts);
}

size_t names_bound(void)
{
	return memory_of(NAMES_MOST, NAMES_MOST) + name_texts_bound();
}
