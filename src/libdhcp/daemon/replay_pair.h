/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/list.h"
#include "io/capture.h"

/*
 * The exchanges in a capture: each request with the response to it, in the order of the requests. It reads ahead as far
 * as responses may be late, so a capture of any length takes a bounded amount of memory.
 *
 * A response belongs to the last request with its transaction, client and relay that has none yet. Further responses
 * to a request, and those to requests that are not in the capture, are only counted.
 */
struct replay_packet {
	struct captured captured; /* its payload is the exchange's copy */
	uint16_t type;            /* of the client's or server's message; 0 if it is BOOTP or not valid */
};

struct replay_exchange {
	struct list link, same_key; /* of the reader */
	uint64_t key;
	uint32_t giaddr;
	struct replay_packet request, response; /* response.captured.number 0: there is none */
};

struct replay_reader;

/* The capture stays the caller's. Ports are those of the protocol, or what the server was told to use. */
struct replay_reader *replay_reader_new(struct capture *capture, unsigned digit, uint16_t server_port);
void replay_reader_free(struct replay_reader *reader);
/*
 * Returns 1 and the next exchange, which the caller frees with replay_exchange_free(); 0 at the end; -E_INVAL or -E_SYS
 * with the reason in `why` if the capture cannot be read further.
 */
int replay_next(struct replay_reader *reader, struct replay_exchange **ret, char why[CAPTURE_WHY_MAX]);
void replay_exchange_free(struct replay_exchange *x);
/* Responses without a request. */
uint64_t replay_n_unpaired(const struct replay_reader *reader);
/* The first response of the capture that has been read, to know the server by; NULL: there was none so far. */
const struct captured *replay_first_response(const struct replay_reader *reader);
