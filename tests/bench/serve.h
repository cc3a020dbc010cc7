/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Exchanges through the pipeline, with leases in memory only. A server is prepared with one of these functions; then
 * serve_new() gives leases to new clients, or serve_renew() renews those of the known ones in turn.
 */
extern bool serve_quick; /* few clients and reservations */

void serve_prepare4(void);
void serve_prepare6(void);
/* The clients already have leases. */
void serve_prepare_leases4(void);
void serve_prepare_leases6(void);
/* Reservations of other clients, half of them in the pool: if all are in use, nothing can be picked there. */
void serve_prepare_hosts4(void);
void serve_prepare_hosts6(void);
void serve_prepare_leases_hosts4(void);
void serve_prepare_leases_hosts6(void);
/* Each of the clients has a reservation. */
void serve_prepare_reserved4(void);
void serve_prepare_reserved6(void);
/* The messages have options 60, 77 and 93. */
void serve_prepare_boot(void);
/* The same, and 64 classes test these options. */
void serve_prepare_classes(void);
/* A hook library, tests/bench/idle.c, does nothing at four points. */
void serve_prepare_idle4(void);
void serve_prepare_idle6(void);
/* As serve_prepare_classes(), and no message can be in the 64 classes. */
void serve_prepare_no_member(void);

/* New clients: DISCOVER and REQUEST, or SOLICIT and REQUEST. */
void serve_new(uint64_t n);
/* REQUEST with ciaddr, or RENEW. */
void serve_renew(uint64_t n);
void serve_close(void);
