-- nfstreamer() and nfpackets(): a source as one call.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set busy :pcaps '/busy.pcap'
\set tls :pcaps '/tls.pcap'
\set dns :pcaps '/dns.pcap'
CREATE SCHEMA called;
SET search_path = called, public;
CREATE SERVER call_server FOREIGN DATA WRAPPER nfstream_fdw;

-- Its rows have the columns that IMPORT declares with all options on, and udps, where a table has columns for what plugins leave.
IMPORT FOREIGN SCHEMA nflow FROM SERVER call_server INTO called OPTIONS (table_name 'declared', source '/nowhere',
	statistical_analysis 'true', splt_analysis '10', system_visibility_mode '1', extra_columns 'true');
CREATE FUNCTION columns_of(relation regclass) RETURNS TABLE (place bigint, name name, type text) LANGUAGE sql AS $$
	SELECT row_number() OVER (ORDER BY attnum), attname, format_type(atttypid, atttypmod)
	FROM pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped AND attname <> 'udps'
$$;
SELECT count(*) > 90 AS many FROM columns_of('nfstream_flow');
SELECT * FROM columns_of('nfstream_flow') EXCEPT SELECT * FROM columns_of('declared');
SELECT * FROM columns_of('declared') EXCEPT SELECT * FROM columns_of('nfstream_flow');
SELECT p.attname AS before_udps, a.attname, format_type(a.atttypid, a.atttypmod)
	FROM pg_attribute a JOIN pg_attribute p ON p.attrelid = a.attrelid AND p.attnum = a.attnum - 1
	WHERE a.attrelid = 'nfstream_flow'::regclass AND a.attname = 'udps';
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER call_server INTO called OPTIONS (table_name 'declared_packets', source '/nowhere');
SELECT count(*) > 30 AS many FROM columns_of('nfstream_packet');
SELECT * FROM columns_of('nfstream_packet') EXCEPT SELECT * FROM columns_of('declared_packets');
SELECT * FROM columns_of('declared_packets') EXCEPT SELECT * FROM columns_of('nfstream_packet');

-- Its arguments are a table's options, without one that wants columns of type text, and rows, for which there are two functions.
CREATE TABLE arguments AS
	SELECT p.oid, place, name, format_type(p.proargtypes[place - 1], NULL) AS type,
		pg_get_function_arg_default(p.oid, place::int) AS fallback
	FROM pg_proc p, unnest(p.proargnames) WITH ORDINALITY AS a (name, place) WHERE p.proname IN ('nfstreamer', 'nfpackets');
