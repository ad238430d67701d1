/*
 * sandbox_looks.c
 *	  stat() and its like in a sandbox whose filter cannot see where a name leads.
 *
 * Landlock says which files may be opened, and has no rule for looking at one: size and times of any file would be there
 * for the asking.  So the filter of system calls turns such a call into the signal SIGSYS, and what runs here opens the
 * file for reading, where Landlock has its say, looks at what it has opened, and closes it.  Nothing rests on this code
 * being used: who does without it has no other way to look.
 *
 * A symbolic link is looked through, also by lstat(): nothing that loads a program asks what a link is.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "meter/sandbox_looks.h"

#if defined(__x86_64__)

typedef greg_t Register;

#define RESULT(registers)	  ((registers)->uc_mcontext.gregs[REG_RAX])
#define ARGUMENT_0(registers) ((registers)->uc_mcontext.gregs[REG_RDI])
#define ARGUMENT_1(registers) ((registers)->uc_mcontext.gregs[REG_RSI])
#define ARGUMENT_2(registers) ((registers)->uc_mcontext.gregs[REG_RDX])
#define ARGUMENT_3(registers) ((registers)->uc_mcontext.gregs[REG_R10])

#elif defined(__aarch64__)

typedef unsigned long long Register;

#define RESULT(registers)	  ((registers)->uc_mcontext.regs[0])
#define ARGUMENT_0(registers) ((registers)->uc_mcontext.regs[0])
#define ARGUMENT_1(registers) ((registers)->uc_mcontext.regs[1])
#define ARGUMENT_2(registers) ((registers)->uc_mcontext.regs[2])
#define ARGUMENT_3(registers) ((registers)->uc_mcontext.regs[3])

#endif

#ifdef RESULT

/* Looks at a file that has to be readable; returns 0, or an error's number, negative, as the kernel does. */
static long
look(int directory, const char *name, struct stat *status, long flags)
{
	long file = syscall(SYS_openat, directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	long result;

	if (file < 0 && errno == ENOENT && (flags & AT_EMPTY_PATH) != 0 && name[0] == '\0')
		return syscall(SYS_fstat, directory, status) == 0 ? 0 : -errno;
	if (file < 0)
		return -errno;
	result = syscall(SYS_fstat, file, status) == 0 ? 0 : -errno;
	syscall(SYS_close, file);
	return result;
}

static void
answer(int signal, siginfo_t *info, void *context)
{
	ucontext_t *registers = context;
	int			kept = errno;

	(void) signal;
	switch (info->si_syscall)
	{
#ifdef SYS_stat
		case SYS_stat:
		case SYS_lstat:
			RESULT(registers) = (Register) look(AT_FDCWD, (const char *) ARGUMENT_0(registers),
												(struct stat *) ARGUMENT_1(registers), 0);
			break;
#endif
		case SYS_newfstatat:
			RESULT(registers) = (Register) look((int) ARGUMENT_0(registers), (const char *) ARGUMENT_1(registers),
												(struct stat *) ARGUMENT_2(registers), (long) ARGUMENT_3(registers));
			break;
		default: /* the filter traps no other */
			RESULT(registers) = (Register) -EPERM;
	}
	errno = kept;
}

bool
sandbox_answers_looks(void)
{
	return true;
}

bool
sandbox_answer_looks(void)
{
	struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};

	return sigaction(SIGSYS, &action, NULL) == 0;
}

#else

bool
sandbox_answers_looks(void)
{
	return false;
}

bool
sandbox_answer_looks(void)
{
	return true;
}

#endif
