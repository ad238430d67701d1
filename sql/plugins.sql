-- The option udps: what it may look like, what bundled plugins take, what IMPORT FOREIGN SCHEMA declares and EXPLAIN shows.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
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
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_imported OPTIONS (table_name 'lists', source '/nowhere/a.pcap',
	splt_analysis '7', udps '[{"plugin": "splt", "sequence_length": 7, "accounting_mode": 0}]');
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_imported OPTIONS (table_name 'waves', source '/nowhere/a.pcap',
	udps '[{"plugin": "wfeatures", "levels": 1, "active_timeout": 1800}]');
SELECT nfstream_comment('plugins_imported.leases');
SELECT flows, "column", type, options, comment FROM plugins_columns WHERE flows <> 'conn' ORDER BY flows COLLATE "C", n;
SET client_min_messages = warning;
DROP SCHEMA plugins_imported CASCADE;
RESET client_min_messages;

-- The view: numbered values are one object, and all else stands for itself.  (Plugins in C of the server's may be damaged.)
SET client_min_messages = error;
SELECT name, o->>'name' AS first, o->>'up_to' AS last, o->>'type' AS type
	FROM nfstream_plugins, jsonb_array_elements(outputs) WITH ORDINALITY AS output (o, n) WHERE kind = 'bundled' ORDER BY name, n;
RESET client_min_messages;

-- Scans: splt's lists are those of splt_analysis; a sliced flow ends with its last packet, and no packet is lost.
\set tls :pcaps '/tls.pcap'
\set dhcp :pcaps '/dhcp.pcap'
CREATE SCHEMA plugins_scanned;
SET search_path = plugins_scanned, public;
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_scanned OPTIONS (table_name 'lists', source :'tls',
	splt_analysis '5', udps '[{"plugin": "splt", "sequence_length": 5}]');
CREATE FOREIGN TABLE sliced (expiration_id int, packets bigint OPTIONS (attribute 'bidirectional_packets'), udps jsonb,
	sizes int[] OPTIONS (attribute 'udps.splt_ps')) SERVER plugins_server
	OPTIONS (source :'tls', udps '[{"plugin": "flow_slicer", "limit": 3}, {"plugin": "splt", "sequence_length": 4, "accounting_mode": 1}]');
SELECT count(*) > 5 AS many, bool_and(splt_direction = udps_splt_direction AND splt_ps = udps_splt_ps AND splt_piat_ms = udps_splt_piat_ms) AS same
	FROM lists;
SELECT sum(packets) = (SELECT sum(bidirectional_packets) FROM lists) AS all_packets, max(packets),
		bool_and((packets = 3) = (expiration_id = -1)) AS ended_by_plugin,
		bool_and(array_length(sizes, 1) = 4 AND sizes[4] = -1) AS lists, bool_and(udps->'splt_ps' = to_jsonb(sizes)) AS same
	FROM sliced;
-- Plugins run whichever columns are asked for, and only these have what they leave.
SELECT count(*) = (SELECT count(packets) FROM sliced) AS same, count(*) > (SELECT count(*) FROM lists) AS more FROM sliced;
CREATE FOREIGN TABLE as_text (whole text OPTIONS (attribute 'udps'), document json OPTIONS (attribute 'udps'), udps jsonb, absent text OPTIONS (attribute 'udps.none'))
	SERVER plugins_server OPTIONS (source :'tls', max_nflows '3', udps '[{"plugin": "splt", "sequence_length": 1}]');
SELECT whole, document, udps, absent FROM as_text;
-- A column by NFStream's own name of a value needs no option.
CREATE FOREIGN TABLE as_in_nfstream (id bigint, "udps.splt_ps" int[], same int[] OPTIONS (attribute 'udps.splt_ps'), other int[] OPTIONS (attribute 'udps.splt_direction'),
	"udps.other" int OPTIONS (attribute 'src_port'))
	SERVER plugins_server OPTIONS (source :'tls', udps '[{"plugin": "splt", "sequence_length": 3}]');
SELECT count(*) > 0 AS some, bool_and("udps.splt_ps" = same) AS same, bool_or("udps.splt_ps" = other) AS other, max("udps.other") > 0 AS by_option FROM as_in_nfstream;
ALTER FOREIGN TABLE as_in_nfstream ADD "udps." int;
SELECT "udps." FROM as_in_nfstream;
ALTER FOREIGN TABLE as_in_nfstream DROP COLUMN "udps.", DROP COLUMN "udps.other", ALTER "udps.splt_ps" TYPE text, ALTER same TYPE text, OPTIONS (ADD columns_to_anonymize '{udps.splt_ps}');
SELECT bool_and(length("udps.splt_ps") = 128 AND "udps.splt_ps" = same) AS hidden FROM as_in_nfstream;
SELECT nfstream_to_table('as_in_nfstream', 'kept_as_in_nfstream', '{udps.splt_direction}') > 0 AS some;
SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'kept_as_in_nfstream'::regclass AND attnum > 0 ORDER BY attnum;
IMPORT FOREIGN SCHEMA nflow FROM SERVER plugins_server INTO plugins_scanned OPTIONS (table_name 'leases', source :'dhcp', udps '["dhcp"]');
SELECT dhcp_12, dhcp_55, dhcp_57, dhcp_options, dhcp_msg_type FROM leases ORDER BY id LIMIT 3;

CREATE FOREIGN TABLE mistyped (address text OPTIONS (attribute 'udps.dhcp_adr'), dhcp_12 text OPTIONS (attribute 'udps.dhcp_12')) SERVER plugins_server
	OPTIONS (source :'dhcp', udps '["dhcp"]');
SELECT count(address) FROM mistyped;
SELECT count(dhcp_12) > 0 AS some FROM mistyped;

-- Hidden: the same hash wherever a value is shown; none where a plugin left nothing.
CREATE FOREIGN TABLE discreet (dhcp_12 text OPTIONS (attribute 'udps.dhcp_12'), again text OPTIONS (attribute 'udps.dhcp_12'), dhcp_57 int OPTIONS (attribute 'udps.dhcp_57'), udps jsonb)
	SERVER plugins_server OPTIONS (source :'dhcp', udps '["dhcp"]', columns_to_anonymize '{again}');
SELECT count(*) > 0 AS some, bool_and(length(dhcp_12) = 128 AND dhcp_12 = again AND udps->>'dhcp_12' = again) AS hidden FROM discreet WHERE udps->>'dhcp_12' IS NOT NULL;
SELECT count(*) FILTER (WHERE udps::text LIKE '%' || leases.dhcp_12 || '%') AS shown, count(*) > 0 AS some FROM discreet, leases WHERE leases.dhcp_12 <> '';

-- Data sets.
SELECT nfstream_to_table('leases', 'leases_kept') > 0 AS some;
SELECT (SELECT count(*) FROM leases_kept k JOIN leases l USING (id) WHERE k IS NOT DISTINCT FROM l) = (SELECT count(*) FROM leases) AS same;
SELECT current_setting('data_directory') || '/nfstream_plugins.csv' AS csv, current_setting('data_directory') || '/nfstream_plugins_copy.csv' AS copy \gset
SELECT nfstream_to_csv('leases', :'csv') > 0 AS some;
SELECT set_config('plugins.copy', :'copy', false) IS NOT NULL AS set;
DO $$ BEGIN EXECUTE format('COPY (SELECT * FROM leases) TO %L (FORMAT csv, HEADER)', current_setting('plugins.copy')); END $$;
SELECT a = b AS same FROM pg_read_binary_file(:'csv') a, pg_read_binary_file(:'copy') b;
SELECT nfstream_to_table('leases', 'leases_hidden', '{udps.dhcp_12,src_ip}') > 0 AS some;
SELECT bool_and(length(dhcp_12) = 128) AS hidden, bool_and(length(src_ip) = 128) AS hidden FROM leases_hidden WHERE dhcp_12 IS NOT NULL;
SELECT nfstream_to_table('leases', 'leases_wrong', '{udps.dhcp_13}');
SELECT nfstream_to_table('sliced', 'sliced_wrong', '{sizes}');
ANALYZE leases;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA plugins_scanned CASCADE;
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
