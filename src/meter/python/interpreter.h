/*
 * interpreter.h
 *	  Starting CPython.
 */
#ifndef METER_PYTHON_INTERPRETER_H
#define METER_PYTHON_INTERPRETER_H

#include "meter/python/cpython.h"
#include "meter/python/directories.h"

/* The longest text of interpreter_start(), with its NUL. */
#define INTERPRETER_WRONG_MAX 512

/*
 * Starts the interpreter, once in a program's life, inside the sandbox.  It takes nothing from the environment, the machine's site
 * configuration or the user's, handles no signals, and writes no bytecode.  Hashes are the same in each run, so that a set has
 * its elements in the same order in each meter.
 *
 * False with what is wrong.
 */
bool interpreter_start(const Directories *directories, char wrong[INTERPRETER_WRONG_MAX]);

#endif /* METER_PYTHON_INTERPRETER_H */
