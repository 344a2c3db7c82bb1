#include "weir/choice.h"

#include <assert.h>
#include <string.h>

static bool find(const char *choices, const char *word, size_t *ret)
{
	size_t len = strlen(word), number = 0;
	for (const char *at = choices; at; at = strchr(at, '|'), number++) {
		at += *at == '|';
		if (strncmp(at, word, len) == 0 && (at[len] == '|' || at[len] == '\0')) {
			*ret = number;
			return true;
		}
	}
	return false;
}

bool choice_has(const char *choices, const char *word)
{
	size_t number;
	return find(choices, word, &number);
}

size_t choice_number(const char *choices, const char *word)
{
	size_t number = 0;
	bool found = find(choices, word, &number);
	assert(found);
	(void)found;
	return number;
}
