/* watchlist: _GetWatchlist('name'): a CSV file as a table.
 *
 * The file is NAME.csv in a folder that the configuration names (`watchlists`); its first line
 * names the columns, all of which are strings.  A name has letters, digits, "_", "-" and "." and
 * does not start with ".", so that no other file can be meant. */
#pragma once

struct binder;
struct node;
struct rowset;

struct rowset *bind_watchlist(struct binder *b, const struct node *call);
