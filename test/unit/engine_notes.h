/*
 * engine_notes.h
 *	  The engine run for whoever wants its records, with what else it tells its program noted.
 *
 * For programs that have no cmocka, too: what must hold and does not ends them.
 */
#ifndef ENGINE_NOTES_H
#define ENGINE_NOTES_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/source/source_files.h"

typedef struct EngineNotes
{
	/* Set before: who takes each record; NULL: nobody. */
	void (*take)(void *context, const uint8_t *record, size_t length);
	void	*context;
	uint64_t seed;

	/* Set before: opens a file, as FileOpener has it.  NULL: all are this one. */
	int (*open)(void *context, uint32_t index, uint64_t *size);
	int		 file;
	uint64_t size;

	/* What came of it. */
	unsigned	   opened;
	unsigned	   places;
	PlaceMessage   place; /* the latest */
	unsigned	   damages;
	FailureMessage damage; /* the latest */
	MeterProgress  progress;

	uint8_t *room; /* of the record that is being written: exactly what the engine asked for */
	size_t	 bound;
	uint64_t left; /* of the latest record */
} EngineNotes;

static inline void
notes_expect(bool holds)
{
	if (!holds)
		abort();
}

static inline int
notes_open(void *context, uint32_t index, uint64_t *size)
{
	EngineNotes *notes = context;

	notes->opened++;
	if (notes->open != NULL)
		return notes->open(notes->context, index, size);
	*size = notes->size;
	notes_expect(lseek(notes->file, 0, SEEK_SET) == 0);
	return dup(notes->file);
}

static inline uint8_t *
notes_room(void *context, size_t bytes)
{
	EngineNotes *notes = context;

	notes_expect(notes->room == NULL);
	notes->bound = bytes;
	notes->room = malloc(bytes);
	notes_expect(notes->room != NULL);
	return notes->room;
}

static inline void
notes_record(void *context, size_t bytes)
{
	EngineNotes *notes = context;

	notes_expect(notes->room != NULL && bytes <= notes->bound);
	memcpy(&notes->left, notes->room + sizeof(uint32_t), sizeof(notes->left));
	notes_expect(notes->left > notes->place.left);
	if (notes->take != NULL)
		notes->take(notes->context, notes->room, bytes);
	free(notes->room);
	notes->room = NULL;
}

static inline void
notes_place(void *context, const PlaceMessage *place)
{
	EngineNotes *notes = context;

	notes_expect(place->left >= notes->place.left && place->left >= notes->left);
	notes->places++;
	notes->place = *place;
}

static inline void
notes_damage(void *context, const FailureMessage *damage)
{
	EngineNotes *notes = context;

	notes_expect(damage->code < FAILURE_CODES);
	notes_expect(memchr(damage->text, '\0', sizeof(damage->text)) != NULL);
	notes->damages++;
	notes->damage = *damage;
}

/* Runs the engine over the request's files; as engine_run(). */
static inline bool
notes_run(EngineNotes *notes, const MeterRequest *request, Filter *filter, Analysis *analysis, Account *account,
		  FailureMessage *failure)
{
	const EngineCallbacks callbacks = {
		.context = notes,
		.record_room = notes_room,
		.record_written = notes_record,
		.place = notes_place,
		.damage = notes_damage,
		.seed = notes->seed,
	};
	Source *files = source_files_start(request->files, &(FileOpener) {notes, notes_open, &notes->progress});
	bool	done;

	notes->opened = notes->places = notes->damages = 0;
	notes->left = 0;
	notes->place = (PlaceMessage) {0};
	done = engine_run(request, files, filter, analysis, &callbacks, account, failure);
	source_files_end(files);
	notes_expect(notes->room == NULL && notes->damages <= request->files);
	notes_expect(notes->opened <= request_opens_max(request));
	return done;
}

#endif /* ENGINE_NOTES_H */
