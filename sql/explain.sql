-- EXPLAIN: what would be read and computed; with ANALYZE, what became of every packet.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
\set ethernet :pcaps '/link_ethernet.pcap'
\set vlans :pcaps '/link_vlan.pcap'
\set fragments :pcaps '/ip_fragments.pcap'
\set back :pcaps '/time_back.pcap'
CREATE SCHEMA explained;
SET search_path = explained, public;
CREATE SERVER explain_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (n_meters '1');
IMPORT FOREIGN SCHEMA nflow FROM SERVER explain_server INTO explained
	OPTIONS (table_name 'flows', source :'tls', statistical_analysis 'true', splt_analysis '4');

-- A text of a plan without the directory of the captures, and as PostgreSQL 15 has it: 18 shows fractions of rows, and which
-- nodes are disabled.
CREATE FUNCTION plain(plan text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(regexp_replace(plan, '/[^"{},<>]*/', '.../', 'g'),
		'(actual rows=\d+)\.00', '\1', 'g'), '\n *["<]?Disabled\M[^\n]*', '', 'g')
$$;
-- The plan, without what takes no part in this.
CREATE FUNCTION plan(options text, query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (COSTS OFF, BUFFERS OFF, %s) %s', options, query) LOOP
		RETURN NEXT explained.plain(line);
	END LOOP;
END $$;
-- The properties of the scan in a plan, as JSON has them.
CREATE FUNCTION properties(query text, options text DEFAULT 'ANALYZE, TIMING OFF')
	RETURNS TABLE (property text, value text)
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE format('EXPLAIN (%s, SUMMARY OFF, COSTS OFF, BUFFERS OFF, FORMAT json) %s', options, query) INTO plan;
	RETURN QUERY SELECT key, CASE key WHEN 'Actual Rows' THEN e.value::numeric::int::text ELSE explained.plain(e.value) END
		FROM json_each_text(plan -> 0 -> 'Plan') e
		WHERE key NOT IN ('Parallel Aware', 'Async Capable', 'Disabled', 'Ignored');
	RETURN QUERY SELECT 'Ignored: ' || key, e.value FROM json_each_text(plan #> '{0,Plan,Ignored}') e;
END $$;
\pset format unaligned
\pset tuples_only on

-- Only what the query's columns need is on.
SELECT plan('VERBOSE OFF', 'SELECT * FROM flows');
SELECT plan('VERBOSE OFF', 'SELECT id, src_ip, bidirectional_bytes FROM flows WHERE dst_port = 443');
SELECT plan('VERBOSE OFF', 'SELECT application_name FROM flows');
SELECT plan('VERBOSE OFF', 'SELECT src2dst_mean_ps FROM flows');
SELECT plan('VERBOSE OFF', 'SELECT splt_ps FROM flows');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows WHERE application_name LIKE ''TLS%''');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows ORDER BY bidirectional_stddev_ps');
SELECT plan('VERBOSE OFF', 'SELECT count(*) FROM flows');
SELECT plan('VERBOSE OFF', 'SELECT flows FROM flows');
SELECT plan('VERBOSE', 'SELECT splt_ps FROM flows WHERE id = 1');
-- What the options turn off stays off.
ALTER FOREIGN TABLE flows OPTIONS (SET statistical_analysis 'false', SET splt_analysis '0', ADD n_dissections '0');
SELECT plan('VERBOSE OFF', 'SELECT * FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET statistical_analysis 'true', SET splt_analysis '4', DROP n_dissections);

-- Where the plan stands in others.
SELECT plan('VERBOSE OFF', 'SELECT application_name, count(*) FROM flows GROUP BY 1 ORDER BY 2');
CREATE TABLE target (id bigint);
SELECT plan('VERBOSE OFF', 'INSERT INTO target SELECT id FROM flows');
PREPARE named (text) AS SELECT id FROM flows WHERE application_name = $1;
SELECT plan('VERBOSE OFF', 'EXECUTE named (''TLS'')');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows UNION ALL SELECT id FROM flows');

-- As a program reads it.
SELECT plan('FORMAT json', 'SELECT id FROM flows WHERE src_port > 1');
SELECT plan('FORMAT yaml', 'SELECT id FROM flows WHERE src_port > 1');
SELECT plan('FORMAT xml', 'SELECT id FROM flows WHERE src_port > 1');

-- Sources of every form, the filter, the meters.
SELECT format('{%s,"%s"}', :'fragments', :'vlans') AS two, :'pcaps' || '/link_v*.pcap' AS glob \gset
ALTER FOREIGN TABLE flows OPTIONS (SET source :'two', ADD bpf_filter 'vlan and tcp port 80', ADD n_meters '7');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET source :'glob', DROP bpf_filter, SET n_meters '64');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET n_meters '0');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');

-- Nothing is opened and nothing decided: what is not there, is no capture or may not be read is no error.
ALTER FOREIGN TABLE flows OPTIONS (SET source '/nowhere/a.pcap', ADD bpf_filter 'no filter at all');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET source '/tmp');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET source '{/nowhere/a.pcap,/nowhere/*.pcap}');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET source 'interface:lo', ADD udps '[{"plugin": "flow_slicer", "limit": 7}]');
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');
SELECT * FROM properties('SELECT id FROM flows', 'VERBOSE OFF');
ALTER FOREIGN TABLE flows OPTIONS (DROP source, DROP udps, DROP bpf_filter);
SELECT plan('VERBOSE OFF', 'SELECT id FROM flows');
-- ANALYZE does open.
\set VERBOSITY terse
ALTER FOREIGN TABLE flows OPTIONS (ADD source '/nowhere/a.pcap');
SELECT plan('ANALYZE', 'SELECT id FROM flows');
\set VERBOSITY default

-- The account: packets read are metered, ignored, each for a reason, or filtered.
ALTER FOREIGN TABLE flows OPTIONS (SET source :'ethernet', SET n_meters '1');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET source :'fragments');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT id, splt_ps, src2dst_min_ps FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET source :'back');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET source :'vlans', ADD bpf_filter 'vlan and tcp');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT id FROM flows WHERE vlan_id = 100');
ALTER FOREIGN TABLE flows OPTIONS (SET source :'two', DROP bpf_filter);
SELECT property, value FROM properties('SELECT id FROM flows') WHERE property LIKE 'Packets %' OR property = 'Flows';

-- nDPI is initialised for labels alone; a dissection is a packet that it is given: here the first of each flow.
ALTER FOREIGN TABLE flows OPTIONS (SET source :'tls', ADD bpf_filter 'tcp port 443', ADD n_dissections '1');
SELECT * FROM properties('SELECT src_ip, bidirectional_packets FROM flows')
	WHERE property IN ('DPI', 'Flows', 'Dissections', 'nDPI Initialised');
SELECT * FROM properties('SELECT application_name FROM flows')
	WHERE property IN ('DPI', 'Flows', 'Dissections', 'nDPI Initialised');
ALTER FOREIGN TABLE flows OPTIONS (SET n_dissections '255');
SELECT value::int > 11 AS more_than_one_each FROM properties('SELECT application_name FROM flows')
	WHERE property = 'Dissections';
ALTER FOREIGN TABLE flows OPTIONS (SET n_dissections '0');
SELECT * FROM properties('SELECT application_name FROM flows')
	WHERE property IN ('DPI', 'Flows', 'Dissections', 'nDPI Initialised');
-- Its time is there if times are asked for.
ALTER FOREIGN TABLE flows OPTIONS (SET n_dissections '20');
SELECT property, value::float8 > 0 AS some FROM properties('SELECT application_name FROM flows', 'ANALYZE')
	WHERE property = 'Dissection Time';
SELECT property FROM properties('SELECT application_name FROM flows') WHERE property = 'Dissection Time';

-- All counters, in JSON; and the sums.
ALTER FOREIGN TABLE flows OPTIONS (SET source :'ethernet', DROP bpf_filter);
SELECT * FROM properties('SELECT id FROM flows');
SELECT sum(value::int) FILTER (WHERE property = 'Packets Read')
		= sum(value::int) FILTER (WHERE property ~ '^Packets (Metered|Set Aside|Ignored|Filtered)$') AS adds_up,
	sum(value::int) FILTER (WHERE property = 'Packets Ignored')
		= sum(value::int) FILTER (WHERE property LIKE 'Ignored: %') AS reasons_add_up,
	sum(value::int) FILTER (WHERE property = 'Packets Metered')
		= (SELECT sum(bidirectional_packets) FROM flows) AS rows_add_up
	FROM properties('SELECT id FROM flows') WHERE property ~ '^(Packets|Ignored)';

-- A scan that ends early, has not begun, or is passed more than once.
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT id FROM flows LIMIT 2');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT id FROM flows LIMIT 0');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF',
	'SELECT n FROM generate_series(1, 3) n WHERE n = (SELECT count(*) FROM flows WHERE id < n)');
ALTER FOREIGN TABLE flows OPTIONS (ADD max_nflows '1');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT id FROM flows');
ALTER FOREIGN TABLE flows OPTIONS (SET max_nflows '4');
SELECT property, value FROM properties('SELECT id FROM flows') WHERE property ~ 'Packets|Flows';
ALTER FOREIGN TABLE flows OPTIONS (DROP max_nflows, ADD max_active_flows '1');
SELECT property, value FROM properties('SELECT id FROM flows') WHERE property ~ 'Packets|Flows';

-- With any number of meters: what max_nflows gave up is counted, and max_active_flows is never exceeded.  No packet is lost.
\set busy :pcaps '/busy.pcap'
CREATE FOREIGN TABLE bounded (id bigint, bidirectional_packets int) SERVER explain_server OPTIONS (source :'busy');
CREATE FUNCTION bounded(VARIADIC options text[]) RETURNS TABLE (rows bigint, packets bigint, last bigint, meters text, flows text,
	metered text, given_up text, packets_given_up text, early text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER FOREIGN TABLE bounded OPTIONS (%s)', array_to_string(options, ', '));
	SELECT count(*), sum(bidirectional_packets), max(id) INTO rows, packets, last FROM explained.bounded;
	SELECT min(value) FILTER (WHERE property = 'Meters'), min(value) FILTER (WHERE property = 'Flows'),
			min(value) FILTER (WHERE property = 'Packets Metered'), min(value) FILTER (WHERE property = 'Flows Given Up'),
			min(value) FILTER (WHERE property = 'Packets Given Up'), min(value) FILTER (WHERE property = 'Flows Expired Early')
		INTO meters, flows, metered, given_up, packets_given_up, early FROM properties('SELECT * FROM explained.bounded');
	RETURN NEXT;
END $$;
\pset tuples_only off
SELECT * FROM bounded('ADD n_meters ''1''', 'ADD max_nflows ''5''');
SELECT * FROM bounded('SET n_meters ''2''');
SELECT * FROM bounded('SET n_meters ''8''');
SELECT * FROM bounded('SET max_nflows ''159''');
SELECT * FROM bounded('SET max_nflows ''160''');
SELECT * FROM bounded('SET max_nflows ''161''');
SELECT * FROM bounded('SET n_meters ''1''', 'DROP max_nflows', 'ADD max_active_flows ''1''');
SELECT * FROM bounded('SET n_meters ''8''');
SELECT * FROM bounded('SET n_meters ''1''', 'SET max_active_flows ''2''');
SELECT * FROM bounded('SET max_active_flows ''7''');
SELECT * FROM bounded('SET max_active_flows ''1000''');
SELECT rows = flows::int AND rows >= 160 AS all_flows, packets, last = rows - 1 AS numbered, meters, metered, given_up,
	early::int BETWEEN rows - 160 AND rows AS some_early
	FROM bounded('SET n_meters ''3''', 'SET max_active_flows ''7''');
SELECT * FROM bounded('SET max_active_flows ''18446744073709551615''');

SET client_min_messages = warning;
DROP SCHEMA explained CASCADE;
DROP SERVER explain_server CASCADE;
