/*
 * rights.c
 *	  Why a meter may not capture.
 *
 * Opening a packet socket takes CAP_NET_RAW, which a meter has from its file (capabilities(7), "File capabilities").  The kernel
 * gives it, or starts the program without it, and says nothing: so all that could be the reason is looked at, the file first.
 */
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "meter/rights.h"

#define OWN_FILE "/proc/self/exe"

static bool
has(cap_flag_t set)
{
	cap_t			 own = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (own != NULL)
		cap_get_flag(own, CAP_NET_RAW, set, &value);
	cap_free(own);
	return value == CAP_SET;
}

const char *
rights_missing(bool *withheld)
{
	struct statvfs file_system;

	*withheld = true;
	if (has(CAP_PERMITTED))
		return "The program has the capability cap_net_raw, but not for this network namespace.";
	if (getxattr(OWN_FILE, "security.capability", NULL, 0) <= 0)
	{
		*withheld = false;
		return "The program's file does not give it the capability cap_net_raw.";
	}
	if (statvfs(OWN_FILE, &file_system) == 0 && (file_system.f_flag & ST_NOSUID))
		return "The program's file is on a file system that is mounted nosuid, where it gives no capability.";
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return "The program was started by one that may not gain privileges (NoNewPrivileges of a service, allowPrivilegeEscalation of a container).";
	if (prctl(PR_CAPBSET_READ, CAP_NET_RAW, 0, 0, 0) == 0)
		return "The program was started by one whose bounding set lacks cap_net_raw (CapabilityBoundingSet of a service, the capabilities of a container).";
	return "The system gave the program no capability.";
}
