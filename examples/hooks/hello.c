/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A hook library in one file. It sends a greeting in option 15 (domain-name) to
 * those of one vendor, and drops messages of hardware addresses that begin with given bytes.
 *
 *	make && sudo make install
 *
 *	"hooks-libraries": [ {
 *	    "library": "libdhcp_hello.so",
 *	    "parameters": { "vendor": "MSFT 5.0", "greeting": "hello.example.org", "deny": "02:00" }
 *	} ]
 */
#include <kea/hooks.h>

#include <stdlib.h>
#include <string.h>

/* The table of functions is the same for all instances; what else a library keeps is in its context. */
static const struct kea_api *kea;
static struct kea_message *denied;

struct hello {
	const char *vendor, *greeting, *deny; /* parameters live as long as the library */
};

/* Defines the version of the interface. */
KEA_HOOK_LIBRARY

/* Functions of this library may be called by several threads at once: they only read the context. */
int kea_hook_threads(void)
{
	return 1;
}

static int pkt4_receive(struct kea_call *call)
{
	const struct hello *hello = kea->context(kea->library(call));
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	char mac[64];

	if (!hello->deny[0] || kea->get_text(query, KEA_PACKET_HWADDR, mac, sizeof(mac)) < 0 ||
	    strncmp(mac, hello->deny, strlen(hello->deny)) != 0)
		return KEA_CONTINUE;
	kea->log(denied, "%s is denied", mac);
	return KEA_DROP;
}

static int pkt4_send(struct kea_call *call)
{
	static const uint32_t vendor_class[] = { 60 }, domain_name[] = { 15 };
	const struct hello *hello = kea->context(kea->library(call));
	size_t len;
	const void *vendor = kea->option_get(kea->argument(call, KEA_ARG_QUERY, 0), vendor_class, 1, 0, &len);

	if (vendor && len == strlen(hello->vendor) && !memcmp(vendor, hello->vendor, len))
		(void)kea->option_set(kea->argument(call, KEA_ARG_RESPONSE, 0), domain_name, 1, hello->greeting,
				      strlen(hello->greeting));
	return KEA_CONTINUE;
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "vendor", "greeting", "deny", NULL };
	const struct kea_json *parameters = api->parameters(lib);
	struct hello *hello = calloc(1, sizeof(*hello));

	kea = api;
	if (!hello)
		return KEA_E_NOMEM;
	kea->set_context(lib, hello);
	denied = kea->message(lib, "HELLO_DENIED", "hello", KEA_INFO, 0);
	(void)kea->param_keys(lib, parameters, keys);
	hello->vendor = kea->param_text(lib, parameters, "vendor", "MSFT 5.0");
	hello->greeting = kea->param_text(lib, parameters, "greeting", "hello.example.org");
	hello->deny = kea->param_text(lib, parameters, "deny", "");
	if (kea->on(lib, "pkt4_receive", pkt4_receive) < 0)
		return KEA_E_INVAL;
	return kea->on(lib, "pkt4_send", pkt4_send);
}

void kea_hook_unload(struct kea_library *lib)
{
	free(kea->context(lib));
}
