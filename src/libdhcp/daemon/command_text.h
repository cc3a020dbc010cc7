/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * The response to config-get, in pieces: { ROOT: the configuration, "hash": its hash }. A configuration that replaces
 * this one meanwhile does not change the response. Main thread.
 */
struct ctl_call;
struct config_text;
void command_respond_text(struct ctl_call *call, struct config_text *text, const char *root); /* borrows root */
