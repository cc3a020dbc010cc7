/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "log/log.h"

#include <stdint.h>

/*
 * Folding: a message that repeats with each packet is logged once per key in FOLD_SEC seconds; the next line of the
 * same key says how many were left out. A key is a client, a subnet, ... of one message. Memory is fixed: with too
 * many keys, those logged longest ago are forgotten, and no message writes more than FOLD_PER_SEC lines a
 * second, however many keys a flood creates. Any thread; no allocation.
 *
 *	LOG_FOLDED(srv->fold, client, DHCP4_NO_SUBNET, label, place);
 *
 * The text of such a message ends in %s: "" or " (12 more in the last 15 s)".
 */
struct log_fold;

enum { FOLD_SEC = 10, FOLD_PER_SEC = 100, FOLD_TEXT_MAX = 160 };

struct log_fold *log_fold_new(void);
void log_fold_free(struct log_fold *fold);
/* Returns true if the line is to be written; `text` is then the end of the line. */
bool log_fold_passes(struct log_fold *fold, const struct log_msg *msg, uint64_t key, char text[FOLD_TEXT_MAX]);

#define LOG_FOLD_(fold, key, msg, fmt, ...)                                     \
	do {                                                                    \
		char folded_[FOLD_TEXT_MAX];                                    \
		if (log_is_on(msg) && log_fold_passes(fold, msg, key, folded_)) \
			log_write(msg, fmt, ##__VA_ARGS__, folded_);            \
	} while (0)
#define LOG_FOLDED(fold, key, id, ...) LOG_FOLD_(fold, key, &log_msg_##id, LOGTEXT_##id, ##__VA_ARGS__)
/* Like LOGF(): for a message that exists once per family. */
#define LOGF_FOLDED(family, fold, key, id, ...) LOG_FOLD_(fold, key, &log_msg_##id[family], LOGTEXT_##id, ##__VA_ARGS__)
