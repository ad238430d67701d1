/*
 * noting_plugins.h
 *	  Two plugins that note their calls, a and b, and runs with them.
 */
#ifndef NOTING_PLUGINS_H
#define NOTING_PLUGINS_H

#include <stdio.h>

#include "engine/analyse/plugin_host.h"
#include "tracker_run.h"

/* One line for each call, since the test began. */
static char				   log_text[1 << 16];
static const NfstreamHost *host;
static unsigned			   cleaned,
	released,
	destroyed;
static const char *printed;

__attribute__((format(printf, 1, 2))) static void
note(const char *format, ...)
{
	size_t	length = strlen(log_text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(log_text + length, sizeof(log_text) - length, format, arguments);
	va_end(arguments);
	assert_true(strlen(log_text) < sizeof(log_text) - 1);
}

static void
start_notes(void)
{
	log_text[0] = '\0';
	cleaned = released = destroyed = 0;
	printed = NULL;
}

static int64_t
integer_of(const NfstreamFlow *flow, const char *name)
{
	NfstreamValue value;

	assert_int_equal(host->read(flow, host->attribute(name), &value), NFSTREAM_READ_DONE);
	assert_int_equal(value.kind, NFSTREAM_INTEGER);
	return value.integer;
}

static const char *
text_of(const NfstreamFlow *flow, const char *name)
{
	static char	  text[256];
	NfstreamValue value;

	assert_int_equal(host->read(flow, host->attribute(name), &value), NFSTREAM_READ_DONE);
	assert_int_equal(value.kind, NFSTREAM_TEXT);
	snprintf(text, sizeof(text), "%.*s", (int) value.text.length, value.text.bytes);
	return text;
}

static bool
write_integer(NfstreamFlow *flow, const char *name, int64_t integer)
{
	NfstreamValue value = {.kind = NFSTREAM_INTEGER, .integer = integer};

	return host->write(flow, host->attribute(name), &value);
}

static bool
write_text(NfstreamFlow *flow, const char *name, const char *text)
{
	NfstreamValue value = {.kind = NFSTREAM_TEXT, .text = {text, strlen(text)}};

	return host->write(flow, host->attribute(name), &value);
}

/* --------------------------------------------------------------------------------------------- a plugin that notes its calls */

/* Its name is in its self; its state counts its calls of the flow. */
typedef struct Noting
{
	char name;
	void (*on_init)(NfstreamFlow *flow, const NfstreamPacket *packet);
	void (*on_update)(NfstreamFlow *flow, const NfstreamPacket *packet);
	void (*on_expire)(NfstreamFlow *flow);
} Noting;

static Noting noting[2];

static bool
create_a(const NfstreamHost *own_host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	(void) arguments;
	(void) wrong;
	(void) wrong_size;
	host = own_host;
	noting[0].name = 'a';
	*self = &noting[0];
	return true;
}

static bool
create_b(const NfstreamHost *own_host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	(void) own_host;
	(void) wrong;
	(void) wrong_size;
	assert_int_equal(arguments[0].kind, NFSTREAM_INTEGER);
	note("create b %d %s\n", (int) arguments[0].integer, arguments[1].integer ? "true" : "false");
	noting[1].name = 'b';
	*self = &noting[1];
	return true;
}

static size_t
state_bytes(const void *self)
{
	return ((const Noting *) self)->name == 'a' ? 5 : 8;
}

static void
note_hook(const char *hook, const Noting *self, uint8_t *state, const NfstreamFlow *flow)
{
	assert_int_equal((uintptr_t) state % 8, 0);
	note("%s %c #%u of %d: %d packets, %d bytes, expiration %d\n", hook, self->name, ++state[4], (int) integer_of(flow, "src_port"),
		 (int) integer_of(flow, "bidirectional_packets"), (int) integer_of(flow, "bidirectional_bytes"), (int) flow->expiration_id);
}

static void
note_packet(const NfstreamPacket *packet)
{
	note("  time %d +%d, direction %d, %u/%u/%u/%u, %d -> %d\n", (int) packet->time, (int) packet->delta_time, packet->direction,
		 packet->raw_size, packet->ip_size, packet->transport_size, packet->payload_size, packet->src_port, packet->dst_port);
}

static void
on_init(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Noting *own = self;
	const uint8_t zeros[5] = {0};

	assert_memory_equal(state, zeros, sizeof(zeros));
	note_hook("init", own, state, flow);
	note_packet(packet);
	if (own->on_init != NULL)
		own->on_init(flow, packet);
}

static void
on_update(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Noting *own = self;

	note_hook("update", own, state, flow);
	note_packet(packet);
	if (own->on_update != NULL)
		own->on_update(flow, packet);
}

static void
on_expire(void *self, void *state, NfstreamFlow *flow)
{
	const Noting *own = self;

	note_hook("expire", own, state, flow);
	if (own->on_expire != NULL)
		own->on_expire(flow);
}

static bool
output(void *self, void *state, unsigned output, NfstreamValue *value)
{
	(void) output;
	value->kind = NFSTREAM_INTEGER;
	value->integer = ((uint8_t *) state)[4] + (((Noting *) self)->name == 'b' ? 100 : 0);
	return true;
}

static void
release(void *self, void *state)
{
	(void) self;
	(void) state;
	released++;
}

static void
cleanup(void *self)
{
	(void) self;
	cleaned++;
}

static void
destroy(void *self)
{
	(void) self;
	destroyed++;
}

static const NfstreamOutput outputs[] = {{"calls", "bigint", NULL}, {NULL, NULL, NULL}};

static const NfstreamParameter parameters[] = {
	{.name = "number", .kind = NFSTREAM_INTEGER, .required = true, .min = 1, .max = 9},
	{.name = "really", .kind = NFSTREAM_BOOLEAN, .fallback = true},
	{.name = NULL},
};

#define NOTING(letter) \
	{ \
		.version = NFSTREAM_PLUGIN_VERSION, \
		.size = sizeof(NfstreamPlugin), \
		.name = #letter, \
		.outputs = outputs, \
		.create = create_##letter, \
		.state_bytes = state_bytes, \
		.on_init = on_init, \
		.on_update = on_update, \
		.on_expire = on_expire, \
		.output = output, \
		.release = release, \
		.cleanup = cleanup, \
		.destroy = destroy, \
	}

static NfstreamPlugin plugin_a = NOTING(a),
					  plugin_b = NOTING(b);

static bool
find(const PluginOrder *order, FoundPlugin *found, FailureMessage *failure)
{
	(void) failure;
	*found = (FoundPlugin) {.plugin = order->name.bytes[0] == 'a' ? &plugin_a : &plugin_b};
	return true;
}

static void
fail_run(void *context, const FailureMessage *failure)
{
	note("failed: %s: %s\n", failure->text, failure->detail);
	note("cleaned %u\n", cleaned);
	longjmp(*(jmp_buf *) context, 1);
}

static void
print(void *context, const char *text, size_t length)
{
	(void) context;
	assert_int_equal(length, strlen(text));
	printed = text;
}

/* -------------------------------------------------------------------------------------------------------------------- runs */

static PluginOrders orders;
static jmp_buf		failed;

/* Plugins a and, if there are to be two, b. */
static Run *
run_plugins(unsigned count, uint64_t idle_timeout, uint64_t active_timeout)
{
	static const int64_t number = 7;
	Run					*run = run_start(idle_timeout, active_timeout);
	const PluginUse		 use = {.orders = &orders, .finder = find, .context = &failed, .print = print, .fail = fail_run};
	FailureMessage		 failure;

	start_notes();
	memset(&orders, 0, sizeof(orders));
	memset(noting, 0, sizeof(noting));
	plugin_b.parameters = parameters;
	assert_true(plugin_orders_add(&orders, PLUGIN_C, plugin_text("a"), plugin_text(""), plugin_text("")));
	if (count == 2)
	{
		assert_true(plugin_orders_add(&orders, PLUGIN_C, plugin_text("b"), plugin_text(""), plugin_text("")));
		assert_true(plugin_orders_add_argument(&orders, plugin_text("number"), PLUGIN_VALUE_INTEGER,
											   (PluginText) {(const char *) &number, sizeof(number)}));
	}
	run->request.plugins = plugin_orders_length(&orders);
	request_add_all_columns(&run->request);
	assert_true(plugin_host_use(&use, &run->request, &failure));
	return run;
}

static void
end_plugins(Run *run)
{
	unsigned plugins = orders.count;

	analysis_end(&run->analysis);
	assert_int_equal(cleaned, plugins);
	plugin_host_cleanup();
	assert_int_equal(cleaned, plugins);
	run_end(run);
	assert_int_equal(destroyed, plugins);
}

static void
expect_notes(const char *expected)
{
	assert_string_equal(log_text, expected);
	log_text[0] = '\0';
}

#endif /* NOTING_PLUGINS_H */
