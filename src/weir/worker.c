#include "weir/worker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/base/ticks.h"

enum {
	WAIT_MS = 200,            /* the longest that a thread sleeps without looking around */
	DISCARD_MOST = 256,       /* datagrams that are refused at a time while the ring is full */
	DRAIN_ROUNDS = 4096,      /* bursts that are received at most after the order to stop */
	RECEIVE_NAP_NS = 1000000, /* between two looks at sockets that were empty */
	DECODE_NAP_NS = 2000000,  /* between two looks at a ring that was empty */
	RING_HALF = 50,           /* per cent at which a commit is wanted */
};

enum turn {
	TURN_WORKS,  /* nobody has asked */
	TURN_ASKED,  /* the committer wants a handover */
	TURN_HANDED, /* it has one, until it gives it back */
};

struct shared_counts {
	_Atomic uint64_t not_allowed, refused, dropped;
};

struct worker {
	struct worker_config config;
	struct receiver *receiver;
	size_t socket_count;
	struct worker_socket sockets[WORKER_SOCKETS];
	struct shared_counts counts[WORKER_SOCKETS];
	struct ring *ring;

	unsigned receiving_knows; /* the receiving thread's own copy of receiving_has */
	bool held_back;           /* its own: sessions have something, and the ring is full */

	pthread_t receiving, decoding_thread;
	bool started;
	atomic_bool stop;     /* receive no more */
	atomic_bool received; /* the receiving thread has ended */
	atomic_bool idle;     /* the decoding thread sleeps, or is about to */
	int work_fd;          /* eventfd that wakes it */

	struct decoding decoding; /* the decoding thread's own */
	bool state_due;           /* the decoder's state was never handed over */
	bool wanted;              /* a commit was asked for since the last handover */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t turned;
	enum turn turn;
	bool ended;             /* the decoding thread has handed over for the last time */
	bool abandoned;         /* nobody will ask for a handover any more */
	uint64_t release_to;    /* position up to which the ring is committed */
	struct handover handed; /* while nobody has it: what is empty, for what gets full */
	struct worker_settings settings;
	atomic_uint settings_number;          /* of the last ones that were set */
	unsigned decoding_has, receiving_has; /* numbers of those that the threads have taken */
	struct buf *wants_snapshot;           /* of somebody who waits for it, or NULL */
	struct worker_memory memory;          /* as of the last handover */
};

/* ---- receiving ---- */

static struct lost_counts lost_at(const struct worker *w, const struct worker_socket *socket)
{
	if (socket->listener) {
		const struct listener_counts *c = listener_counts(socket->listener);
		return (struct lost_counts){ c->not_allowed, c->refused + c->truncated,
			                     c->dropped };
	}
	struct session_counts c = sessions_counts(receiver_sessions(w->receiver), socket->number);
	return (struct lost_counts){ c.not_allowed, c.refused, 0 };
}

static void publish_counts(struct worker *w)
{
	for (size_t i = 0; i < w->socket_count; i++) {
		struct lost_counts c = lost_at(w, &w->sockets[i]);
		struct shared_counts *shared = &w->counts[i];
		atomic_store_explicit(&shared->not_allowed, c.not_allowed, memory_order_relaxed);
		atomic_store_explicit(&shared->refused, c.refused, memory_order_relaxed);
		atomic_store_explicit(&shared->dropped, c.dropped, memory_order_relaxed);
	}
}

static void wake_decoding(struct worker *w)
{
	if (atomic_exchange(&w->idle, false))
		(void)!eventfd_write(w->work_fd, 1);
}

static uint16_t number_of(const struct worker *w, const struct listener *listener)
{
	size_t i = 0;
	while (w->sockets[i].listener != listener)
		i++;
	return w->sockets[i].number;
}

/* One burst of one listener; returns how many datagrams came. */
static size_t receive_burst(struct worker *w, struct listener *listener)
{
	struct burst_slot slots[BURST_SLOTS];
	size_t room = ring_offer(w->ring, slots, BURST_SLOTS);
	if (room == 0)
		return listener_discard(listener, DISCARD_MOST);
	size_t count = listener_receive(listener, slots, room);
	if (count)
		ring_take(w->ring, slots, count, number_of(w, listener));
	return count;
}

/* What one session has; where the ring is full it waits, and its exporter with it. */
static size_t receive_session(struct worker *w)
{
	struct burst_slot slots[BURST_SLOTS];
	uint16_t number;
	size_t room = ring_offer(w->ring, slots, BURST_SLOTS);
	w->held_back = room == 0;
	size_t count =
	    room ? sessions_receive(receiver_sessions(w->receiver), slots, room, &number) : 0;
	if (count)
		ring_take(w->ring, slots, count, number);
	return count;
}

