/* sanitized: whether this is a build with a sanitizer, whose runtime starts threads before a daemon
 * can be isolated, or traces it at its end. */
#pragma once

enum {
	SANITIZED =
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	    1
#else
	    0
#endif
};
