/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/family.h"
#include "daemon/main.h"

int main(int argc, char **argv)
{
	return serve_main(&family6, argc, argv);
}