static bool sessions_wait(const struct worker *w)
{
	const struct sessions *sessions = receiver_sessions(w->receiver);
	return sessions && sessions_pending(sessions);
}

/* One burst of each listener that has something, and of one session; returns how much came. */
static size_t receive_round(struct worker *w, int timeout_ms)
{
	size_t ready = receiver_wait(w->receiver, sessions_wait(w) ? 0 : timeout_ms);
	size_t count = 0;
	for (size_t i = 0; i < ready; i++)
		count += receive_burst(w, receiver_ready(w->receiver, i));
	w->held_back = false;
	if (receiver_sessions_ready(w->receiver) || sessions_wait(w))
		count += receive_session(w);
	return count;
}

/* Lets datagrams gather, so that one look, and one waking, takes many. */
static void nap(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

/* Locks only where there is something to take: whoever holds the lock may be busy for long. */
static void take_allow_list(struct worker *w)
{
	if (w->receiving_knows == atomic_load_explicit(&w->settings_number, memory_order_relaxed))
		return;
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->socket_count; i++)
		if (w->sockets[i].listener)
			listener_allow(w->sockets[i].listener, w->settings.allowed);
	if (receiver_sessions(w->receiver))
		sessions_allow(receiver_sessions(w->receiver), w->settings.allowed);
	w->receiving_has = w->receiving_knows = w->settings_number;
	pthread_mutex_unlock(&w->lock);
}

static void *receive_run(void *context)
{
	struct worker *w = context;
	(void)setpriority(PRIO_PROCESS, 0, WORKER_NICE); /* of this thread alone */
	take_allow_list(w); /* holds for what is received after an early end, too */
	while (!atomic_load(&w->stop)) {
		take_allow_list(w);
		size_t count = receive_round(w, WAIT_MS);
		publish_counts(w);
		wake_decoding(w);
		if (w->held_back || (count > 0 && count < BURST_SLOTS))
			nap(RECEIVE_NAP_NS);
	}
	for (int i = 0; i < DRAIN_ROUNDS && receive_round(w, 0) > 0; i++) {
	}
	publish_counts(w);
	atomic_store(&w->received, true);
	(void)!eventfd_write(w->work_fd, 1);
	return NULL;
}

/* ---- handing over ---- */

/* With the lock held.  `empty`: the ring holds nothing that was not decoded. */
static void hand_over(struct worker *w, bool empty)
{
	struct handover *h = &w->handed;
	h->reached = empty ? ticks_now() : w->decoding.last_arrival;
	decoding_settle(&w->decoding, h->reached);
	h->clock_stepped = decoding_swap(&w->decoding, &h->decoded);
	h->position = ring_position(w->ring);
	if (decoder_state_changed(w->decoding.decoder) || w->state_due)
		decoder_save(w->decoding.decoder, &h->state);
	w->state_due = false;
	w->wanted = false;
	w->memory.tables = decoded_memory(&w->decoding.into) + decoded_memory(&h->decoded);
	w->memory.decoder = decoder_memory(w->decoding.decoder);
	w->turn = TURN_HANDED;
	pthread_cond_broadcast(&w->turned);
}

/* With the lock held: what others want of the decoding thread beside a handover. */
static void serve_others(struct worker *w)
{
	ring_release(w->ring, w->release_to);
	if (w->decoding_has != w->settings_number) {
		decoder_configure(w->decoding.decoder, &w->settings.decoder);
		w->decoding_has = w->settings_number;
	}
	if (w->wants_snapshot) {
		decoder_save(w->decoding.decoder, w->wants_snapshot);
		w->wants_snapshot = NULL;
		pthread_cond_broadcast(&w->turned);
	}
}

/* Hands over where that was asked for; `must`: waits for the question.  False where nobody will ask
 * any more. */
static bool take_turn(struct worker *w, bool must, bool empty)
{
	pthread_mutex_lock(&w->lock);
	serve_others(w);
	while (must && w->turn != TURN_ASKED && !w->abandoned) {
		(void)!eventfd_write(w->config.wake_fd, 1);
		pthread_cond_wait(&w->turned, &w->lock);
		serve_others(w);
	}
	if (w->turn == TURN_ASKED)
		hand_over(w, empty);
	w->ended = must && empty;
	bool go_on = !w->abandoned;
	pthread_mutex_unlock(&w->lock);
	return go_on;
}

