/*
 * wfeatures.c
 *	  Wavelet features of a flow's traffic, NFStream's WFPlugin: how its bytes are spread over scales of time.
 *
 * active_timeout is cut into n = 2^levels bins of equal length, the first of which begins with the flow's first packet.  x[i] is the
 * number of IP bytes in bin i: one list for each direction.  The first packet's own bytes are not counted, nor is what comes after
 * the last bin.  When the flow is over, each list goes through the stationary wavelet transform, with Haar's wavelet and indices
 * modulo n: with s = 2^(j-1) and r = sqrt(1/2), j = 1 ... levels,
 *
 *		d_j[i] = r^j (x[i] + ... + x[i+s-1] - x[i+s] - ... - x[i+2s-1])
 *		a[i]   = r^levels (x[0] + ... + x[n-1])
 *
 * The rows c_0 = a, c_1 = d_levels, ..., c_levels = d_1 give four features each, where E_k is the sum of c_k[i]^2 over i:
 *
 *		p_k		= E_k / (E + 1e-7)						E the sum of all E_k: relative energy
 *		u_k		= mean of |c_k[i]|
 *		sigma_k = standard deviation of c_k[i]			of all n
 *		S_k		= - sum of q ln(q + 1e-7)				q = c_k[i]^2 / (E_k + 1e-7): Shannon's entropy
 *
 * Most bins are empty, and a list holds the others only, in the order of time, in which packets come.  A row is constant over long
 * runs then: the sum in d_j changes from i to i+1 by -x[i] + 2 x[i+s] - x[i+2s], so that a row ends a run nowhere but before bins
 * that are not empty, before their places less s, and less 2s.  Rows are computed run by run, in whole numbers: memory and time
 * follow the packets of the flow, not n.
 */
#include <math.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "engine/plugins/plugins.h"
#include "wire/bundled.h"

#define NOT_ZERO 1e-7 /* NFStream adds it where it divides and takes a logarithm */

typedef struct Bin
{
	uint64_t place; /* below n */
	int64_t	 bytes;
} Bin;

/* One direction: the bins that are not empty, in order. */
typedef struct Series
{
	Bin	  *bins;
	size_t count;
	size_t room;
} Series;

/* Of a flow. */
typedef struct Features
{
	uint64_t first;		/* time of the first packet, ms */
	Series	 series[2]; /* by direction */
	double	*values;	/* by output; NULL until the flow is over */
} Features;

/* What all flows share. */
typedef struct Wfeatures
{
	unsigned levels;
	uint64_t bins;	 /* n */
	uint64_t window; /* active_timeout, ms */
} Wfeatures;

static bool
create(const NfstreamHost *host, const NfstreamValue *arguments, void **self, char *wrong, size_t wrong_size)
{
	Wfeatures *own = memory_get(sizeof(*own));

	(void) host;
	(void) wrong;
	(void) wrong_size;
	own->window = (uint64_t) arguments[WFEATURES_ACTIVE_TIMEOUT].integer * 1000;
	own->levels = (unsigned) arguments[WFEATURES_LEVELS].integer;
	own->bins = UINT64_C(1) << own->levels;
	*self = own;
	return true;
}

static size_t
state_bytes(const void *self)
{
	(void) self;
	return sizeof(Features);
}

static void
on_init(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	Features *features = state;

	(void) self;
	(void) flow;
	features->first = packet->time;
}

static void
on_update(void *self, void *state, NfstreamFlow *flow, const NfstreamPacket *packet)
{
	const Wfeatures *own = self;
	Features		*features = state;
	Series			*series = &features->series[packet->direction];
	uint64_t		 since_first = packet->time - features->first,
			 place;

	(void) flow;
	if (since_first >= own->window || packet->ip_size == 0)
		return;
	place = (uint64_t) ((unsigned __int128) since_first * own->bins / own->window);
	if (series->count == 0 || series->bins[series->count - 1].place != place)
	{
		if (series->count == series->room)
		{
			series->room = series->room == 0 ? 8 : series->room * 2;
			series->bins = memory_resize(series->bins, series->room * sizeof(Bin));
		}
		series->bins[series->count++] = (Bin) {.place = place};
	}
	series->bins[series->count - 1].bytes += packet->ip_size;
}

/* ------------------------------------------------------------------------------------------------------------ one row */

/* A walk over the bins that meets each `shift` places before its own, and the first of them first. */
typedef struct Cursor
{
	size_t	 next;
	size_t	 left;
	uint64_t shift;
	int64_t	 weight; /* by which its bins change the sum */
} Cursor;

/* A walk over the runs of a row of details. */
typedef struct Runs
{
	const Series *series;
	uint64_t	  bins; /* n */
	uint64_t	  at;	/* where the next run begins */
	int64_t		  sum;	/* of the next run: its coefficients are r^j times this */
	Cursor		  cursors[3];
} Runs;

static Cursor
cursor_at(const Series *series, uint64_t shift, int64_t weight)
{
	size_t before = 0,
		   after = series->count;

	while (before < after)
	{
		size_t middle = before + (after - before) / 2;

		if (series->bins[middle].place < shift)
			before = middle + 1;
		else
			after = middle;
	}
	return (Cursor) {.next = before, .left = series->count, .shift = shift, .weight = weight};
}

/* The details of level j over half = 2^(j-1) places. */
static Runs
runs_of(const Series *series, uint64_t bins, uint64_t half)
{
	Runs runs = {.series = series, .bins = bins};

	for (size_t i = 0; i < series->count && series->bins[i].place < 2 * half; i++)
		runs.sum += series->bins[i].place < half ? series->bins[i].bytes : -series->bins[i].bytes;
	runs.cursors[0] = cursor_at(series, 0, -1);
	runs.cursors[1] = cursor_at(series, half, 2);
	runs.cursors[2] = cursor_at(series, 2 * half % bins, -1);
	return runs;
}

