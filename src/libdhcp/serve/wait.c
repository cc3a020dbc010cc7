/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A single word holds everything that two threads may change at once: which wait of the slot it is, which
 * responses are outstanding, whether the step is still asking, and whether the deadline has passed.
 */
#include "serve/wait.h"

#include "base/clock.h"
#include "serve/service.h"

#include <assert.h>

#define SERIAL (1ULL << 32)   /* incremented for each wait of the slot; it wraps */
#define ASKING (1ULL << 31)   /* the step has not finished asking: do not resume the request */
#define EXPIRED (1ULL << 30)  /* dropped; the slot is free when all have responded */
#define REFUSED (1ULL << 29)  /* a response requires that the request is dropped */
#define OUTSTANDING 0xffffULL /* one bit per response */

static uint64_t serial_of(uint64_t word)
{
	return word & ~(SERIAL - 1);
}

void wait_begin(struct request *req, const struct wait_for *what)
{
	struct wait *wait = &req->wait;
	uint64_t state = atomic_load_explicit(&wait->state, memory_order_relaxed);

	wait->what = *what;
	wait->n_expected = 0;
	/* The previous wait has ended: none of its tickets is valid any longer. */
	atomic_store_explicit(&wait->state, serial_of(state) + SERIAL + ASKING, memory_order_release);
}

wait_ticket wait_expect(struct request *req)
{
	uint64_t bit = 1ULL << req->wait.n_expected, state;

	assert(bit <= OUTSTANDING);
	if (req->wait.n_expected++) {
		state = atomic_fetch_or_explicit(&req->wait.state, bit, memory_order_relaxed);
	} else {
		/* Nobody has a ticket yet, so nobody else writes. */
		state = atomic_load_explicit(&req->wait.state, memory_order_relaxed);
		atomic_store_explicit(&req->wait.state, state | bit, memory_order_relaxed);
	}
	return serial_of(state) | bit;
}

/* Clears the ticket's bits and sets `flag`; true if any were set, with the new state in *ret_state. */
static bool clear(struct request *req, wait_ticket ticket, uint64_t flag, uint64_t *ret_state)
{
	uint64_t state = atomic_load_explicit(&req->wait.state, memory_order_acquire), fresh;

	do {
		if (serial_of(state) != serial_of(ticket) || !(state & ticket & OUTSTANDING))
			return false;
		fresh = (state & ~(ticket & OUTSTANDING)) | flag;
	} while (!atomic_compare_exchange_weak_explicit(&req->wait.state, &state, fresh, memory_order_acq_rel,
							memory_order_acquire));
	*ret_state = fresh;
	return true;
}

/* From any thread: the request continues with its next step, in its worker. */
static void resume(struct request *req)
{
	struct serve_worker *w = req->worker;
	bool first;

	(void)pthread_mutex_lock(&w->lock);
	list_add_tail(&w->resumed, &req->link);
	first = !w->posted;
	w->posted = true;
	(void)pthread_mutex_unlock(&w->lock);
	if (first && w->io)
		worker_post(w->io, &w->post);
}

static bool respond(struct request *req, wait_ticket ticket, uint64_t flag)
{
	uint64_t state;

	if (!clear(req, ticket, flag, &state))
		return false;
	if (!(state & (OUTSTANDING | ASKING)))
		resume(req);
	return true;
}

bool wait_respond(struct request *req, wait_ticket ticket)
{
	return respond(req, ticket, 0);
}

bool wait_refuse(struct request *req, wait_ticket ticket)
{
	return respond(req, ticket, REFUSED);
}

bool wait_was_refused(const struct request *req)
{
	return atomic_load_explicit(&req->wait.state, memory_order_acquire) & REFUSED;
}

void wait_cancel(struct request *req, wait_ticket ticket)
{
	uint64_t state;

	(void)clear(req, ticket, 0, &state);
}

/* Deadlines of one kind are in the order in which they began, so the place is usually at the end. */
static void park(struct request *req)
{
	struct wait *wait = &req->wait;
	struct list *parked = &req->worker->parked, *pos = parked->prev;

	wait->deadline_ms = wait->what.ms ? clock_boot_ms() + wait->what.ms : INT64_MAX;
	while (pos != parked && container_of(pos, struct wait, link)->deadline_ms > wait->deadline_ms)
		pos = pos->prev;
	list_add_head(pos, &wait->link);
}

int wait_end(struct request *req)
{
	uint64_t state = atomic_load_explicit(&req->wait.state, memory_order_acquire);

	if (state & OUTSTANDING)
		park(req);
	while (!atomic_compare_exchange_weak_explicit(&req->wait.state, &state, state & ~ASKING, memory_order_acq_rel,
						      memory_order_acquire))
		;
	if (state & OUTSTANDING)
		return STEP_PARK;
	list_remove(&req->wait.link);
	return STEP_NEXT;
}

bool wait_over(struct request *req)
{
	list_remove(&req->wait.link);
	return !(atomic_load_explicit(&req->wait.state, memory_order_acquire) & EXPIRED);
}

bool wait_expire(struct request *req)
{
	uint64_t state = atomic_load_explicit(&req->wait.state, memory_order_acquire);

	do {
		if (!(state & OUTSTANDING))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&req->wait.state, &state, state | EXPIRED, memory_order_acq_rel,
							memory_order_acquire));
	list_remove(&req->wait.link);
	return true;
}

enum verdict wait_for_turn(struct request *req)
{
	/* No deadline: the request continues when those before it are done with the store. */
	static const struct wait_for turn = { .ms = 0 };

	if (req->trace)
		return STEP_NEXT;

	/* Set before turn_take(): a waiting request may be resumed by another thread at once. */
	wait_begin(req, &turn);
	req->turn.ticket = wait_expect(req);
	req->has_turn = true;
	switch (turn_take(req->worker->srv->turns, &req->turn)) {
	case TURN_MINE:
		return STEP_NEXT;
	case TURN_WAIT:
		return wait_end(req);
	case TURN_REPEAT:
		break;
	case TURN_CROWDED:
		req->has_turn = false;
		return request_drop(req, DROP_LIMIT, "too many messages of this client at once");
	}
	req->has_turn = false;
	return request_drop(req, DROP_DUPLICATE, NULL);
}