SELECT place, name, string_agg(DISTINCT type, ' or ') AS type, fallback, count(*) FROM arguments GROUP BY 1, 2, 4 ORDER BY 1;
CREATE FUNCTION options_of_tables() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	CREATE FOREIGN TABLE none () SERVER call_server OPTIONS (none 'at all');
EXCEPTION WHEN fdw_invalid_option_name THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN QUERY SELECT regexp_split_to_table(substring(hint FROM 'context are: (.*)\.'), ', ');
END $$;
SELECT options_of_tables() EXCEPT SELECT name FROM arguments;
SELECT name FROM arguments EXCEPT SELECT options_of_tables();
-- NULL is the default: the values that a table has without any option.
SELECT count(*), count(DISTINCT (id, application_name, bidirectional_bytes)) FROM (
	SELECT id, application_name, bidirectional_bytes FROM nfstreamer(:'busy')
	UNION ALL
	SELECT id, application_name, bidirectional_bytes FROM nfstreamer(:'busy', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
		NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) both_ways;

-- A first look.
SELECT application_name, count(*), sum(bidirectional_bytes) FROM nfstreamer(:'busy') GROUP BY 1 ORDER BY 3 DESC, 1;

-- The same rows as a table with the same options, or the same errors, in both ways of calling.
CREATE FUNCTION rows_of(query text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	result text[];
BEGIN
	EXECUTE format('SELECT array_agg(r::text) FROM (%s) r', query) INTO result;
	RETURN result;
EXCEPTION WHEN others THEN
	RETURN ARRAY[SQLSTATE || ' ' || SQLERRM];
END $$;
CREATE FUNCTION compare(function text, type regclass, captures text, arguments text, options text, OUT sources bigint, OUT rows bigint, OUT errors bigint,
	OUT scans_differ bigint, OUT calls_differ bigint)
LANGUAGE plpgsql AS $$
DECLARE
	columns text := (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
		FROM pg_attribute WHERE attrelid = type AND attnum > 0);
	capture text;
	of_table text[];
	call text;
BEGIN
	SELECT 0, 0, 0, 0, 0 INTO sources, rows, errors, scans_differ, calls_differ;
	FOREACH capture IN ARRAY captures::text[] LOOP
		EXECUTE format('CREATE FOREIGN TABLE compared (%s) SERVER call_server OPTIONS (source %L%s)', columns, capture, options);
		call := format('%s(%L%s)', function, capture, arguments);
		of_table := rows_of('SELECT * FROM compared');
		sources := sources + 1;
		rows := rows + coalesce(cardinality(of_table), 0);
		errors := errors + coalesce(of_table[1] !~ '^\(', false)::int;
		scans_differ := scans_differ + (rows_of('SELECT * FROM ' || call) IS DISTINCT FROM of_table)::int;
		calls_differ := calls_differ + (rows_of('SELECT f.* FROM ROWS FROM (' || call || ', generate_series(1, 0)) AS f') IS DISTINCT FROM
			(SELECT array_agg(CASE WHEN r ~ '^\(' THEN left(r, -1) || ',)' ELSE r END) FROM unnest(of_table) r))::int;
		DROP FOREIGN TABLE compared;
	END LOOP;
END $$;
SELECT array_agg(:'pcaps' || '/' || name ORDER BY name COLLATE "C") AS captures FROM pg_ls_dir(:'pcaps') name
	WHERE name ~ '^(busy|tls|dns|gtpu|damage_(text|packet)|format_ng_interfaces|ip_fragments)\.pcap(ng)?$' \gset
SET client_min_messages = error;
SELECT * FROM compare('nfstreamer', 'nfstream_flow', :'captures', '', '');
SELECT * FROM compare('nfpackets', 'nfstream_packet', :'captures', '', ', rows ''packets''');
\set arguments ', decode_tunnels => false, idle_timeout => 1, active_timeout => 2, accounting_mode => 3, statistical_analysis => true, splt_analysis => 4, application_names => ''full'', on_damage => ''error'', n_meters => 3, bpf_filter => ''udp'', udps => ''[{"plugin": "flow_slicer", "limit": 3}]'''
\set options ', decode_tunnels ''false'', idle_timeout ''1'', active_timeout ''2'', accounting_mode ''3'', statistical_analysis ''true'', splt_analysis ''4'', application_names ''full'', on_damage ''error'', n_meters ''3'', bpf_filter ''udp'', udps ''[{"plugin": "flow_slicer", "limit": 3}]'''
SELECT * FROM compare('nfstreamer', 'nfstream_flow', :'captures', :'arguments', :'options');
SELECT * FROM compare('nfpackets', 'nfstream_packet', :'captures', :'arguments', :'options' || ', rows ''packets''');
RESET client_min_messages;

-- Several captures, as a list that is text or as an array.
SELECT count(*), count(DISTINCT source_file) FROM nfstreamer(ARRAY[:'dns', :'tls']);
SELECT count(*), count(DISTINCT source_file) FROM nfstreamer(ARRAY[:'dns', :'tls']::text);
SELECT count(*), count(DISTINCT source_file) FROM nfstreamer(:'pcaps' || '/format_ng*.pcapng', separate_files => true, on_damage => 'error');
SELECT count(*) FROM nfstreamer(ARRAY[]::text[]);
SELECT count(*) FROM nfstreamer(ARRAY['/a.pcap', NULL]);

-- Where values are wrong, it is the option that says so.
SELECT count(*) FROM nfstreamer(:'busy', idle_timeout => -1);
SELECT count(*) FROM nfstreamer(:'busy', n_dissections => 256);
SELECT count(*) FROM nfstreamer(:'busy', on_damage => 'ignore');
SELECT count(*) FROM nfstreamer(:'busy', udps => 'flow slicer');
SELECT count(*) FROM nfstreamer(:'busy', udps => 'flow_slice');
SELECT count(*) FROM nfstreamer(:'busy', bpf_filter => 'tcp prot 80');
SELECT count(*) FROM nfstreamer('');
SELECT count(*) FROM nfstreamer(NULL::text);
SELECT nfstreamer(NULL::text);
SELECT count(*) FROM nfstreamer('/a.pcap', idle_time => 1);
SELECT count(*) FROM nfstreamer();
SELECT count(*) FROM nfstreamer('/no/such.pcap');
SELECT count(*) FROM nfpackets(NULL::text);
SELECT count(*) FROM nfpackets('/a.pcap', snapshot_length => 0);

-- Columns whose options are off are NULL, and a query that names one is told; one that takes what there is is not.
SELECT src_port, splt_ps, bidirectional_mean_ps, process_pid, udps FROM nfstreamer(:'dns') ORDER BY id LIMIT 1;
SELECT count(x) FROM (SELECT * FROM nfstreamer(:'dns')) x;
SELECT count(*) FROM (SELECT f FROM nfstreamer(:'dns') f) x;
SELECT to_jsonb(f) ->> 'id' AS id, f.src_ip FROM nfstreamer(:'dns') f LIMIT 1;
SELECT sum((to_jsonb(f) ->> 'dst_port')::int), sum(dst_port), count(*) FILTER (WHERE f IS NULL) FROM nfstreamer(:'dns') f;
SELECT to_jsonb(p) ->> 'packet_number' AS packet_number FROM nfpackets(:'dns') p ORDER BY p.packet_number LIMIT 2;

-- What EXPLAIN shows: a scan as of a table, which computes what the query uses.
CREATE FUNCTION plan_of(query text, options text DEFAULT 'COSTS OFF') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, query) LOOP
		RETURN NEXT regexp_replace(replace(line, current_setting('called.pcaps'), '/captures'), ' *\(actual .*\)', '');
	END LOOP;
END $$;
SELECT set_config('called.pcaps', :'pcaps', false) IS NOT NULL AS set;
\pset tuples_only on
\pset format unaligned
SELECT plan_of(format('SELECT count(*) FROM nfstreamer(%L)', :'busy'));
SELECT plan_of(format('SELECT application_name, splt_ps FROM nfstreamer(%L, splt_analysis => 3, n_meters => 2) WHERE dst_port = 53 AND src_ip << ''10.0.0.0/8'' AND id < 7 ORDER BY id', :'busy'));
SELECT plan_of(format('SELECT f FROM nfstreamer(%L) f', :'busy'));
SELECT plan_of(format('SELECT count(*), sum(payload_size) FROM nfpackets(%L) WHERE dst_port = 53', :'busy'));
SELECT plan_of(format('SELECT packet_number, frame FROM nfpackets(%L) ORDER BY packet_number LIMIT 3', :'busy'));
-- In VERBOSE, the call itself.
SELECT plan_of(format('SELECT id FROM nfstreamer(%L, bpf_filter => ''udp'') WHERE src_port > 5', :'busy'), 'COSTS OFF, VERBOSE');
SELECT plan_of(format('SELECT id FROM nfstreamer(%L) WHERE dst_port = 53', :'busy'), 'COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF');
SELECT plan_of(format('SELECT id FROM nfstreamer(%L) LIMIT 1', :'busy'), 'COSTS OFF, ANALYZE, TIMING OFF, SUMMARY OFF');
CREATE FUNCTION json_of(query text, path jsonpath) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT json) ' || query INTO plan;
	RETURN QUERY SELECT jsonb_path_query(plan, path) - 'id';
