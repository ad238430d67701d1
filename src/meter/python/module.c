/*
 * module.c
 *	  The module `nfstream` that plugins import.
 *
 * What plugins derive from and put their values into are classes of Python, as in NFStream: so whatever can be done with such an
 * object can be done with these, and CPython is fastest with them.
 */
#include "meter/python/module.h"

#include "meter/python/flow.h"
#include "meter/python/packet.h"

static const char source[] =
	"class NFPlugin(object):\n"
	"    'What is called when a flow starts, gets a packet and is over.'\n"
	"    def __init__(self, **kwargs):\n"
	"        for key, value in kwargs.items():\n"
	"            setattr(self, key, value)\n"
	"    def on_init(self, packet, flow):\n"
	"        'Called with the first packet of a flow.'\n"
	"    def on_update(self, packet, flow):\n"
	"        'Called with each further packet of a flow.'\n"
	"    def on_expire(self, flow):\n"
	"        'Called when a flow is over.'\n"
	"    def cleanup(self):\n"
	"        'Called once, when the scan is over.'\n"
	"\n"
	"class NFStreamer(object):\n"
	"    'Stands here so that whole scripts can be plugins; the foreign table is the streamer.'\n"
	"    def __init__(self, *args, **kwargs):\n"
	"        pass\n"
	"    def __iter__(self):\n"
	"        raise RuntimeError('a plugin has no NFStreamer to use: the foreign table is the streamer, '\n"
	"                           'and its option udps names the plugin')\n"
	"    def to_csv(self, *args, **kwargs):\n"
	"        iter(self)\n"
	"    def to_pandas(self, *args, **kwargs):\n"
	"        iter(self)\n"
	"\n"
	"class UDPS(object):\n"
	"    'What plugins leave in a flow.'\n"
	"\n"
	"class UDPSBesideC(UDPS):\n"
	"    'The same, where plugins in C leave something as well.'\n"
	"    def __getattr__(self, name):\n"
	"        return udps_of_others(self, name)\n"
	"\n"
	"def bundled_plugin(name):\n"
	"    if name.startswith('__'):\n"
	"        raise AttributeError(name)\n"
	"    raise ImportError('%s cannot be imported: the plugins of NFStream are bundled here, and the option udps names them, '\n"
	"                      'as in [{\"plugin\": \"flow_slicer\", \"limit\": 7}]' % name)\n"
	"\n"
	"class SourceLoader(object):\n"
	"    'Shows lines of a source in tracebacks.'\n"
	"    def __init__(self, text):\n"
	"        self.text = text\n"
	"    def get_source(self, name):\n"
	"        return self.text\n";

static PyObject *names; /* what the module has at first: a plugin may change it */

/* A package: NFPlugin is at home in nfstream.plugin; of what is imported from nfstream.plugins, it is told where it is. */
static bool
fill(PyObject *module, PyObject *submodule, PyObject *bundled)
{
	PyObject *path = PyList_New(0),
			 *dict = PyModule_GetDict(module),
			 *done = NULL;

	if (path != NULL && PyDict_SetItemString(dict, "__builtins__", PyEval_GetBuiltins()) == 0 &&
		PyDict_SetItemString(dict, "__path__", path) == 0 &&
		PyDict_SetItemString(dict, "NFPacket", packet_type()) == 0 &&
		PyDict_SetItemString(dict, "NFlow", flow_type()) == 0 &&
		PyDict_SetItemString(dict, "plugin", submodule) == 0 &&
		flow_add_function(module))
		done = PyRun_StringFlags(source, Py_file_input, dict, dict, NULL);
	Py_XDECREF(path);
	Py_XDECREF(done);
	return done != NULL && (names = PyDict_Copy(dict)) != NULL && PyModule_AddObject(submodule, "NFPlugin", py_hold(module_get("NFPlugin"))) == 0 &&
		   PyModule_AddObject(bundled, "__getattr__", py_hold(module_get("bundled_plugin"))) == 0;
}

bool
module_start(void)
{
	PyObject *module = PyImport_AddModule("nfstream"),
			 *submodule = module == NULL ? NULL : PyImport_AddModule("nfstream.plugin"),
			 *bundled = submodule == NULL ? NULL : PyImport_AddModule("nfstream.plugins");

	return bundled != NULL && fill(module, submodule, bundled);
}

PyObject *
module_get(const char *name)
{
	return names == NULL ? NULL : PyDict_GetItemString(names, name);
}
