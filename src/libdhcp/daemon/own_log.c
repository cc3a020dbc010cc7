/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/own_log.h"

#include "base/vec.h"
#include "log/config.h"
#include "root/config.h"
#include "serve/family.h"

typedef VEC(struct log_output) output_vec;

/* True if messages about the configuration go to this logger: the root logger, or the program's own child logger. */
static bool is_for_us(const struct family *fam, const char *name)
{
	char child[32];

	(void)snprintf(child, sizeof(child), "%s.dhcp%u", fam->program, fam->digit);
	return !strcmp(name, fam->program) || !strcmp(name, child);
}

static void collect(const struct log_logger *logger, output_vec *to)
{
	for (unsigned i = 0; i < logger->n_outputs; i++) {
		const struct log_output *output = &logger->outputs[i];

		if (output->kind == LOG_TO_FILE || output->kind == LOG_TO_SYSLOG)
			*vec_push(to) = *output;
	}
}

void own_log_open(const struct family *fam, const char *config_file, unsigned flags)
{
	struct config *cfg = config_load_log(config_file, fam->digit, flags);
	output_vec outputs = { 0 };
	struct log_logger root = { .name = fam->program, .severity = LOG_INFO };
	const char *why;

	if (!cfg)
		return;
	for (unsigned i = 0; i < cfg->log.n_loggers; i++)
		if (is_for_us(fam, cfg->log.loggers[i].name))
			collect(&cfg->log.loggers[i], &outputs);
	if (outputs.n) {
		*vec_push(&outputs) = (struct log_output){ .kind = LOG_TO_STDOUT, .flush = true };
		root.outputs = outputs.v;
		root.n_outputs = (unsigned)outputs.n;
		(void)log_configure(&(struct log_conf){ &root, 1 }, &why);
	}
	vec_free(&outputs);
	config_free(cfg);
}
