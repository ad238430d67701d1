/*
 * finder.c
 *	  Finding which process holds a socket: a child with the rights for it, and with nothing else.
 *
 * The kernel tells a socket's number, and /proc/PID/fd tells the numbers of a process's sockets: in links that only a process
 * with the same user may read, or one that may trace any other (CAP_SYS_PTRACE) and open any directory
 * (CAP_DAC_READ_SEARCH).  Landlock is no wall for that: a process behind it may not look at any process outside, whatever its
 * capabilities.  So the looking is a child of its own, which can open directories, read their names and what links say, and
 * tell numbers to its parent; it cannot open a file, and nothing but its own C reads what it reads.
 *
 * The question and the answer stand in memory that both share; one byte over a socket says that there is a question, and one
 * that there is an answer.  A child that does not answer, as somebody has stopped it, is not waited for: what it says later is about
 * processes that were there then, and is forgotten.
 *
 * The child ends by itself, well, when that socket closes, and is waited for.  It must not be killed with its parent: where a server is
 * the first process of a container, it inherits children whose parent is gone, and takes one that was killed for a crash of
 * its own.  One that is stopped when its parent ends is let go on by the kernel, which tells its group to hang up as well.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockets/finder.h"
#include "sockets/walls.h"

/* More processes than this are not looked at: those with the lowest numbers are left out. */
#define PROCESSES_MAX 131072

typedef struct Board
{
	volatile uint32_t sees_all;
	volatile uint32_t count;
	volatile uint32_t inodes[KEEPER_WANTED_MAX];
	volatile int32_t  pids[KEEPER_WANTED_MAX];
} Board;

struct Finder
{
	Board *board;
	int	   channel;
	pid_t  child;
	bool   asked; /* there is a question without an answer */
};

/* What the child has: no memory is asked for once its walls are closed. */
static uint32_t wanted[KEEPER_WANTED_MAX];
static uint32_t wanted_count;
static uint32_t wanted_left;
static int		processes[PROCESSES_MAX];
static unsigned processes_count;

/* Reads a number that is all of a text, or all up to `end`; -1 if there is none. */
static long
read_number(const char *text, char end)
{
	long number = 0;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9'; text++)
	{
		number = number * 10 + (*text - '0');
		if (number > UINT32_MAX)
			return -1;
	}
	return *text == end ? number : -1;
}

typedef bool (*TakeName)(int directory, const char *name, void *context);

/* Calls `take` with each name in a directory, from its beginning, until it returns false; false if it did. */
static bool
walk_names(int directory, TakeName take, void *context)
{
	char room[8192] __attribute__((aligned(8)));
	long bytes;

	while ((bytes = syscall(SYS_getdents64, directory, room, sizeof(room))) > 0)
		for (long at = 0; at < bytes;)
		{
			const struct dirent64 *entry = (const struct dirent64 *) (room + at);

			if (!take(directory, entry->d_name, context))
				return false;
			at += entry->d_reclen;
		}
	return true;
}

/* ------------------------------------------------------------------------------------------------------------- the child */

static int
compare_inodes(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *) left,
			 b = *(const uint32_t *) right;

	return a < b ? -1 : a > b;
}

static bool
take_process(int proc, const char *name, void *context)
{
	long pid = read_number(name, '\0');

	(void) proc;
	(void) context;
	if (pid <= 0 || pid > INT32_MAX)
		return true;

	/* The kernel tells them in ascending order. */
	if (processes_count == PROCESSES_MAX)
	{
		memmove(processes, processes + PROCESSES_MAX / 2, PROCESSES_MAX / 2 * sizeof(processes[0]));
		processes_count = PROCESSES_MAX / 2;
	}
	processes[processes_count++] = (int) pid;
	return true;
}

typedef struct Holder
{
	Board *board;
	int	   pid;
} Holder;

/* A link that says "socket:[NUMBER]". */
static bool
take_file(int files, const char *name, void *context)
{
	static const char prefix[] = "socket:[";
	const Holder	 *holder = context;
	char			  says[64];
	ssize_t			  length = name[0] == '.' ? -1 : readlinkat(files, name, says, sizeof(says) - 1);
	uint32_t		  inode;
	const uint32_t	 *found;
	long			  number;

	if (length < (ssize_t) sizeof(prefix) || memcmp(says, prefix, sizeof(prefix) - 1) != 0)
		return true;
	says[length] = '\0';
	number = read_number(says + sizeof(prefix) - 1, ']');
	if (number <= 0)
		return true;
	inode = (uint32_t) number;
	found = bsearch(&inode, wanted, wanted_count, sizeof(inode), compare_inodes);
	if (found == NULL || holder->board->pids[found - wanted] != 0)
		return true;
	holder->board->pids[found - wanted] = holder->pid;
	return --wanted_left > 0;
}

