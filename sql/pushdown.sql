-- Conditions that go to the meters: which do, how EXPLAIN shows them, and that rows and ids are the same without.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set busy :pcaps '/busy.pcap'
CREATE SCHEMA pushed;
SET search_path = pushed, public;
CREATE SERVER pushdown_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (n_meters '1');
SELECT format('{%s,%s/http.pcap,%s/tls.pcap,%s/ipv6.pcap,%s/icmp.pcap}', :'busy', :'pcaps', :'pcaps', :'pcaps', :'pcaps') AS several \gset
IMPORT FOREIGN SCHEMA nflow FROM SERVER pushdown_server INTO pushed
	OPTIONS (table_name 'flows', source :'busy', statistical_analysis 'true', extra_columns 'true', splt_analysis '2');
IMPORT FOREIGN SCHEMA nflow FROM SERVER pushdown_server INTO pushed
	OPTIONS (table_name 'times', source :'busy', types 'postgres', statistical_analysis 'true', extra_columns 'true');
IMPORT FOREIGN SCHEMA nflow FROM SERVER pushdown_server INTO pushed
	OPTIONS (table_name 'portable', source :'several', types 'portable', extra_columns 'true', separate_files 'true');
IMPORT FOREIGN SCHEMA conn FROM SERVER pushdown_server INTO pushed OPTIONS (source :'busy');
IMPORT FOREIGN SCHEMA nflow FROM SERVER pushdown_server INTO pushed
	OPTIONS (table_name 'several', source :'several', separate_files 'true', extra_columns 'true');

-- What goes of the condition of a query: nothing if the answer is empty.
CREATE FUNCTION goes(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN jsonb_path_query_first(plan::jsonb, 'strict $.**."Pushed Condition"') #>> '{}';
END $$;
-- The same of `SELECT FROM table WHERE condition`; and how many rows that has, with `different` if they, or their ids, are others without.
CREATE FUNCTION try(flows text, condition text, shown text DEFAULT 'id', OUT rows text, OUT goes text) LANGUAGE plpgsql AS $$
DECLARE
	with_it text;
	without_it text;
	query text := format('SELECT count(*) || '' '' || coalesce(md5(string_agg(f::text, '' '')), '''') FROM (SELECT %s FROM %s WHERE %s) f', shown, flows, condition);
BEGIN
	goes := pushed.goes(format('SELECT FROM %s WHERE %s', flows, condition));
	EXECUTE query INTO with_it;
	SET LOCAL nfstream_fdw.enable_pushdown = off;
	EXECUTE query INTO without_it;
	SET LOCAL nfstream_fdw.enable_pushdown = on;
	rows := split_part(with_it, ' ', 1) || CASE WHEN with_it = without_it THEN '' ELSE ' different' END;
END $$;
\pset format unaligned
\pset tuples_only on
\set QUIET on

-- The key, and all operators; values of other types; columns on either side.
SELECT c, t.* FROM unnest(ARRAY[
	'dst_port = 53',
	'53 = dst_port',
	'dst_port <> 53',
	'53::bigint < dst_port',
	'dst_port > 52.5',
	'dst_port >= 53::smallint AND dst_port <= 53.0::float8',
	'dst_port BETWEEN 50 AND 60',
	'dst_port NOT BETWEEN SYMMETRIC 60000 AND 50',
	'dst_port::bigint = 53',
	'protocol IN (6, 17)',
	'protocol NOT IN (6, 17)',
	'protocol NOT IN (6, NULL)',
	'protocol IN (1, NULL)',
	'protocol = ANY (ARRAY[1, 6]::smallint[])',
	'protocol > ALL (ARRAY[6, 1])',
	'protocol < ANY (ARRAY[]::int[])',
	'protocol <> ALL (NULL::int[])',
	'dst_port = NULL',
	'dst_port IS NULL',
	'dst_port IS NOT NULL AND ip_version = 4',
	'vlan_id = 0 AND tunnel_id = 0',
	'NOT (dst_port = 53 OR protocol = 6)',
	'(dst_port = 53) IS TRUE',
	'(dst_port = 53) IS NOT TRUE',
	'(dst_port = 53) IS UNKNOWN',
	'(dst_port = NULL OR protocol = 6) IS UNKNOWN',
	'(src_port, dst_port) IN ((1, 2), (3, 53))',
	'dst_port = 65536',
	'dst_port > -1']) c, try('flows', c) t;

-- Networks, and a host on either side.
SELECT c, t.* FROM unnest(ARRAY[
	'src_ip << ''10.0.0.0/8''',
	'src_ip <<= ''10.1.0.0/16'' AND NOT dst_ip <<= ''198.51.100.0/24''',
	'''10.1.0.0/16'' >> src_ip',
	'src_ip && ''10.1.0.0/16''',
	'dst_ip << ''2001:db8::/32'' OR dst_ip << ''ff00::/8''',
	'dst_ip >>= ''198.51.100.10''',
	'src_ip << ''0.0.0.0/0''',
	'src_ip >>= ''10.1.0.0/16''',
	'src_ip = ''198.51.100.10/24''',
	'src_ip > ''10.1.0.2'' AND src_ip < ''::''',
	'''198.51.100.10'' IN (src_ip, dst_ip)',
	'''198.51.100.10'' NOT IN (src_ip, dst_ip)',
	'inet ''198.51.100.10'' = ANY (ARRAY[src_ip, dst_ip])',
	'inet ''198.51.100.10'' <> ALL (ARRAY[src_ip, dst_ip])',
	'dst_ip IN (''198.51.100.10'', ''2001:db8:1::2'', NULL)']) c, try('several', c) t;