END $$;
SELECT json_of(format('SELECT id FROM nfstreamer(%L, max_nflows => 5)', :'busy'),
	'$[0]."Plan".keyvalue() ? (@.key like_regex "Node Type|Custom|Alias|Flows$|Meters Started|Actual Rows")');
SELECT plan_of(format('SELECT src_port FROM nfstreamer(ARRAY[%L, %L], separate_files => true, n_meters => 1) WHERE source_file LIKE ''%%dns%%'' AND dst_port = 53', :'busy', :'dns'));
SELECT count(*), min(source_file) = :'dns' AS dns FROM nfstreamer(ARRAY[:'busy', :'dns'], separate_files => true) WHERE source_file LIKE '%dns%' AND dst_port = 53;
-- Nothing is opened; and nobody is asked for rights to files.
SELECT plan_of('SELECT id FROM nfstreamer(''/no/such.pcap'')');
-- What is known only when it runs.
SELECT plan_of(format('SELECT f.id FROM (VALUES (%L), (%L)) c (path), nfstreamer(c.path) f WHERE f.dst_port = 53', :'busy', :'dns'));
SELECT * FROM plan_of('SELECT id FROM nfstreamer((SELECT min(name) FROM arguments))') line WHERE line ~ 'Custom|Source|Meters';
-- In other places it is called as a function.
SELECT plan_of(format('SELECT id, n FROM nfstreamer(%L) WITH ORDINALITY AS f (id) JOIN LATERAL (SELECT ordinality AS n) o ON true', :'busy'));
SELECT plan_of(format('SELECT f.id FROM ROWS FROM (nfstreamer(%L), generate_series(1, 2)) f', :'busy'));
SELECT plan_of(format('SELECT nfstreamer(%L)', :'busy'));
\pset format aligned
\pset tuples_only off
SELECT sum(n), count(*), count(DISTINCT id - n) FROM (SELECT id, ordinality AS n FROM nfstreamer(:'busy') WITH ORDINALITY) f;
SELECT (nfstreamer(:'busy')).id LIMIT 2;
SELECT count(nfstreamer) FROM (SELECT nfstreamer(:'busy')) f;

