/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ctl/channel.h"

#include <openssl/ssl.h>

/* Returns the server side of TLS for a channel; NULL with a text in *ret_why, which the caller frees. */
SSL_CTX *tls_new(const struct channel_conf *conf, char **ret_why);