-- What is known when a flow leaves: numbers, times, texts, labels.
SELECT c, t.* FROM unnest(ARRAY[
	'bidirectional_packets > 10 AND src2dst_bytes < 1000',
	'bidirectional_bytes >= 100.5',
	'bidirectional_mean_ps < 80',
	'bidirectional_stddev_piat_ms = ''NaN''',
	'bidirectional_duration_ms = 0',
	'expiration_id >= 0',
	'first_packet <= 20',
	'src_mac = ''00:00:00:00:00:00''',
	'src_mac > ''00:00:00:00:00:00''',
	'src_oui = ''00:00:00'' OR src_oui = ''no such''',
	'application_is_guessed = 0',
	'protocol_name = ''udp'' AND community_id <> ''1:''']) c, try('flows', c) t;
-- How many flows have a label is nDPI's to say.
SELECT c, t.rows ~ 'different', t.goes FROM unnest(ARRAY[
	'application_name = ''DNS''',
	'application_name IN (''DNS'', ''HTTP'') AND requested_server_name <> ''''',
	'application_name < ''E'' COLLATE "C"',
	'application_name < ''E''']) c, try('flows', c) t;

-- By the types of the table.
SELECT c, t.* FROM unnest(ARRAY[
	'bidirectional_first_seen_ms < now()',
	'bidirectional_first_seen_ms < now() - interval ''1000 years''',
	'bidirectional_first_seen_ms > ''2000-01-01''::date',
	'bidirectional_last_seen_ms < ''infinity''::timestamp',
	'bidirectional_duration_ms < interval ''1 s''',
	'bidirectional_duration_ms >= ''1 month''',
	'bidirectional_mean_piat_ms = interval ''0''',
	'bidirectional_max_piat_ms BETWEEN ''0.5 ms'' AND ''1 day''']) c, try('times', c) t;
SELECT c, t.* FROM unnest(ARRAY[
	'dst_ip = ''198.51.100.10''',
	'dst_ip = ''198.051.100.10''',
	'src_ip <> ''10.1.0.2/32''',
	'''198.51.100.10'' IN (src_ip, dst_ip)',
	'src_ip::inet << ''10.1.0.0/16''',
	'src_mac = ''00:00:00:00:00:00''',
	'src_ip > ''''']) c, try('portable', c) t;
SELECT c, t.* FROM unnest(ARRAY[
	'dst = ''198.51.100.10'' OR src = ''198.51.100.10''',
	'dst_port = 53 AND protocol = ''udp''',
	'protocol IN (''tcp'', ''icmp'') AND began > ''2000-01-01'' AND lasted < ''1 min''',
	'bytes_up + bytes_down > 1000',
	'packets_down = 0']) c, try('conn', c, '*') t;
CREATE DOMAIN port AS int CHECK (VALUE >= 0);
CREATE FOREIGN TABLE odd (id int, "to" port OPTIONS (attribute 'dst_port'), "from" port OPTIONS (attribute 'src_port'), src_ip inet,
	bidirectional_bytes numeric(8, 1), src2dst_bytes real, application_is_guessed bool, application_name varchar(20), requested_server_name varchar,
	content_type char(40), bidirectional_mean_ps float8, splt_ps int[], udps jsonb, bidirectional_packets numeric)
	SERVER pushdown_server OPTIONS (source :'busy');