void worker_ask(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->turn == TURN_WORKS)
		w->turn = TURN_ASKED;
	if (w->ended && w->turn == TURN_ASKED)
		hand_over(w, true);
	pthread_cond_broadcast(&w->turned);
	pthread_mutex_unlock(&w->lock);
	(void)!eventfd_write(w->work_fd, 1);
}

struct handover *worker_handover(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->turn != TURN_HANDED)
		pthread_cond_wait(&w->turned, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return &w->handed;
}

void worker_give_back(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	decoded_clear(&w->handed.decoded);
	buf_clear(&w->handed.state);
	w->release_to = w->handed.position;
	w->turn = TURN_WORKS;
	pthread_cond_broadcast(&w->turned);
	pthread_mutex_unlock(&w->lock);
	(void)!eventfd_write(w->work_fd, 1);
}

void worker_set(struct worker *w, const struct worker_settings *settings)
{
	pthread_mutex_lock(&w->lock);
	w->settings = *settings;
	w->settings_number++;
	pthread_mutex_unlock(&w->lock);
	receiver_wake(w->receiver);
	(void)!eventfd_write(w->work_fd, 1);
}

bool worker_settled(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	bool settled =
	    w->decoding_has == w->settings_number && w->receiving_has == w->settings_number;
	pthread_mutex_unlock(&w->lock);
	return settled;
}

