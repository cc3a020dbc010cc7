/* SPDX-License-Identifier: MPL-2.0 */
/* A configuration: each family accepts or rejects any text, and what it accepts can be printed. */
#include "root/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(const uint8_t *data, size_t size, unsigned digit)
{
	struct config *cfg = NULL;
	struct diag *diag;

	if (config_load_text("fuzz", (const char *)data, size, digit, CONFIG_RELAXED, &diag, &cfg) == 0) {
		struct json_object *tree = config_print(cfg);

		if (!json_object_to_json_string(tree))
			abort();
		json_object_put(tree);
		config_free(cfg);
	}
	diag_free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	load(data, size, 4);
	load(data, size, 6);
	return 0;
}