SET client_min_messages = error;
SELECT c, t.* FROM unnest(ARRAY[
	'"to" = 53 AND "from" > 0',
	'bidirectional_bytes > 100',
	'src2dst_bytes > 100.5 AND src2dst_bytes <> 1e30',
	'application_is_guessed',
	'NOT application_is_guessed',
	'application_is_guessed IS NOT TRUE',
	'application_name = ''no such''',
	'requested_server_name = ''no such''',
	'content_type = ''no such''',
	'bidirectional_packets >= 2.5',
	'bidirectional_mean_ps IS NULL',
	'splt_ps IS NULL',
	'id = 5']) c, try('odd', c) t;
RESET client_min_messages;

-- What cannot go does not keep the rest from it, wherever that is right.
SELECT c, t.* FROM unnest(ARRAY[
	'dst_port = 53 AND abs(src_port) > 5',
	'dst_port = 53 OR abs(src_port) > 5',
	'(dst_port = 53 AND abs(src_port) > 5) OR (protocol = 6 AND length(src_ip::text) > 3)',
	'NOT (dst_port = 53 OR abs(src_port) > 5)',
	'NOT (dst_port = 53 AND abs(src_port) > 5)',
	'(dst_port = 53 AND abs(src_port) > 5) IS NOT FALSE',
	'(dst_port = 53 AND abs(src_port) > 5) IS NOT TRUE',
	'((dst_port = 53 AND abs(src_port) > 5) OR NULL) IS UNKNOWN',
	'src_port = dst_port',
	'coalesce(dst_port, 0) = 53',
	'src_ip::text LIKE ''10.1.%''',
	'dst_port = 53 AND random() >= 0',
	'dst_port = (random() * 0)::int',
	'dst_port::text = ''53''']) c, try('flows', c) t;
-- The result of a subquery that is run once is a value; versions show it in different ways.
SELECT t.rows, t.goes IS NOT NULL FROM try('flows', 'dst_port = (SELECT 53)') t;

-- Captures by their names, with any operator.
SELECT c, t.rows FROM unnest(ARRAY[
	'source_file LIKE ''%/http.pcap''',
	'source_file NOT LIKE ''%/busy.pcap''',
	'source_file ~* ''TLS|HTTP''',
	'source_file = ''/nowhere''',
	'reverse(source_file) LIKE ''pacp.%''',
	'source_file LIKE ANY (ARRAY[''%tls%'', NULL])']) c, try('several', c) t;
SELECT goes('SELECT FROM several WHERE source_file LIKE ''%http%'''), goes('SELECT FROM several WHERE first_packet = 1');

-- Parameters, of plans that do not know them; NULL; and values that are not looked at as something else has decided.
SET plan_cache_mode = force_generic_plan;
PREPARE ports (int, inet) AS SELECT count(*), count(DISTINCT src_ip) FROM flows WHERE dst_port = $1 AND src_ip <<= $2;
SELECT goes('EXECUTE ports (53, ''10.0.0.0/8'')');
EXECUTE ports (53, '10.0.0.0/8');
EXECUTE ports (80, '10.0.0.0/8');
EXECUTE ports (NULL, '10.0.0.0/8');
PREPARE of (int[]) AS SELECT count(*) FROM flows WHERE dst_port = ANY ($1);
EXECUTE of ('{53,80}');
EXECUTE of ('{}');
EXECUTE of (NULL);
PREPARE outside (inet) AS SELECT count(*) FROM flows WHERE (NOT src_ip << $1) IS NOT TRUE;
EXECUTE outside ('10.0.0.0/8');
EXECUTE outside ('11.0.0.0/8');
EXECUTE outside (NULL);
PREPARE guarded (int) AS SELECT count(*) FROM flows WHERE $1 = 0 OR dst_port = 530 / $1;
EXECUTE guarded (10);
EXECUTE guarded (0);
PREPARE divided (int) AS SELECT count(*) FROM flows WHERE dst_port = 530 / $1;
EXECUTE divided (0);
RESET plan_cache_mode;
DEALLOCATE ALL;
CREATE FUNCTION port_of_dns() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN 53; END';
SELECT * FROM try('flows', 'dst_port = port_of_dns()');
CREATE FUNCTION rows_of(asked int) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM flows WHERE dst_port = asked); END';
SELECT rows_of(53), rows_of(80), rows_of(NULL);
-- For a subquery that is run for each row outside of it, rows are kept, of a scan without the condition.
SELECT p, (SELECT count(*) FROM flows WHERE dst_port = p) FROM unnest(ARRAY[53, 80, 443, NULL]) p;
SELECT goes('SELECT p, (SELECT count(*) FROM flows WHERE dst_port = p AND protocol = 17) FROM unnest(ARRAY[53, 80]) p');

