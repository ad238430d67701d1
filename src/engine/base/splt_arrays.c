/*
 * splt_arrays.c
 *	  The packets of a flow that SPLT keeps.
 */
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/base/splt_arrays.h"

void
splt_add(SpltArrays *arrays, uint32_t limit, SpltPacket packet)
{
	if (arrays->count >= limit)
		return;
	if (arrays->count == arrays->room)
	{
		arrays->room = arrays->room == 0 ? 8 : arrays->room * 2;
		if (arrays->room > limit)
			arrays->room = limit;
		arrays->packets = memory_resize(arrays->packets, arrays->room * sizeof(SpltPacket));
	}
	arrays->packets[arrays->count++] = packet;
}

void
splt_free(SpltArrays *arrays)
{
	free(arrays->packets);
	*arrays = (SpltArrays) {0};
}
