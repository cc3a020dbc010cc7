/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* What a control channel accepts of its clients. Whatever exceeds a limit gets an error response or is closed. */
enum {
	CHANNEL_CONNECTIONS_MAX =
		128, /* per socket; the connection that has waited longest for its client makes room */
	CHANNEL_ACCEPTS_PER_TURN = 16,     /* then the rest of the main thread runs */
	CHANNEL_IDLE_MS = 10000,           /* how long a client may send, or accept, less than CHANNEL_PROGRESS bytes */
	CHANNEL_PROGRESS = 65536,          /* bytes */
	CHANNEL_STREAM_MS = 60000,         /* how long the reader of a stream may accept nothing */
	CHANNEL_LINGER_MS = 2000,          /* for reading what a rejected client still sends */
	CHANNEL_RATE = 1000,               /* requests per second, all sockets together; others wait for their turn */
	CHANNEL_BURST = 100,               /* of these without waiting after a pause */
	CHANNEL_SLICE_US = 5000,           /* of executing commands, then the rest of the main thread runs */
	CHANNEL_RECEIVING_MAX = 64u << 20, /* bytes of incomplete requests, all sockets together */
	CHANNEL_OUT_HIGH = 256 << 10,      /* bytes waiting for a client; then nothing is added to a response ... */
	CHANNEL_OUT_LOW = 64 << 10,        /* ... until so few are left */
	CHANNEL_SUBSCRIBERS_MAX = 16,      /* streams of events at the same time, all sockets together */
	CHANNEL_MAPS_MAX = 400000, /* maps and lists in one request: an empty map takes some 750 bytes of memory */
	CHANNEL_VALUES_MAX = 2000000,

	FORWARDS_MAX = 32,          /* requests at a time to one service */
	FORWARD_SERVICES_MAX = 8,   /* in one request */
	FORWARD_WAIT_MS = 60000,    /* how long a service may take for CHANNEL_PROGRESS bytes of its response */
	FORWARD_CONNECTS_MAX = 100, /* tries, if its socket accepts no connection */
	FORWARD_HELD = 64 << 10,    /* bytes of a response that are held back until it is complete */

	HTTP_HEAD_MAX = 16384, /* bytes */
	HTTP_HEADERS_MAX = 100,
	HTTP_LINE_MAX = 1024, /* of chunked encoding: sizes and trailers */
	HTTP_TRAILERS_MAX = 32,
};
