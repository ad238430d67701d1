/*
 * nfstream_plugin.h
 *	  What a plugin in C is: NFStream's NFPlugin, called by the meter.
 *
 * A plugin is a shared object NAME.so in the server's directory of plugins (`pg_config --pkglibdir`/nfstream_plugins), which has
 *
 *	  const NfstreamPlugin *nfstream_plugin(void);
 *
 * doc/plugin_in_c in nfstream_fdw's sources is one to begin with.
 *
 * It runs in the meter's process.  A meter opens the objects that a table's option `udps` names, calls `create` for each plugin
 * in list order, and closes its sandbox.  From then on nothing can be opened, started or connected to: what a plugin needs of the
 * machine it gets in `create`.  Then, of each flow:
 *
 *	  for its first packet			on_init of each plugin, in list order
 *	  for each further packet		on_update of each plugin, in list order
 *	  when the flow is over			on_expire of each plugin, in list order; then `release`
 *	  when the flow is given up		release
 *
 * and once at the end, whatever ended the scan, `cleanup`.  All is called by one thread.  A flow has a packet already counted when a
 * hook is called for it.  A plugin that sets flow->expiration_id to -1 in on_init or on_update ends the flow with this packet, once
 * all plugins have seen it; any other number stands in the row, unless idle_timeout or active_timeout ends the flow.
 *
 * Packets and captures are hostile: a plugin must believe no length that stands in them.
 *
 * Nothing here changes but at the end of a struct, where `size` tells how much of it is there.
 */
#ifndef NFSTREAM_PLUGIN_H
#define NFSTREAM_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NFSTREAM_PLUGIN_VERSION 1

/* The function of a shared object that tells its plugin. */
#define NFSTREAM_PLUGIN_FUNCTION "nfstream_plugin"

/* ---------------------------------------------------------------------------------------------------------------- values */

typedef enum NfstreamKind
{
	NFSTREAM_NULL,
	NFSTREAM_BOOLEAN,  /* integer: 0, 1 */
	NFSTREAM_INTEGER,  /* integer */
	NFSTREAM_REAL,	   /* real; NaN and infinities become texts in JSON */
	NFSTREAM_TEXT,	   /* text: any bytes; what is not UTF-8 is made valid */
	NFSTREAM_INTEGERS, /* integers */
	NFSTREAM_TEXTS,	   /* texts */
	NFSTREAM_JSON	   /* text: JSON, in UTF-8 */
} NfstreamKind;

typedef struct NfstreamText
{
	const char *bytes; /* no NUL at the end */
	size_t		length;
} NfstreamText;

/* A value; what it points to belongs to whoever made it, and lasts until the next call to that. */
typedef struct NfstreamValue
{
	NfstreamKind kind;
	union
	{
		int64_t		 integer;
		double		 real;
		NfstreamText text;
		struct
		{
			const int64_t *items;
			size_t		   count;
		} integers;
		struct
		{
			const NfstreamText *items;
			size_t				count;
		} texts;
	};
} NfstreamValue;

/* ----------------------------------------------------------------------------------------------------- what is described */

/* A parameter, as `"limit": 7` in the option `udps`. */
typedef struct NfstreamParameter
{
	const char	*name;
	NfstreamKind kind;	   /* BOOLEAN, INTEGER, REAL, TEXT or JSON */
	bool		 required; /* else `fallback` is taken */
	int64_t		 fallback; /* of a BOOLEAN or INTEGER, and of a REAL; a TEXT or JSON falls back to NULL */
	int64_t		 min;	   /* of an INTEGER or REAL, both included */
	int64_t		 max;
	const char	*help;
} NfstreamParameter;

/* A value that it leaves in flow.udps. */
typedef struct NfstreamOutput
{
	const char *name;
	const char *type; /* of SQL, as IMPORT FOREIGN SCHEMA declares its column: "bigint", "text[]" */
	const char *help;
} NfstreamOutput;

/* ---------------------------------------------------------------------------------------------------------------- the host */

/* An attribute of a flow, by NfstreamHost.attribute. */
typedef int NfstreamAttribute;

#define NFSTREAM_NO_ATTRIBUTE (-1)

typedef enum NfstreamRead
{
	NFSTREAM_READ_DONE,
	NFSTREAM_READ_OFF,		/* the table's options turn the attribute off */
	NFSTREAM_READ_NOT_ASKED /* the plugin's `reads` do not name it */
} NfstreamRead;

/* TCP flags of a packet. */
#define NFSTREAM_FIN 0x01
#define NFSTREAM_SYN 0x02
#define NFSTREAM_RST 0x04
#define NFSTREAM_PSH 0x08
#define NFSTREAM_ACK 0x10
#define NFSTREAM_URG 0x20
#define NFSTREAM_ECE 0x40
#define NFSTREAM_CWR 0x80

