-- The option udps: what it may look like, what bundled plugins take, what IMPORT FOREIGN SCHEMA declares and EXPLAIN shows.
\set VERBOSITY default
CREATE SERVER plugins_server FOREIGN DATA WRAPPER nfstream_fdw;
CREATE FOREIGN TABLE plugins_table (id bigint) SERVER plugins_server OPTIONS (source '/nowhere/a.pcap');

-- What it takes: a name, names, objects with parameters, a plugin twice.
ALTER FOREIGN TABLE plugins_table OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": 7}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"limit": 7, "plugin": "flow_slicer"}, {"plugin": "flow_slicer", "limit": 9223372036854775807}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": {"query": "SELECT 7"}}]');
EXPLAIN (COSTS OFF) SELECT id FROM plugins_table;

-- What it does not take: the plugin, the parameter, the value, and what is accepted.
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps 'flow_slicer');
\echo :SQLSTATE
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '["flow_slicer"]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limt": 7}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": 7, "sequence_length": 10}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": 7, "limt": {"query": "SELECT 1"}}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": 0}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": -1}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": 7.5}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": 9223372036854775808}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": "7"}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": true}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": null}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": [7]}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": {"pickle": "SELECT 1"}}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": {"query": 1}}]');
ALTER SERVER plugins_server OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": 0}]');

-- Nor what is no list of plugins.
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '{"plugin": "flow_slicer", "limit": 7}');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": 7}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[["flow_slicer"]]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '7');
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'plugins_table'::regclass;

-- EXPLAIN, for programs too; and what plugins read is computed, though no column needs it.
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": 7}, {"plugin": "flow_slicer", "limit": 8}]');
CREATE FUNCTION plugins_plan(format text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (COSTS OFF, FORMAT %s) SELECT id FROM plugins_table', format) LOOP
		plan := plan || line;
	END LOOP;
	RETURN substring(plan, '[^\n]*Plugins.*flow_slicer[^\n]*(?:\n *</Plugins>)?');
END $$;
SELECT plugins_plan(format) FROM unnest('{json,yaml,xml}'::text[]) format;
ALTER FOREIGN TABLE plugins_table OPTIONS (DROP udps);
EXPLAIN (COSTS OFF) SELECT id FROM plugins_table;

SET client_min_messages = warning;
DROP FUNCTION plugins_plan;
DROP SERVER plugins_server CASCADE;
