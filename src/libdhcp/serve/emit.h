/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/* Turns the events of a request into statistics and log lines, once per request. */
void event_emit(struct request *req);
