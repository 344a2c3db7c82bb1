#include "weir/options.h"

#include <stdint.h>
#include <string.h>

#include "core/base/nearest.h"
#include "weir/choice.h"

/* The words that are still to be read. */
struct words {
	const char *const *at;
	size_t left;
};

struct argument_range argument_range(const char *arguments)
{
	struct argument_range range = { 0, 0 };
	while (*arguments) {
		size_t len = strcspn(arguments, " ");
		bool optional = *arguments == '[';
		size_t end = len - optional;
		bool repeats = end >= 3 && memcmp(arguments + end - 3, "...", 3) == 0;
		range.least += !optional;
		range.most = repeats || range.most == SIZE_MAX ? SIZE_MAX : range.most + 1;
		arguments += len + (arguments[len] == ' ');
	}
	return range;
}

static bool unknown_option(const struct invocation *inv, const char *name, struct err *e)
{
	struct nearest nearest = nearest_to(name);
	for (const struct option_row *o = inv->command->options; o && o->name; o++)
		nearest_offer(&nearest, o->name);
	if (nearest.best)
		return err_set(e, ERR_USAGE, "there is no option --%s; did you mean --%s?", name,
		               nearest.best);
	return err_set(e, ERR_USAGE, "there is no option --%s (see weir help %s)", name,
	               inv->command->name);
}

static bool may_repeat(const struct option_row *o)
{
	size_t len = o->argument ? strlen(o->argument) : 0;
	return len > 3 && strcmp(o->argument + len - 3, "...") == 0;
}

/* A row has at most one such option. */
static bool note_repeat(struct invocation *inv, const struct option_row *o, const char *value,
                        struct err *e)
{
	if (inv->repeat_count == REPEATS_MAX)
		return err_set(e, ERR_USAGE, "--%s can be given %d times at most", o->name,
		               REPEATS_MAX);
	inv->repeats[inv->repeat_count++] = value;
	return true;
}

static bool set_option(struct invocation *inv, const struct option_row *o, const char *value,
                       struct words *words, struct err *e)
{
	if (!o->argument) {
		if (value)
			return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
		value = "";
	} else if (!value && words->left) {
		value = *words->at++;
		words->left--;
	}
	if (o->argument && (!value || !*value))
		return err_set(e, ERR_USAGE, "--%s needs a value: --%s %s", o->name, o->name,
		               o->argument);
	if (o->argument && strchr(o->argument, '|') && !choice_has(o->argument, value))
		return err_set(e, ERR_USAGE, "--%s cannot be \"%s\"; choose one of %s", o->name,
		               value, o->argument);
	inv->values[o - inv->command->options] = value;
	return !may_repeat(o) || note_repeat(inv, o, value, e);
}

/* `word` is what follows the two dashes. */
static bool long_option(struct invocation *inv, const char *word, struct words *words,
                        struct err *e)
{
	size_t len = strcspn(word, "=");
	const char *value = word[len] == '=' ? word + len + 1 : NULL;
	for (const struct option_row *o = inv->command->options; o && o->name; o++)
		if (strlen(o->name) == len && memcmp(o->name, word, len) == 0)
			return set_option(inv, o, value, words, e);
	char name[64];
	size_t cut = len < sizeof name ? len : sizeof name - 1;
	memcpy(name, word, cut);
	name[cut] = '\0';
	return unknown_option(inv, name, e);
}

/* `word` is what follows the one dash. */
static bool short_option(struct invocation *inv, const char *word, struct words *words,
                         struct err *e)
{
	for (const struct option_row *o = inv->command->options; o && o->name; o++)
		if (o->letter && word[0] == o->letter && word[1] == '\0')
			return set_option(inv, o, NULL, words, e);
	return err_set(e, ERR_USAGE, "there is no option -%s (see weir help %s)", word,
	               inv->command->name);
}

static bool check_arguments(const struct invocation *inv, struct err *e)
{
	const struct command *c = inv->command;
	struct argument_range range = argument_range(c->arguments);
	if (inv->argument_count < range.least)
		return err_set(e, ERR_USAGE, "something is missing: weir %s %s", c->name,
		               c->arguments);
	if (inv->argument_count > range.most && !*c->arguments)
		return err_set(e, ERR_USAGE, "takes no argument, but was given \"%s\"",
		               inv->arguments[0]);
	if (inv->argument_count > range.most)
		return err_set(e, ERR_USAGE,
		               "one argument too many, \"%s\" (put quotes around text with spaces)",
		               inv->arguments[range.most]);
	return true;
}

static void set_defaults(struct invocation *inv)
{
	for (const struct option_row *o = inv->command->options; o && o->name; o++)
		inv->values[o - inv->command->options] = o->fallback;
}

bool options_read(struct invocation *inv, size_t count, const char *const *list, struct err *e)
{
	struct words words = { list, count };
	bool only_arguments = false;
	set_defaults(inv);
	while (words.left) {
		const char *word = *words.at++;
		words.left--;
		bool good = true;
		if (only_arguments || word[0] != '-' || word[1] == '\0')
			inv->arguments[inv->argument_count++] = word;
		else if (strcmp(word, "--") == 0)
			only_arguments = true;
		else if (word[1] == '-')
			good = long_option(inv, word + 2, &words, e);
		else
			good = short_option(inv, word + 1, &words, e);
		if (!good)
			return false;
	}
	return check_arguments(inv, e);
}

bool options_ask_for_help(size_t count, const char *const *words)
{
	for (size_t i = 0; i < count && strcmp(words[i], "--") != 0; i++)
		if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
			return true;
	return false;
}
