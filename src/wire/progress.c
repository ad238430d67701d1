/*
 * progress.c
 *	  How far a meter is: the names of what is called of a plugin.
 */
#include "wire/progress.h"

const char *const progress_call_names[PROGRESS_CALLS] = {
	[PROGRESS_NO_CALL] = "",
	[PROGRESS_CREATE] = "create",
	[PROGRESS_START] = "its start",
	[PROGRESS_ON_INIT] = "on_init",
	[PROGRESS_ON_UPDATE] = "on_update",
	[PROGRESS_ON_EXPIRE] = "on_expire",
	[PROGRESS_OUTPUT] = "output",
	[PROGRESS_CLEANUP] = "cleanup",
};