-- Packets of flows, by what joins them.
SELECT count(*), count(*) FILTER (WHERE p.packets = f.bidirectional_packets AND p.bytes = f.bidirectional_bytes) AS same
	FROM (SELECT first_packet, count(*) AS packets, sum(raw_size) AS bytes FROM nfpackets(:'busy') GROUP BY 1) p
	FULL JOIN nfstreamer(:'busy') f USING (first_packet);

-- Of any expression: prepared, from a table, from each of its rows.
CREATE TABLE captures (path text, seconds int, port int);
INSERT INTO captures VALUES (:'dns', 120, 53), (:'tls', 120, 443), (:'tls', NULL, 443), (:'busy', 1, 53);
SELECT seconds, count(f.id), count(DISTINCT f.source_file), min(f.id), max(f.id)
	FROM captures c CROSS JOIN LATERAL nfstreamer(c.path, idle_timeout => c.seconds) f GROUP BY 1 ORDER BY 1;
SELECT c.port, count(f.id) FROM captures c LEFT JOIN LATERAL nfstreamer(c.path) f ON f.dst_port = c.port AND f.src_port > 50000 GROUP BY 1 ORDER BY 1;
SELECT c.port, (SELECT count(*) FROM nfstreamer(c.path) f WHERE f.dst_port = c.port) FROM captures c ORDER BY c.ctid;
SELECT c.port, f.id, f.dst_port FROM captures c, LATERAL (SELECT * FROM nfstreamer(c.path) WHERE dst_port = c.port ORDER BY id DESC LIMIT 1) f ORDER BY c.ctid;
SELECT f.id FROM (SELECT path FROM captures WHERE port = 53 UNION ALL SELECT NULL) c, nfstreamer(c.path) f;
PREPARE flows (text, bigint) AS SELECT count(*), min(bidirectional_duration_ms) FROM nfstreamer($1, idle_timeout => $2) WHERE dst_port = 53;
SET plan_cache_mode = force_generic_plan;
EXECUTE flows (:'busy', NULL);
EXECUTE flows (:'busy', 0);
EXECUTE flows (:'dns', NULL);
EXECUTE flows (NULL, NULL);
\pset tuples_only on
\pset format unaligned
SELECT plan_of(format('EXECUTE flows (%L, 7)', :'busy'));
\pset format aligned
\pset tuples_only off
RESET plan_cache_mode;
EXECUTE flows (:'busy', NULL);
EXECUTE flows (:'dns', 0);
DEALLOCATE flows;

-- A rescan reads rows that are kept, as long as the arguments have the same values.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT count(*), sum(a.id), sum(b.id) FROM captures c, nfstreamer(c.path) a LEFT JOIN nfstreamer(:'busy') b ON a.id = b.id WHERE c.seconds = 120;
RESET enable_material;
RESET enable_mergejoin;
RESET enable_hashjoin;
WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM nfstreamer(:'tls') f JOIN r ON f.id = n WHERE n < 5) SELECT count(*) FROM r;

-- What a statement does with rows of tables: views, tables of them, cursors, functions, statements that change other tables.
CREATE VIEW talks AS SELECT src_ip, dst_ip, application_name AS app, splt_ps FROM nfstreamer(:'busy');
SELECT app, count(*) FROM talks WHERE app IN ('DNS', 'HTTP') GROUP BY 1 ORDER BY 1;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM nfstreamer(:'busy');
CREATE TABLE dataset AS TABLE kept WITH NO DATA;
INSERT INTO dataset SELECT * FROM nfstreamer(:'busy');
SELECT count(*) FROM (TABLE dataset EXCEPT TABLE kept) x;
CREATE TABLE typed OF nfstream_flow;
INSERT INTO typed SELECT * FROM nfstreamer(:'busy');
SELECT count(*) FROM (TABLE typed EXCEPT TABLE kept) x;
CREATE FUNCTION heavy(path text) RETURNS SETOF nfstream_flow LANGUAGE plpgsql AS $$
DECLARE
	f nfstream_flow;
BEGIN
	FOR f IN SELECT * FROM nfstreamer(path) WHERE bidirectional_packets > 10 ORDER BY id LOOP
		RETURN NEXT f;
	END LOOP;
