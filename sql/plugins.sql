-- The option udps: what it may look like, what bundled plugins take, what IMPORT FOREIGN SCHEMA declares and EXPLAIN shows.
\set VERBOSITY default
CREATE SERVER plugins_server FOREIGN DATA WRAPPER nfstream_fdw;
CREATE FOREIGN TABLE plugins_table (id bigint) SERVER plugins_server OPTIONS (source '/nowhere/a.pcap');

-- What it takes: a name, names, objects with parameters, a plugin twice.
ALTER FOREIGN TABLE plugins_table OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": 7}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"limit": 7, "plugin": "flow_slicer"}, {"plugin": "flow_slicer", "limit": 9223372036854775807}]');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": {"query": "SELECT 7"}}]');
EXPLAIN (COSTS OFF) SELECT id FROM plugins_table;

-- A plugin that there is not is none yet: a notice, with those that are near.
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps 'of_my_own');
ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '["dhpc", {"plugin": "flow_slicer", "limit": 7}, {"plugin": "xyzzyxyzzy", "x": [1.50, {"a": null}], "y": "z", "q": {"query": "SELECT 1"}}]');
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

ALTER FOREIGN TABLE plugins_table OPTIONS (SET udps '[{"plugin": "dhcp", "limit": 7}]');

-- IMPORT: a column for each value that the plugins leave, in NFStream's place, by another name where that is taken, udps where a plugin
-- does not say what it leaves; the comments are the plugins' own.
CREATE SCHEMA plugins_imported;
CREATE VIEW plugins_columns AS SELECT relname AS flows, attnum AS n, attname AS "column", format_type(atttypid, atttypmod) AS type, attfdwoptions AS options,
		col_description(attrelid, attnum) AS comment
	FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
	WHERE relnamespace = 'plugins_imported'::regnamespace AND attnum > 0 AND (attfdwoptions IS NOT NULL OR attname ~ '^(content_type|udps|process_pid)$');
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_imported OPTIONS (table_name 'leases', source '/nowhere/a.pcap',
	udps '["dhcp", "mdns", "ja4"]', system_visibility_mode '1');
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_imported OPTIONS (table_name 'sliced', source '/nowhere/a.pcap',
	udps '[{"plugin": "flow_slicer", "limit": 7}]');
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_imported OPTIONS (table_name 'untold', source '/nowhere/a.pcap',
	udps '["mdns", "of_my_own", "mdns"]', n_dissections '0');
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_imported OPTIONS (table_name 'hidden', source '/nowhere/a.pcap',
	udps '["dhcp"]', columns_to_anonymize '{udps.dhcp_options,dhcp_57}');
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_imported OPTIONS (table_name 'hidden', source '/nowhere/a.pcap',
	udps '["dhcp"]', columns_to_anonymize '{udps.dhcp_option}');
IMPORT FOREIGN SCHEMA conn FROM SERVER plugins_server INTO plugins_imported OPTIONS (source '/nowhere/a.pcap', udps '["mdns"]');
SELECT nfstream_comment('plugins_imported.leases');
SELECT flows, "column", type, options, comment FROM plugins_columns WHERE flows <> 'conn' ORDER BY flows COLLATE "C", n;
SET client_min_messages = warning;
DROP SCHEMA plugins_imported CASCADE;
RESET client_min_messages;

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
