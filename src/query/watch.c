#include "query/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { REPEAT_MS = 20 };

struct watch {
	struct db *db;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum watch_state state;
	bool has_deadline, ending;
	struct timespec deadline;
};

static struct timespec later(int64_t ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static bool is_past(const struct timespec *t)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

/* The lock is held but while waiting. */
static void *watch_run(void *context)
{
	struct watch *w = context;
	pthread_mutex_lock(&w->lock);
	while (!w->ending) {
		if (w->state == WATCH_RUNNING && w->has_deadline && is_past(&w->deadline))
			w->state = WATCH_EXPIRED;
		if (w->state == WATCH_EXPIRED || w->state == WATCH_CANCELLED) {
			db_interrupt(w->db);
			struct timespec again = later(REPEAT_MS);
			pthread_cond_timedwait(&w->changed, &w->lock, &again);
		} else if (w->state == WATCH_RUNNING && w->has_deadline) {
			pthread_cond_timedwait(&w->changed, &w->lock, &w->deadline);
		} else {
			pthread_cond_wait(&w->changed, &w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct watch *watch_new(struct db *db, struct err *e)
{
	struct watch *w = calloc(1, sizeof *w);
	if (!w) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	w->db = db;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&w->thread, NULL, watch_run, w) != 0) {
		err_set(e, ERR_NOMEM, "no thread to watch over queries");
		pthread_cond_destroy(&w->changed);
		pthread_mutex_destroy(&w->lock);
		free(w);
		return NULL;
	}
	return w;
}

static void change(struct watch *w, enum watch_state state)
{
	w->state = state;
	pthread_cond_signal(&w->changed);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	change(w, WATCH_IDLE);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void watch_start(struct watch *w, int64_t time_ms)
{
	pthread_mutex_lock(&w->lock);
	w->has_deadline = time_ms >= 0;
	w->deadline = later(time_ms >= 0 ? time_ms : 0);
	change(w, WATCH_RUNNING);
	pthread_mutex_unlock(&w->lock);
}

void watch_stop(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	change(w, WATCH_IDLE);
	pthread_mutex_unlock(&w->lock);
}

void watch_cancel(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->state == WATCH_RUNNING)
		change(w, WATCH_CANCELLED);
	pthread_mutex_unlock(&w->lock);
}

enum watch_state watch_state(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	enum watch_state state = w->state;
	pthread_mutex_unlock(&w->lock);
	return state;
}
