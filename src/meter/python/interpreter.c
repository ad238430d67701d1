/*
 * interpreter.c
 *	  Starting CPython.
 *
 * `site` is not run: it would look at the user's home and take half of the time.  What it is for, the directories of packages, is
 * done here; of a virtual environment it reads the .pth files, by which packages that are installed in place are found.
 */
#include <stdio.h>

#include "meter/python/interpreter.h"

static bool
configure(PyConfig *config, PyStatus *status)
{
	PyConfig_InitIsolatedConfig(config);
	config->site_import = 0;
	config->write_bytecode = 0;
	config->install_signal_handlers = 0;
	config->use_hash_seed = 1;
	config->hash_seed = 0;
	config->parse_argv = 0;
	*status = PyConfig_SetBytesString(config, &config->home, PYTHON_PREFIX);
	return !PyStatus_Exception(*status);
}

/* Adds the packages of an environment, with what its .pth files add. */
static bool
add_environment(const char *directory)
{
	PyObject *site = PyImport_ImportModule("site"),
			 *added = site == NULL ? NULL : PyObject_CallMethod(site, "addsitedir", "s", directory);

	Py_XDECREF(site);
	Py_XDECREF(added);
	return added != NULL;
}

static bool
add_packages(const Directories *directories)
{
	PyObject *path = PySys_GetObject("path");

	if (path == NULL || !PyList_Check(path))
		return false;
	for (size_t i = 0; i < directories->package_count; i++)
	{
		PyObject *name;
		int		  wrong;

		if (directories->is_environment && i == 0)
		{
			if (!add_environment(directories->packages[i]))
				return false;
			continue;
		}
		name = PyUnicode_DecodeFSDefault(directories->packages[i]);
		wrong = name == NULL ? -1 : PyList_Append(path, name);
		Py_XDECREF(name);
		if (wrong != 0)
			return false;
	}
	return true;
}

/* What makes numbers of any size texts, too: CPython bounds it for those who convert numbers of strangers (3.11). */
static bool
lift_bound_of_digits(void)
{
	PyObject *function = PySys_GetObject("set_int_max_str_digits"),
			 *done = function == NULL ? NULL : PyObject_CallFunction(function, "i", 0);

	Py_XDECREF(done);
	return function == NULL || done != NULL;
}

bool
interpreter_start(const Directories *directories, char wrong[INTERPRETER_WRONG_MAX])
{
	PyPreConfig preconfig;
	PyConfig	config;
	PyStatus	status;

	PyPreConfig_InitIsolatedConfig(&preconfig);
	preconfig.utf8_mode = 1;
	status = Py_PreInitialize(&preconfig);
	if (!PyStatus_Exception(status) && configure(&config, &status))
	{
		status = Py_InitializeFromConfig(&config);
		PyConfig_Clear(&config);
	}
	if (PyStatus_Exception(status))
	{
		snprintf(wrong, INTERPRETER_WRONG_MAX, "Python " PY_VERSION " does not start from " PYTHON_PREFIX ": %s",
				 status.err_msg == NULL ? "it ended" : status.err_msg);
		return false;
	}
	if (lift_bound_of_digits() && add_packages(directories))
		return true;
	PyErr_Clear();
	snprintf(wrong, INTERPRETER_WRONG_MAX, "Python's packages cannot be read");
	return false;
}
