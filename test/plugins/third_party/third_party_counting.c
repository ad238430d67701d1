/*
 * third_party_counting.c
 *	  A plugin that counts in a file how often it was made and how often it was told that the scan is over.
 *
 * The file is mapped before the sandbox is closed, so that a meter which cannot tell anybody any more still counts.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nfstream_plugin.h>

/* What the file holds, for all meters of a scan. */
typedef struct Counts
{
	uint64_t made;
	uint64_t cleaned_up;
} Counts;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	char   path[4096];
	int	   file;
	void  *counts = MAP_FAILED;
	size_t length = arguments[0].text.length;

	(void) host;
	if (length >= sizeof(path))
		length = 0;
	memcpy(path, arguments[0].text.bytes, length);
	path[length] = '\0';
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file >= 0 && ftruncate(file, sizeof(Counts)) == 0)
		counts = mmap(NULL, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (file >= 0)
		close(file);
	if (counts == MAP_FAILED)
	{
		snprintf(wrong, wrong_size, "\"%s\" cannot be mapped", path);
		return false;
	}
	__atomic_fetch_add(&((Counts *) counts)->made, 1, __ATOMIC_SEQ_CST);
	*self = counts;
	return true;
}

static void
cleanup(void *self)
{
	__atomic_fetch_add(&((Counts *) self)->cleaned_up, 1, __ATOMIC_SEQ_CST);
}

static const NfstreamParameter parameters[] = {{.name = "path", .kind = NFSTREAM_TEXT, .required = true, .help = "the file"}, {.name = NULL}};

static const NfstreamPlugin plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "third_party_counting",
	.parameters = parameters,
	.create = create,
	.cleanup = cleanup,
};

const NfstreamPlugin *
nfstream_plugin(void)
{
	return &plugin;
}