/* NFPacket.  It lasts for the call.  Addresses, MACs and OUIs are the flow's, with what plugins wrote over them, in the packet's direction. */
typedef struct NfstreamPacket
{
	size_t		   size;	   /* of this struct */
	uint64_t	   time;	   /* ms since 1970, never before an earlier packet's */
	uint64_t	   delta_time; /* ms since the flow's packet before this one, 0 for the first */
	uint32_t	   raw_size;   /* bytes on the wire, by accounting mode */
	uint32_t	   ip_size;
	uint32_t	   transport_size;
	uint32_t	   payload_size;
	uint8_t		   direction;  /* 0: from the flow's source; 1: back */
	uint8_t		   ip_version; /* 4 or 6 */
	uint8_t		   protocol;
	uint8_t		   tunnel_id;
	uint8_t		   tcp_flags; /* NFSTREAM_SYN, ...; 0 for other protocols */
	uint16_t	   vlan_id;
	uint16_t	   src_port;
	uint16_t	   dst_port;
	uint8_t		   src_ip[16]; /* an IPv4 address takes 4 */
	uint8_t		   dst_ip[16];
	uint8_t		   src_mac[6];
	uint8_t		   dst_mac[6];
	uint8_t		   src_ip_version; /* 4 or 6, of src_ip: ip_version, unless a plugin wrote an address of the other one over the flow's */
	uint8_t		   dst_ip_version;
	uint8_t		   src_oui[3];
	uint8_t		   dst_oui[3];
	const uint8_t *ip_packet; /* from the innermost IP header to the end of what was captured */
	size_t		   ip_packet_length;
} NfstreamPacket;

/* A flow: the same struct in all calls about it, until `release`; between them its attributes are those of its latest packet. */
typedef struct NfstreamFlow
{
	size_t	size; /* of this struct */
	int32_t expiration_id;
} NfstreamFlow;

/* What a plugin may call; lives as long as the meter. */
typedef struct NfstreamHost
{
	uint32_t version; /* NFSTREAM_PLUGIN_VERSION of the meter */
	uint32_t reserved;
	size_t	 size; /* of this struct */

	/* The attribute of this name, as `bidirectional_packets`; NFSTREAM_NO_ATTRIBUTE if a flow has none. */
	NfstreamAttribute (*attribute)(const char *name);

	/* Reads an attribute of the flow as it is now.  Addresses and MACs are texts. */
	NfstreamRead (*read)(const NfstreamFlow *flow, NfstreamAttribute attribute, NfstreamValue *value);

	/*
	 * Changes an attribute of the flow.  What the meter goes on counting (times but the first, packets, bytes, statistics, labels)
	 * is the meter's own again with the next packet and when the flow is over; what on_expire writes stands in the row.
	 * False if the value is not of the attribute's type, or it is `id`.
	 */
	bool (*write)(NfstreamFlow *flow, NfstreamAttribute attribute, const NfstreamValue *value);

	/* A value that a plugin has left in the flow so far; false if there is none of this name. */
	bool (*udps)(const NfstreamFlow *flow, const char *name, NfstreamValue *value);

	/* Tells the user of the scan something: a NOTICE, the first ten of a scan. */
	void (*print)(const char *text, size_t length);

	/* Ends the scan with an error that names the plugin, the hook and the flow.  Does not return. */
	void (*fail)(const char *text);
} NfstreamHost;

/* ----------------------------------------------------------------------------------------------------------------- a plugin */

/* `self` is what `create` made, `state` the plugin's part of the flow, all zeros at first, aligned for numbers of 8 bytes and pointers.  Any function may be NULL. */
typedef struct NfstreamPlugin
{
	uint32_t version; /* NFSTREAM_PLUGIN_VERSION */
	uint32_t reserved;
	size_t	 size; /* of this struct */

	const char				*name; /* as users type it: [a-z][a-z0-9_]*, at most 63 bytes; of a shared object, that of its file */
	const char				*help;
	const NfstreamParameter *parameters; /* the last has the name NULL */
	const NfstreamOutput	*outputs;	 /* the same */
	const char *const		*reads;		 /* attributes of a flow that it reads, the last is NULL; only these are computed for it */

	/*
	 * Before the sandbox is closed.  arguments: one value for each parameter, checked by kind and range; they last for the call.
	 * host: for as long as the meter lives.  False with what is wrong as a text.
	 */
	bool (*create)(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size);

	/* Bytes of state of each flow, at most 2^30. */
	size_t (*state_bytes)(const void *self);

	void (*on_init)(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet);
	void (*on_update)(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet);
	void (*on_expire)(void *self, void *state, NfstreamFlow *flow);

	/* The value of an output, of the flow as it is now, from on_init to `release`; false if the plugin has not left it yet. */
	bool (*output)(void *self, void *state, unsigned output, NfstreamValue *value);

	/* Frees what the state holds. */
	void (*release)(void *self, void *state);

	/* The scan is over. */
	void (*cleanup)(void *self);

	/* Frees self. */
	void (*destroy)(void *self);

	/*
	 * Whether a flow may have this output where these are the arguments, as `create` gets them, after `create` or without it; of the
	 * others IMPORT FOREIGN SCHEMA makes no columns.  NULL: all of them.
	 */
	bool (*leaves)(const NfstreamValue *arguments, unsigned output);
} NfstreamPlugin;

#endif /* NFSTREAM_PLUGIN_H */