/* The youngest processes first: those that live shortest, and children before the parents whose sockets they have. */
static void
find(Board *board, int proc)
{
	wanted_count = board->count < KEEPER_WANTED_MAX ? board->count : KEEPER_WANTED_MAX;
	wanted_left = wanted_count;
	for (uint32_t i = 0; i < wanted_count; i++)
	{
		wanted[i] = board->inodes[i];
		board->pids[i] = 0;
	}
	processes_count = 0;
	lseek(proc, 0, SEEK_SET);
	walk_names(proc, take_process, NULL);
	while (wanted_left > 0 && processes_count > 0)
	{
		Holder holder = {.board = board, .pid = processes[--processes_count]};
		char   name[32];
		char  *end = name + sizeof(name);
		int	   files;

		end -= sizeof("/fd");
		memcpy(end, "/fd", sizeof("/fd"));
		for (int pid = holder.pid; pid > 0; pid /= 10)
			*--end = (char) ('0' + pid % 10);
		files = openat(proc, end, WALLS_OPENS_DIRECTORY);
		if (files < 0)
			continue; /* it has ended, or is another user's */
		walk_names(files, take_file, &holder);
		close(files);
	}
}

static void
be_finder(Board *board, int channel)
{
	int	 proc = open("/proc", WALLS_OPENS_DIRECTORY);
	bool sees_all = false;
	char byte = 0;

	/* Its parent's group is what the server kills. */
	signal(SIGHUP, SIG_IGN);
	if (proc < 0 || setpgid(0, 0) != 0 || walls_of_finder(channel, WALLS_MEMORY, &sees_all) != NULL)
		_exit(EXIT_FAILURE);
	board->sees_all = sees_all;
	while (write(channel, &byte, 1) == 1 && read(channel, &byte, 1) == 1)
		find(board, proc);
	_exit(EXIT_SUCCESS);
}

/* ------------------------------------------------------------------------------------------------------------ its parent */

Finder *
finder_start(const int *others)
{
	Finder *finder = malloc(sizeof(*finder));
	int		ends[2];
	char	byte;

	if (finder == NULL)
		return NULL;
	finder->board = mmap(NULL, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (finder->board == MAP_FAILED)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return NULL;
	finder->child = fork();
	if (finder->child < 0)
		return NULL;
	if (finder->child == 0)
	{
		close(ends[0]);
		for (; *others >= 0; others++)
			close(*others);
		be_finder(finder->board, ends[1]);
	}
	close(ends[1]);
	finder->channel = ends[0];
	finder->asked = false;
	return read(finder->channel, &byte, 1) == 1 ? finder : NULL;
}

void
finder_end(Finder *finder)
{
	close(finder->channel);
	if (!finder->asked)
		waitpid(finder->child, NULL, 0);
}

bool
finder_sees_all(const Finder *finder)
{
	return finder->board->sees_all != 0;
}

int
finder_descriptor(const Finder *finder)
{
	return finder->channel;
}

bool
finder_is_silent(const Finder *finder)
{
	return finder->asked;
}

FinderWord
finder_word(Finder *finder)
{
	char byte;

	if (read(finder->channel, &byte, 1) != 1 || !finder->asked)
		return FINDER_GONE;
	finder->asked = false;
	return FINDER_ANSWERS;
}

FinderWord
finder_find(Finder *finder, int owner, const uint32_t *inodes, uint32_t count, int32_t *pids)
{
	struct pollfd ready[] = {{.fd = finder->channel, .events = POLLIN}, {.fd = owner, .events = POLLIN}};
	char		  byte = 0;

	for (uint32_t i = 0; i < count; i++)
		finder->board->inodes[i] = inodes[i];
	finder->board->count = count;
	if (write(finder->channel, &byte, 1) != 1)
		return FINDER_GONE;
	finder->asked = true;
	if (poll(ready, 2, FINDER_PATIENCE_MS) <= 0 || ready[0].revents == 0)
		return FINDER_SILENT;
	if (finder_word(finder) == FINDER_GONE)
		return FINDER_GONE;
	for (uint32_t i = 0; i < count; i++)
		pids[i] = finder->board->pids[i];
	return FINDER_ANSWERS;
}
