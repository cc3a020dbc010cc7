/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log4c as the logger tree: categories by dotted name, inherited priorities, and one appender of our own type
 * per category, which sends lines to its route. Other parts of log4c are not used: log4c_init() reads log4crc
 * files from $HOME and the working directory, its file appenders truncate files, and its layouts cut long lines.
 * Severities FATAL..INFO are log4c's own numbers; DEBUG with debuglevel n is 700 + n.
 */
#include "log/sink_log4c.h"
#include "base/vec.h"

#include <log4c.h>

static VEC(log4c_category_t *) categories; /* all categories ever configured */
static VEC(struct log_msg *) added;        /* messages besides log_all */
static struct pattern_line *current;       /* the line currently passing through log4c */
static enum log_severity current_severity;

static int priority_of(enum log_severity severity, int debuglevel)
{
	switch (severity) {
	case LOG_NONE:
		return -1;
	case LOG_FATAL:
		return LOG4C_PRIORITY_FATAL;
	case LOG_ERROR:
		return LOG4C_PRIORITY_ERROR;
	case LOG_WARN:
		return LOG4C_PRIORITY_WARN;
	case LOG_INFO:
		return LOG4C_PRIORITY_INFO;
	case LOG_DBG:
		break;
	}
	return LOG4C_PRIORITY_DEBUG + debuglevel;
}

static int append(log4c_appender_t *appender, const log4c_logging_event_t *event)
{
	struct log_route *route = log4c_appender_get_udata(appender);

	current->message = event->evt_rendered_msg;
	current->message_len = strlen(event->evt_rendered_msg);
	log_route_add(route, current, current_severity);
	return 0;
}

static const log4c_appender_type_t appender_type = { .name = "kea.route", .append = append };

static const char *format(const log4c_layout_t *layout, const log4c_logging_event_t *event)
{
	(void)layout;
	return event->evt_msg;
}

static const log4c_layout_type_t layout_type = { .name = "kea.message", .format = format };

static log4c_category_t *category_get(const char *name)
{
	log4c_category_t *cat = log4c_category_get(name);

	for (size_t i = 0; i < categories.n; i++)
		if (categories.v[i] == cat)
			return cat;
	*vec_push(&categories) = cat;
	return cat;
}

static void set_category(const char *root, struct log_msg *msg)
{
	struct str name = { 0 };

	str_addf(&name, "%s.%s", root, msg->logger);
	msg->category = category_get(name.text);
	str_free(&name);
}

static int traces; /* LOG_BY_TRACE, or 0 */

/* Returns true if this is a debug message that the loggers want. */
static bool refresh(struct log_msg *msg)
{
	/* Without a category, before log_start(), it stays as it is. */
	bool on = msg->category ? log4c_category_is_priority_enabled(msg->category,
								     priority_of(msg->severity, msg->debuglevel))
				: atomic_load(&msg->enabled) & LOG_BY_LOGGER;

	atomic_store_explicit(&msg->enabled, (on ? LOG_BY_LOGGER : 0) | traces, memory_order_relaxed);
	return on && msg->severity == LOG_DBG;
}

static void refresh_all(void)
{
	bool has_debug = false;

	for (unsigned i = 0; i < log_all_n; i++)
		has_debug |= refresh(log_all[i]);
	for (size_t i = 0; i < added.n; i++)
		has_debug |= refresh(added.v[i]);
	atomic_store_explicit(&log_has_debug, (has_debug ? LOG_BY_LOGGER : 0) | traces, memory_order_relaxed);
}

void sink_want_traces(bool any)
{
	int wanted = any ? LOG_BY_TRACE : 0;

	if (wanted == traces)
		return;
	traces = wanted;
	refresh_all();
}

void sink_add(const char *root, struct log_msg *msg)
{
	set_category(root, msg);
	if (refresh(msg))
		atomic_fetch_or_explicit(&log_has_debug, LOG_BY_LOGGER, memory_order_relaxed);
	*vec_push(&added) = msg;
}

void sink_remove(const struct log_msg *msg)
{
	for (size_t i = 0; i < added.n; i++)
		if (added.v[i] == msg)
			added.v[i--] = added.v[--added.n];
}

void sink_init(const char *root)
{

	(void)log4c_appender_type_set(&appender_type);
	(void)log4c_layout_type_set(&layout_type);
	log4c_rc->config.reread = 0;
	for (unsigned i = 0; i < log_all_n; i++)
		set_category(root, log_all[i]);
}

static void set_route(log4c_category_t *cat, struct log_route *route)
{
	log4c_appender_t *appender = log4c_appender_get(log4c_category_get_name(cat));
	log4c_layout_t *layout = log4c_layout_get("kea.message");

	(void)log4c_layout_set_type(layout, &layout_type);
	(void)log4c_appender_set_type(appender, &appender_type);
	(void)log4c_appender_set_layout(appender, layout);
	(void)log4c_appender_set_udata(appender, route);
	(void)log4c_category_set_appender(cat, appender);
	(void)log4c_category_set_additivity(cat, 0);
}

void sink_apply(const struct log_logger *loggers, struct log_route *const *routes, unsigned n)
{
	for (size_t i = 0; i < categories.n; i++) {
		(void)log4c_category_set_priority(categories.v[i], LOG4C_PRIORITY_NOTSET);
		(void)log4c_category_set_appender(categories.v[i], NULL);
		(void)log4c_category_set_additivity(categories.v[i], 1);
	}
	for (unsigned i = 0; i < n; i++) {
		log4c_category_t *cat = category_get(loggers[i].name);

		(void)log4c_category_set_priority(cat, priority_of(loggers[i].severity, loggers[i].debuglevel));
		if (routes[i])
			set_route(cat, routes[i]);
	}
	refresh_all();
}

void sink_emit(const struct log_msg *msg, struct pattern_line *line, bool is_traced)
{
	line->logger = log4c_category_get_name(msg->category);
	current = line;
	current_severity = msg->severity;
	log4c_category_log(msg->category,
			   is_traced ? LOG4C_PRIORITY_FATAL : priority_of(msg->severity, msg->debuglevel), "%s",
			   line->message);
	current = NULL;
}
