/*
 * third_party_noting.c
 *	  A plugin that leaves its calls: i for on_init, u for on_update, e for on_expire, each with the packets that the flow had.
 *
 * In cleanup it prints "cleaned up".
 */
#include <stdio.h>

#include <nfstream_plugin.h>

#define NOTES_MAX 8192

typedef struct Notes
{
	size_t length;
	char   text[NOTES_MAX];
} Notes;

static const NfstreamHost *host_of;
static NfstreamAttribute   packets_of;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	(void) arguments;
	(void) self;
	(void) wrong;
	(void) wrong_size;
	host_of = host;
	packets_of = host->attribute("bidirectional_packets");
	return true;
}

static size_t
state_bytes(const void *self)
{
	(void) self;
	return sizeof(Notes);
}

static void
note(Notes *notes, char call, const NfstreamFlow *flow)
{
	NfstreamValue packets;

	if (host_of->read(flow, packets_of, &packets) != NFSTREAM_READ_DONE)
		host_of->fail("bidirectional_packets cannot be read");
	if (notes->length < NOTES_MAX - 32)
		notes->length += (size_t) sprintf(notes->text + notes->length, "%c%lld", call, (long long) packets.integer);
}

static void
on_init(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	(void) self;
	(void) packet;
	note(state, 'i', flow);
}

static void
on_update(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	(void) self;
	(void) packet;
	note(state, 'u', flow);
}

static void
on_expire(void *self, void *state, NfstreamFlow *flow)
{
	(void) self;
	note(state, 'e', flow);
}

static bool
output(void *self, void *state, unsigned output, NfstreamValue *value)
{
	const Notes *notes = state;

	(void) self;
	(void) output;
	value->kind = NFSTREAM_TEXT;
	value->text.bytes = notes->text;
	value->text.length = notes->length;
	return true;
}

static void
cleanup(void *self)
{
	(void) self;
	host_of->print("cleaned up", 10);
}

static const NfstreamOutput outputs[] = {{"calls", "text", "its calls"}, {NULL, NULL, NULL}};

static const NfstreamPlugin plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "third_party_noting",
	.outputs = outputs,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_init,
	.on_update = on_update,
	.on_expire = on_expire,
	.output = output,
	.cleanup = cleanup,
};

const NfstreamPlugin *
nfstream_plugin(void)
{
	return &plugin;
}