-- Collations by which different texts are equal; operators that are not the server's own.
CREATE COLLATION ignores_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FUNCTION is_near(int, int) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS 'SELECT abs($1 - $2) < 2';
CREATE OPERATOR = (LEFTARG = int, RIGHTARG = int, FUNCTION = is_near);
SELECT c, t.* FROM unnest(ARRAY[
	'protocol_name = ''UDP'' COLLATE ignores_case',
	'protocol_name <> ''UDP'' COLLATE ignores_case',
	'dst_port OPERATOR(pushed.=) 54']) c, try('flows', c) t;

-- Hidden columns stay with the server, and a barrier is one.
IMPORT FOREIGN SCHEMA nflow FROM SERVER pushdown_server INTO pushed
	OPTIONS (table_name 'hidden', source :'busy', columns_to_anonymize '{src_ip,dst_port}', extra_columns 'true');
SELECT goes('SELECT FROM hidden WHERE src_ip = ''x'' AND dst_port = ''53'' AND community_id = ''x'' AND dst_ip = ''10.1.0.1'' AND src_port = 5');
CREATE VIEW web WITH (security_barrier) AS SELECT * FROM flows WHERE dst_port = 80;
SELECT goes('SELECT FROM web WHERE src_port > 5 AND protocol = 6');
SELECT goes('SELECT FROM web WHERE length(application_name) = 3 AND src_ip << ''10.0.0.0/8''');
SELECT * FROM try('web', 'application_name <> ''no such'' AND src_ip << ''10.0.0.0/8''', '*');
-- Plugins leave values that only they know, and conditions on what they may change are decided at the end.
ALTER FOREIGN TABLE flows OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": 2}]');
SELECT * FROM try('flows', 'dst_port = 53 AND expiration_id = -1');
SELECT * FROM try('flows', 'bidirectional_packets = 2 AND src_port > 40000');
ALTER FOREIGN TABLE flows OPTIONS (DROP udps, ADD max_nflows '30');
SELECT * FROM try('flows', 'dst_port = 53');
ALTER FOREIGN TABLE flows OPTIONS (DROP max_nflows, ADD max_active_flows '7');
SELECT * FROM try('flows', 'dst_port = 53');
ALTER FOREIGN TABLE flows OPTIONS (DROP max_active_flows);

-- Off; and in all formats.
SET nfstream_fdw.enable_pushdown = off;
SELECT goes('SELECT FROM flows WHERE dst_port = 53');
RESET nfstream_fdw.enable_pushdown;
SELECT goes('SELECT FROM flows WHERE dst_port = 53');
CREATE FUNCTION plan(form text, query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (COSTS OFF, FORMAT %s) %s', form, query) LOOP
		RETURN QUERY SELECT trim(l) FROM regexp_split_to_table(line, '\n') l WHERE l LIKE '%Pushed%';
	END LOOP;
END $$;
SELECT plan(form, 'SELECT FROM flows WHERE requested_server_name <> ''<"a">'' AND dst_port > 5') FROM unnest(ARRAY['text', 'json', 'xml', 'yaml']) form;
-- In a plan with other tables, as the server shows conditions of a scan.
SELECT plan('text', 'SELECT FROM flows a JOIN flows b USING (id) WHERE a.dst_port = 53 AND b.src_port > 1024');
-- So is what comes from the other side of a nested loop.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
CREATE TABLE hosts AS SELECT '10.1.1.9'::inet AS host;
ANALYZE hosts;
SELECT plan('text', 'SELECT FROM hosts JOIN flows ON src_ip <<= host');
SELECT count(*) FROM hosts JOIN flows ON src_ip = host;
SET nfstream_fdw.enable_pushdown = off;
SELECT count(*) FROM hosts JOIN flows ON src_ip = host;
RESET nfstream_fdw.enable_pushdown;
RESET enable_hashjoin;
RESET enable_mergejoin;
SET client_min_messages = warning;
DROP SCHEMA pushed CASCADE;
DROP SERVER pushdown_server CASCADE;
