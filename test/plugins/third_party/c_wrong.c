/*
 * c_wrong.c
 *	  Shared objects that are no plugins which a meter can use: what is wrong is the macro WRONG.
 */
#include <nfstream_plugin.h>

#define OTHER_VERSION 1
#define OTHER_NAME	  2
#define NO_FUNCTION	  3
#define NO_PLUGIN	  4
#define NO_SIZE		  5
#define NO_START	  6
#define FAILS		  7
#define ENDLESS		  8

#if WRONG == NO_START
#include <stdio.h>

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	(void) host;
	(void) arguments;
	(void) self;
	snprintf(wrong, wrong_size, "It does not want to.");
	return false;
}
#endif

#if WRONG == FAILS
static const NfstreamHost *host_of;
static unsigned			   cleaned;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	(void) arguments;
	(void) self;
	(void) wrong;
	(void) wrong_size;
	host_of = host;
	host->print("created", 7);
	return true;
}

static void
on_update(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	(void) self;
	(void) state;
	(void) flow;
	(void) packet;
	host_of->fail("It has seen enough.");
}

static void
cleanup(void *self)
{
	(void) self;
	if (cleaned++ == 0)
		host_of->print("cleaned", 7);
	else
		host_of->print("cleaned again", 13);
}
#endif

#if WRONG == ENDLESS
static size_t
state_bytes(const void *self)
{
	(void) self;
	return (size_t) -1;
}
#endif

static const NfstreamPlugin plugin = {
	.version = WRONG == OTHER_VERSION ? NFSTREAM_PLUGIN_VERSION + 1 : NFSTREAM_PLUGIN_VERSION,
	.size = WRONG == NO_SIZE ? 3 : sizeof(NfstreamPlugin),
	.name = WRONG == OTHER_NAME ? "another" : NAME,
#if WRONG == NO_START || WRONG == FAILS
	.create = create,
#endif
#if WRONG == FAILS
	.on_update = on_update,
	.cleanup = cleanup,
#endif
#if WRONG == ENDLESS
	.state_bytes = state_bytes,
#endif
};

#if WRONG == NO_FUNCTION
extern const NfstreamPlugin *const other;
const NfstreamPlugin *const		   other = &plugin;
#else
const NfstreamPlugin *
nfstream_plugin(void)
{
	return WRONG == NO_PLUGIN ? NULL : &plugin;
}
#endif