/* The next run: its sum, and over how many places it goes; false at the end of the row. */
static bool
next_run(Runs *runs, int64_t *sum, uint64_t *length)
{
	uint64_t ends[3],
		end = runs->bins;

	if (runs->at == runs->bins)
		return false;
	for (int i = 0; i < 3; i++)
	{
		const Cursor *cursor = &runs->cursors[i];

		ends[i] = UINT64_MAX;
		if (cursor->left == 0)
			continue;
		ends[i] = ((runs->series->bins[cursor->next % runs->series->count].place - cursor->shift) & (runs->bins - 1)) + 1;
		if (ends[i] < end)
			end = ends[i];
	}
	*sum = runs->sum;
	*length = end - runs->at;
	for (int i = 0; i < 3; i++)
	{
		Cursor *cursor = &runs->cursors[i];

		if (ends[i] != end)
			continue;
		runs->sum += cursor->weight * runs->series->bins[cursor->next % runs->series->count].bytes;
		cursor->next++;
		cursor->left--;
	}
	runs->at = end;
	return true;
}

/* What a row gives, E_k instead of p_k. */
typedef struct Row
{
	double energy;
	double mean;
	double deviation;
	double entropy;
} Row;

/* The part of the entropy of `length` equal coefficients. */
static double
entropy_of(double squared, double length, double energy)
{
	double share = squared / (energy + NOT_ZERO);

	return length * share * log(share + NOT_ZERO);
}

/* The row of what is left after all levels, a single run. */
static Row
row_of_approximations(const Series *series, const Wfeatures *own)
{
	double places = (double) own->bins,
		   value;
	int64_t sum = 0;
	Row		row = {0};

	for (size_t i = 0; i < series->count; i++)
		sum += series->bins[i].bytes;
	value = (double) sum / sqrt(places);
	row.energy = value * value * places;
	row.mean = value;
	row.entropy = -(0 + entropy_of(value * value, places, row.energy)); /* -0.0 of an empty list, as in the other rows */
	return row;
}

/* The row of details of level j. */
static Row
row_of_details(const Series *series, const Wfeatures *own, unsigned level)
{
	double places = (double) own->bins,
		   scale = 1 / sqrt((double) (UINT64_C(1) << level)),
		   sums = 0,
		   entropy = 0;
	uint64_t half = UINT64_C(1) << (level - 1),
			 length;
	int64_t sum;
	Row		row = {0};

	for (Runs runs = runs_of(series, own->bins, half); next_run(&runs, &sum, &length);)
	{
		double value = scale * (double) sum;

		row.energy += value * value * (double) length;
		sums += fabs(value) * (double) length;
	}
	for (Runs runs = runs_of(series, own->bins, half); next_run(&runs, &sum, &length);)
	{
		double value = scale * (double) sum;

		entropy += entropy_of(value * value, (double) length, row.energy);
	}
	row.mean = sums / places;
	row.deviation = sqrt(row.energy / places); /* of details, all together, the sum is 0 */
	row.entropy = -entropy;
	return row;
}

/* ------------------------------------------------------------------------------------------------------------ features */

/* The outputs of one direction. */
static void
add_features(const Wfeatures *own, const Series *series, double *values)
{
	Row	   rows[WFEATURES_ROWS];
	double energy = 0;

	for (unsigned k = 0; k <= own->levels; k++)
	{
		rows[k] = k == 0 ? row_of_approximations(series, own) : row_of_details(series, own, own->levels - k + 1);
		energy += rows[k].energy;
	}
	for (unsigned k = 0; k <= own->levels; k++)
	{
		values[k] = rows[k].energy / (energy + NOT_ZERO);
		values[WFEATURES_ROWS + k] = rows[k].mean;
		values[2 * WFEATURES_ROWS + k] = rows[k].deviation;
		values[3 * WFEATURES_ROWS + k] = rows[k].entropy;
	}
}

static void
on_expire(void *self, void *state, NfstreamFlow *flow)
{
	const Wfeatures *own = self;
	Features		*features = state;

	(void) flow;
	features->values = memory_get(WFEATURES_OUTPUTS * sizeof(double));
	for (int direction = 0; direction < 2; direction++)
		add_features(own, &features->series[direction], features->values + direction * (WFEATURES_OUTPUTS / 2));
}

static bool
output(void *self, void *state, unsigned output, NfstreamValue *value)
{
	const Wfeatures *own = self;
	const Features	*features = state;

	if (features->values == NULL || output % WFEATURES_ROWS > own->levels)
		return false;
	*value = (NfstreamValue) {.kind = NFSTREAM_REAL, .real = features->values[output]};
	return true;
}

static void
destroy(void *self)
{
	free(self);
}

static void
release(void *self, void *state)
{
	Features *features = state;

	(void) self;
	free(features->series[0].bins);
	free(features->series[1].bins);
	free(features->values);
}

const NfstreamPlugin wfeatures_plugin = {
	.version = NFSTREAM_PLUGIN_VERSION,
	.size = sizeof(NfstreamPlugin),
	.name = "wfeatures",
	.parameters = wfeatures_parameters,
	.outputs = wfeatures_outputs,
	.reads = wfeatures_reads,
	.create = create,
	.state_bytes = state_bytes,
	.on_init = on_init,
	.on_update = on_update,
	.on_expire = on_expire,
	.output = output,
	.release = release,
	.destroy = destroy,
	.leaves = wfeatures_leaves,
};
