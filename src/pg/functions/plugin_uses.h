/*
 * plugin_uses.h
 *	  Who names a plugin in the option `udps`.
 */
#ifndef PG_FUNCTIONS_PLUGIN_USES_H
#define PG_FUNCTIONS_PLUGIN_USES_H

/* Errors, with a list, if foreign tables or servers of this database name the plugin. */
void plugin_refuse_if_used(const char *name);

#endif /* PG_FUNCTIONS_PLUGIN_USES_H */
