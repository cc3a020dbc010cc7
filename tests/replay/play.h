/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/family.h"
#include "daemon/reclaim.h"
#include "serve/server.h"

/* Shared by the parts of the player; replay.c is its manual. */
#define ANSWERS_MAX 256
#define WORDS_MAX 48
#define SERVER_DUID "00030001aabbccddeeff"

struct answer {
	struct dgram dgram;
	struct packet4 pkt;
	struct packet6 pkt6;
	uint8_t buf[65536];
};

/* The keywords of a family. */
struct dialect {
	const struct family *fam;
	enum lease_type lease_type; /* for the "lease" line */
	uint8_t (*type_of)(const char *name);
	const char *(*parse)(struct answer *answer); /* NULL, or why it cannot be parsed */
	unsigned (*type)(const struct answer *answer);
	void (*send)(void);
	void (*expect)(struct answer *answer);
};
extern const struct dialect dialect4, dialect6;

struct play {
	const char *file;
	unsigned line;
	const struct dialect *dialect;
	struct server srv;
	bool running;
	struct live *live;
	struct store *store;
	struct leasedb *db;
	bool use_double;
	struct reclaim *reclaim;
	struct arena *arena;
	struct answer answers[ANSWERS_MAX];
	unsigned n_answers, next_answer;
};
extern struct play play;

/* The current line, split at blanks. */
extern char *words[WORDS_MAX];
extern unsigned n_words;

void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Returns the text after KEY= on the line; NULL if it is missing. */
const char *value_of(const char *key);
struct ip ip_of(const char *text);
struct bytes hex_of(const char *text);
uint32_t number_of(const char *text);
struct bytes be32(uint32_t v);
/* Fails if the line expects something else. */
void want_text(const char *key, const char *got);
void pump(void);
/* hooks.c: a library loaded by "hooks". */
struct hooks *play_hooks(void);
void hooks_start(void);
void do_hook(void);
void do_hooked(void);
void do_unpark(void);
void do_command(const char *request);
void do_response(const char *text);
/* Delivers the message to the server. */
void deliver(struct dgram *dgram);
