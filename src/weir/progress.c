#include "weir/progress.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { FIRST_S = 2, TENTHS_BETWEEN = 5 };

struct progress {
	struct query_session *session;
	FILE *terminal;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool end, shown;
};

static void show(struct progress *p, long seconds)
{
	double percent = query_progress(p->session);
	if (percent >= 0 && percent <= 100)
		fprintf(p->terminal, "\r%3.0f %%, %ld s ", percent, seconds);
	else
		fprintf(p->terminal, "\r%ld s ", seconds);
	fflush(p->terminal);
	p->shown = true;
}

static void *run(void *context)
{
	struct progress *p = context;
	struct timespec start, until;
	clock_gettime(CLOCK_REALTIME, &start);
	until = start;
	until.tv_sec += FIRST_S;
	pthread_mutex_lock(&p->lock);
	while (!p->end) {
		if (pthread_cond_timedwait(&p->ended, &p->lock, &until) == 0)
			continue;
		show(p, (long)(until.tv_sec - start.tv_sec));
		until.tv_nsec += TENTHS_BETWEEN * 100000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct progress *progress_start(struct query_session *session, FILE *terminal)
{
	struct progress *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->session = session;
	p->terminal = terminal;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->ended, NULL);
	if (pthread_create(&p->thread, NULL, run, p) == 0)
		return p;
	pthread_cond_destroy(&p->ended);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

void progress_stop(struct progress *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->end = true;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	if (p->shown)
		fprintf(p->terminal, "\r%20s\r", "");
	pthread_cond_destroy(&p->ended);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