void worker_snapshot(struct worker *w, struct buf *ret)
{
	pthread_mutex_lock(&w->lock);
	w->wants_snapshot = ret;
	if (w->ended || !w->started)
		serve_others(w);
	pthread_cond_broadcast(&w->turned);
	(void)!eventfd_write(w->work_fd, 1);
	while (w->wants_snapshot)
		pthread_cond_wait(&w->turned, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* ---- decoding ---- */

/* The next record.  `idle` is set before the ring is looked at once more, so that what comes in
 * between wakes us. */
static bool next_record(struct worker *w, struct ring_record *ret)
{
	if (ring_next(w->ring, ret))
		return true;
	atomic_store(&w->idle, true);
	if (!ring_next(w->ring, ret))
		return false;
	atomic_store(&w->idle, false);
	return true;
}

static void want_commit(struct worker *w)
{
	if (w->wanted)
		return;
	w->wanted = true;
	(void)!eventfd_write(w->config.wake_fd, 1);
}

static bool decode_what_is_there(struct worker *w)
{
	struct ring_record record;
	while (next_record(w, &record)) {
		if (ring_percent(w->ring) >= RING_HALF)
			want_commit(w);
		decoding_record(&w->decoding, &record);
		if (!take_turn(w, decoding_is_full(&w->decoding), false))
			return false;
	}
	return true;
}

/* While datagrams come, they gather in the ring, and nobody needs to wake us; else waits until
 * somebody does. */
static void wait_for_work(struct worker *w, bool busy)
{
	struct pollfd wake = { .fd = w->work_fd, .events = POLLIN };
	eventfd_t count;
	if (busy) {
		atomic_store(&w->idle, false);
		nap(DECODE_NAP_NS);
		return;
	}
	poll(&wake, 1, WAIT_MS);
	(void)!eventfd_read(w->work_fd, &count);
	atomic_store(&w->idle, false);
}

static void *decode_run(void *context)
{
	struct worker *w = context;
	for (;;) {
		bool last = atomic_load(&w->received);
		uint64_t before = ring_position(w->ring);
		if (!decode_what_is_there(w) || !take_turn(w, last, true) || last)
			return NULL;
		wait_for_work(w, ring_position(w->ring) != before);
	}
}

/* ---- life ---- */

void worker_socket_close(struct worker_socket socket)
{
	if (socket.listener)
		listener_close(socket.listener);
	else if (socket.sessions_fd >= 0)
		close(socket.sessions_fd);
}

/* Makes the sessions with the first of their sockets. */
static bool add_sessions_socket(struct worker *w, const struct worker_socket *socket, struct err *e)
{
	if (!receiver_sessions(w->receiver)) {
		struct sessions *sessions = sessions_new(e);
		if (!sessions || !receiver_add_sessions(w->receiver, sessions, e)) {
			close(socket->sessions_fd);
			return false;
		}
	}
	return sessions_add(receiver_sessions(w->receiver), socket->sessions_fd, socket->number, e);
}

static bool add_sockets(struct worker *w, const struct worker_socket *sockets, size_t count,
                        struct err *e)
{
	bool ok = true;
	for (size_t i = 0; i < count; i++) {
		if (!ok || i >= WORKER_SOCKETS) {
			worker_socket_close(sockets[i]);
			ok = false;
			continue;
		}
		w->sockets[w->socket_count++] = sockets[i];
		ok = sockets[i].listener ? receiver_add(w->receiver, sockets[i].listener, e)
		                         : add_sessions_socket(w, &sockets[i], e);
	}
	return ok;
}

static bool make_parts(struct worker *w, const struct worker_config *config, struct err *e)
{
	if (!decoded_init(&w->handed.decoded, config->flows_max, e) ||
	    !decoding_init(&w->decoding, &config->settings.decoder, config->flows_max, e))
		return false;
	w->ring = ring_create(&config->ring, e);
	return w->ring != NULL;
}

struct worker *worker_new(const struct worker_config *config, const struct worker_socket *sockets,
                          size_t socket_count, struct err *e)
{
	struct worker *w = calloc(1, sizeof *w);
	struct receiver *receiver = w ? receiver_new(e) : NULL;
	if (!receiver) {
		err_set(e, ERR_NOMEM, "no memory for a worker");
		for (size_t i = 0; i < socket_count; i++)
			worker_socket_close(sockets[i]);
		free(w);
		return NULL;
	}
	w->config = *config;
	w->settings = config->settings;
	w->settings_number = 1;
	w->decoding_has = 1;
	w->receiver = receiver;
	w->state_due = true;
	w->release_to = config->ring.start;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->turned, NULL);
	w->work_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bool ok = add_sockets(w, sockets, socket_count, e) &&
	          (w->work_fd >= 0 || err_set(e, ERR_IO, "no eventfd")) && make_parts(w, config, e);
	if (ok)
		return w;
	worker_free(w);
	return NULL;
}

bool worker_load(struct worker *w, const struct buf *state, struct err *e)
{
	return decoder_load(w->decoding.decoder, buf_text(state), state->len, e);
}

void worker_end_sessions(struct worker *w)
{
	decoder_end_sessions(w->decoding.decoder);
}

bool worker_start(struct worker *w, struct err *e)
{
	if (pthread_create(&w->decoding_thread, NULL, decode_run, w) != 0)
		return err_set(e, ERR_NOMEM, "cannot start a thread");
	if (pthread_create(&w->receiving, NULL, receive_run, w) == 0) {
		w->started = true;
		return true;
	}
	pthread_mutex_lock(&w->lock);
	w->abandoned = true;
	pthread_mutex_unlock(&w->lock);
	atomic_store(&w->received, true);
	(void)!eventfd_write(w->work_fd, 1);
	pthread_join(w->decoding_thread, NULL);
	return err_set(e, ERR_NOMEM, "cannot start a thread");
}

size_t worker_sockets(const struct worker *w)
{
	return w->socket_count;
}

struct lost_counts worker_lost(const struct worker *w, size_t socket, uint16_t *ret_number)
{
	const struct shared_counts *c = &w->counts[socket];
	*ret_number = w->sockets[socket].number;
	return (struct lost_counts){
		atomic_load_explicit(&c->not_allowed, memory_order_relaxed),
		atomic_load_explicit(&c->refused, memory_order_relaxed),
		atomic_load_explicit(&c->dropped, memory_order_relaxed),
	};
}

struct worker_memory worker_memory(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	struct worker_memory memory = w->memory;
	pthread_mutex_unlock(&w->lock);
	memory.ring = (size_t)w->config.ring.size;
	return memory;
}

struct worker_memory worker_bound(const struct worker *w)
{
	return (struct worker_memory){
		.tables = 2 * decoded_bound(w->config.flows_max),
		.decoder = decoder_bound(w->decoding.decoder),
		.ring = (size_t)w->config.ring.size,
	};
}

bool worker_ended(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	bool ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	return ended;
}

unsigned worker_ring_percent(const struct worker *w)
{
	return ring_percent(w->ring);
}

void worker_stop(struct worker *w)
{
	atomic_store(&w->stop, true);
	receiver_wake(w->receiver);
}

/* Ends the threads, wherever they are. */
static void end_threads(struct worker *w)
{
	worker_stop(w);
	pthread_mutex_lock(&w->lock);
	w->abandoned = true;
	pthread_cond_broadcast(&w->turned);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->receiving, NULL);
	pthread_join(w->decoding_thread, NULL);
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	if (w->started)
		end_threads(w);
	receiver_free(w->receiver);
	decoding_done(&w->decoding);
	decoded_done(&w->handed.decoded);
	buf_done(&w->handed.state);
	ring_close(w->ring);
	if (w->work_fd >= 0)
		close(w->work_fd);
	pthread_cond_destroy(&w->turned);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
