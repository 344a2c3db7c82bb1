/* nearest: "did you mean …": the word that a misspelt one was most likely meant to be.
 *
 * Counts how many letters have to be inserted, dropped, changed or swapped with their neighbour.
 * A word is near when that is at most a third of its length. */
#pragma once

#include "core/base/attr.h"

struct nearest {
	const char *word;
	const char *best;  /* the nearest word offered so far, or NULL where none is near */
	unsigned distance; /* of best; of no word allowed where best is NULL */
};

struct nearest nearest_to(const char *word);
void nearest_offer(struct nearest *n, const char *candidate);

/* The letters to change between two words; words beyond 63 bytes are far from everything. */
unsigned word_distance(const char *a, const char *b);
