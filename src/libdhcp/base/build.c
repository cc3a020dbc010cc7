/* SPDX-License-Identifier: MPL-2.0 */
#include "base/build.h"

#include <string.h>
#include <sys/utsname.h>

void build_report(FILE *to)
{
	struct utsname host;

	if (uname(&host) < 0)
		memset(&host, 0, sizeof(host));
	fprintf(to,
		"Package:\n  Name:              kea\n  Version:           %s\n  OS:                %s %s\n"
		"  Configuration:     %s\n  State:             %s\n  Run:               %s\n  Logs:              %s\n"
		"  Hooks directory:   %s\nConfigure arguments:\n  %s\nCompiler:\n  %s\n",
		PACKAGE_VERSION, host.sysname, host.machine, KEA_CONF_DIR, KEA_STATE_DIR, KEA_RUN_DIR, KEA_LOG_DIR,
		KEA_HOOKS_DIR, CONFIGURE_ARGS, __VERSION__);
}
