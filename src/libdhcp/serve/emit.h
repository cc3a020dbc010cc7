/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/* Once for each request: its events become statistics and log lines. */
void event_emit(struct request *req);
