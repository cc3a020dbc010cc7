/* SPDX-License-Identifier: MPL-2.0 */
#include "api/api.h"

#include "api/api_int.h"
#include "base/err.h"

_Static_assert((int)KEA_E_NOMEM == -E_NOMEM && (int)KEA_E_INVAL == -E_INVAL && (int)KEA_E_RANGE == -E_RANGE &&
		       (int)KEA_E_SPACE == -E_SPACE && (int)KEA_E_NOENT == -E_NOENT && (int)KEA_E_EXIST == -E_EXIST &&
		       (int)KEA_E_BUSY == -E_BUSY && (int)KEA_E_UNSUPPORTED == -E_UNSUPPORTED &&
		       (int)KEA_E_CONFIG == -E_CONFIG,
	       "results are passed unchanged");

static const struct kea_api table = {
	.size = sizeof(table),
	.major = KEA_HOOKS_MAJOR,
	.minor = KEA_HOOKS_MINOR,
	.on = api_on,
	.family = api_family,
	.is_check = api_is_check,
	.name = api_name,
	.set_context = api_set_context,
	.context = api_context,
	.library = api_library,
	.thread_context = api_thread_context,
	.set_config_context = api_set_config_context,
	.config_context = api_config_context,
	.packet_context = api_packet_context,
	.packet_alloc = api_packet_alloc,
	.parameters = api_parameters,
	.config = api_config,
	.json_type = api_json_type,
	.json_get = api_json_get,
	.json_count = api_json_count,
	.json_at = api_json_at,
	.json_bool = api_json_bool,
	.json_int = api_json_int,
	.json_real = api_json_real,
	.json_text = api_json_text,
	.json_print = api_json_print,
	.json_read = api_json_read,
	.json_free = api_json_free,
	.param_int = api_param_int,
	.param_bool = api_param_bool,
	.param_text = api_param_text,
	.param_keys = api_param_keys,
	.fail = api_fail,
	.warn = api_warn,
	.message = api_message,
	.log_is_on = api_log_is_on,
	.log = api_log,
	.argument = api_argument,
	.part = api_part,
	.kind = api_kind,
	.is_writable = api_is_writable,
	.get_int = api_get_int,
	.get_bytes = api_get_bytes,
	.get_text = api_get_text,
	.set_int = api_set_int,
	.set_bytes = api_set_bytes,
	.set_text = api_set_text,
	.field_by_name = api_field_by_name,
	.field_at = api_field_at,
	.option_get = api_option_get,
	.option_set = api_option_set,
	.option_add = api_option_add,
	.option_delete = api_option_delete,
	.option_at = api_option_at,
	.option_code = api_option_code,
	.set_subnet = api_set_subnet,
	.set_subnet_id = api_set_subnet_id,
	.class_has = api_class_has,
	.class_add = api_class_add,
	.class_at = api_class_at,
	.park = api_park,
	.resume = api_resume,
	.drop = api_drop,
	.expression = api_expression,
	.test = api_test,
	.evaluate = api_evaluate,
	.stat = api_stat,
	.stat_add = api_stat_add,
	.stat_set = api_stat_set,
	.stat_get = api_stat_get,
	.command = api_command,
	.command_argument = api_command_argument,
	.arguments = api_arguments,
	.respond = api_respond,
	.evaluate_lease = api_evaluate_lease,
	.command_arguments = api_command_arguments,
};

void api_init(void)
{
	object_init();
	hooks_set_api(&table);
}
