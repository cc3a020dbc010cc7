/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <sys/socket.h>

/* The address for bind() or connect(), of the family of ip. Returns its length. */
socklen_t sockaddr_of(const struct ip *ip, uint16_t port, struct sockaddr_storage *ret);
