/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/commands.h"

void commands_add(struct ctl *ctl)
{
	const struct command_rows *const all[] = {
		&commands_config,
		&commands_server,
		&commands_stat,
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ctl_add(ctl, all[i]->v, all[i]->n);
}

void commands_configure(struct daemon *d)
{
	const struct conf_strings none = { 0 };

	ctl_set_libraries(d->ctl, &none, false);
}