END $$;
SELECT count(*), min(bidirectional_packets) > 10 AS heavy FROM heavy(:'busy');
CREATE FUNCTION in_sql(path text, port int) RETURNS SETOF bigint LANGUAGE sql STABLE AS 'SELECT id FROM nfstreamer(path) WHERE dst_port = port';
SELECT count(*) FROM in_sql(:'busy', 53);
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT id FROM nfstreamer(:'busy') ORDER BY id;
FETCH 2 FROM c;
FETCH BACKWARD 1 FROM c;
FETCH LAST FROM c;
FETCH ABSOLUTE 3 FROM c;
COMMIT;
UPDATE captures c SET seconds = f.id FROM nfstreamer(:'dns') f WHERE f.id = 0 AND c.port = 443 RETURNING c.seconds, f.dst_port;
MERGE INTO captures c USING nfstreamer(:'busy') f ON c.port = f.dst_port AND f.id < 0
	WHEN NOT MATCHED AND f.id = 3 THEN INSERT VALUES (f.source_file, 3, f.dst_port);
SELECT seconds, count(*) FROM captures GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM (SELECT c.path, f.id FROM captures c JOIN nfstreamer(:'dns') f ON f.dst_port = c.port FOR UPDATE OF c) x;
SELECT count(*) FROM (SELECT id FROM nfstreamer(:'busy') UNION ALL SELECT id FROM nfstreamer(:'tls') UNION ALL SELECT id FROM declared WHERE false) x;
-- The query of a plugin's parameter is the caller's own, where the caller would look for its tables.
CREATE TABLE limits (packets int);
INSERT INTO limits VALUES (2);
SELECT count(*), max(bidirectional_packets)
	FROM nfstreamer(:'busy', udps => '[{"plugin": "flow_slicer", "limit": {"query": "SELECT packets FROM limits"}}]');

-- Rights are the caller's, when the first row is asked for.
SET client_min_messages = warning;
DROP ROLE IF EXISTS call_nobody, call_reader, call_granted;
RESET client_min_messages;
CREATE ROLE call_nobody;
CREATE ROLE call_granted;
CREATE ROLE call_reader;
GRANT pg_read_server_files TO call_reader;
GRANT USAGE ON SCHEMA called TO call_nobody, call_reader, call_granted;
GRANT EXECUTE ON FUNCTION nfstreamer(text, boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) TO call_granted;
GRANT SELECT ON talks TO call_nobody;
CREATE FUNCTION as_definer(path text) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM nfstreamer(path)';
SET ROLE call_nobody;
SELECT count(*) FROM nfstreamer(:'busy');
EXPLAIN SELECT count(*) FROM nfstreamer(:'busy');
SELECT nfstreamer(:'busy');
SELECT count(*) FROM nfstreamer(ARRAY[:'busy']);
SELECT count(*) FROM nfpackets(:'busy');
-- A view does not lend them; a function does, if its owner means it to.
SELECT count(*) FROM talks;
SELECT as_definer(:'dns');
SET ROLE call_granted;
SELECT count(*) FROM nfstreamer(:'busy');
SELECT count(*) FROM nfstreamer(ARRAY[:'busy']);
SELECT count(*) FROM nfstreamer('/no/such.pcap');
SELECT count(*) FROM nfstreamer('interface:lo');
SELECT nfstreamer(:'busy');
-- The plan says nothing of what is there.
EXPLAIN (COSTS OFF) SELECT FROM nfstreamer('lo');
SET ROLE call_reader;
SELECT count(*) FROM nfstreamer(:'busy');
SELECT count(*) FROM nfstreamer(ARRAY[:'busy']);
SELECT count(*) FROM nfstreamer('interface:lo');
SELECT count(*) FROM nfstreamer('lo');
RESET ROLE;
-- A plan that was made for one role is run by another.
SET plan_cache_mode = force_generic_plan;
PREPARE by_role AS SELECT count(*) FROM nfstreamer(:'dns');
EXECUTE by_role;
SET ROLE call_granted;
EXECUTE by_role;
RESET ROLE;
DEALLOCATE by_role;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM nfstreamer(:'dns');
SET ROLE call_granted;
FETCH 1 FROM c;
ROLLBACK;
RESET plan_cache_mode;
-- Where a server opens a directory to the role, the error says so.
CREATE SERVER call_lab FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '/captures');
GRANT USAGE ON FOREIGN SERVER call_lab TO call_granted;
SET ROLE call_granted;
SELECT count(*) FROM nfstreamer(:'busy');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA called CASCADE;
DROP SERVER call_server CASCADE;
DROP SERVER call_lab CASCADE;
DROP OWNED BY call_nobody, call_reader, call_granted;
DROP ROLE call_nobody, call_reader, call_granted;
