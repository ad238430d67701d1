-- What conditions exclude before anything is opened: tables by constants, files by their names.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
\set dns :pcaps '/dns.pcap'
\set http :pcaps '/http.pcap'
\set text :pcaps '/damage_text.pcap'
CREATE SCHEMA exclusion;
SET search_path = exclusion, public;
CREATE SERVER exclusion_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (n_meters '1');
-- The plan, without directories, and without what takes no part in this.
CREATE FUNCTION plan(query text, options text DEFAULT 'ANALYZE, TIMING OFF, SUMMARY OFF') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (COSTS OFF, BUFFERS OFF, %s) %s', options, query) LOOP
		CONTINUE WHEN line ~ '^ *(DPI|Statistics|SPLT|Meters.*|Bytes.*|Ignored.*|Source Order|Packets .*|Disabled.*|Pushed Condition): ';
		line := regexp_replace(line, ' \(returns \$\d\)', '');
		RETURN NEXT regexp_replace(regexp_replace(regexp_replace(line, '/[^"{},<> '']*/', '.../', 'g'), '(actual rows=\d+)\.00', '\1', 'g'),
			'\$\d|\(InitPlan \d\)\.col1', '$n', 'g');
	END LOOP;
END $$;

-- A column that stands for a constant: of any name and type, with what its type reads from a text.
CREATE TYPE color AS ENUM ('red', 'green');
CREATE DOMAIN short AS varchar(3) CHECK (VALUE <> 'bad');
CREATE FOREIGN TABLE lan (
	sensor text OPTIONS (value 'lan'), day date OPTIONS (value '2026-11-27'), number int OPTIONS (value '7'), color color OPTIONS (value 'green'),
	began timestamptz OPTIONS (value '2026-11-27 10:00+00'), tags text[] OPTIONS (value '{a,b}'), short short OPTIONS (value 'abc'),
	src_mac text OPTIONS (value ''), id bigint, dst_port int, "udps.x" text OPTIONS (value 'x'))
	SERVER exclusion_server OPTIONS (source :'dns');
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT * FROM lan WHERE id < 2;
SELECT sensor FROM lan GROUP BY sensor;
SELECT count(*) FROM lan;
COPY (SELECT sensor, number, id FROM lan LIMIT 1) TO STDOUT;
ANALYZE lan;
SELECT attname, n_distinct, most_common_vals FROM pg_stats WHERE tablename = 'lan' AND attname IN ('sensor', 'day') ORDER BY 1;
SELECT nfstream_comment('lan');
SELECT col_description('lan'::regclass, 1), col_description('lan'::regclass, 9);
SELECT nfstream_to_table('lan', 'copied');
SELECT DISTINCT sensor, day, color FROM copied;

-- What it cannot be.
ALTER FOREIGN TABLE lan ALTER sensor OPTIONS (ADD attribute 'src_ip');
ALTER FOREIGN TABLE lan ALTER dst_port OPTIONS (ADD attribute 'dst_port', ADD value '1');
CREATE FOREIGN TABLE wrong (id bigint, number int OPTIONS (value 'monday')) SERVER exclusion_server OPTIONS (source '/nowhere/a.pcap');
SELECT id FROM wrong;
EXPLAIN SELECT * FROM wrong WHERE number = 1;
ALTER FOREIGN TABLE wrong ALTER number TYPE varchar(3);
SELECT id FROM wrong;
ALTER FOREIGN TABLE wrong ALTER number OPTIONS (SET value 'bad'), ALTER number TYPE short;
SELECT id FROM wrong;

-- A table whose constants contradict the conditions is not opened: this one cannot be.
CREATE FOREIGN TABLE wan (
	sensor text OPTIONS (value 'wan'), day date OPTIONS (value '2026-11-28'), number int OPTIONS (value '8'), color color OPTIONS (value 'red'),
	began timestamptz OPTIONS (value '2026-11-28 10:00+00'), tags text[] OPTIONS (value '{c}'), short short OPTIONS (value 'def'),
	src_mac text OPTIONS (value ''), id bigint, dst_port int, "udps.x" text OPTIONS (value 'y'))
	SERVER exclusion_server OPTIONS (source '/nowhere/a.pcap');
CREATE VIEW both_sensors AS SELECT * FROM lan UNION ALL SELECT * FROM wan;
SELECT count(*) FROM both_sensors;
SELECT plan($$SELECT * FROM both_sensors WHERE sensor = 'lan'$$);
SELECT plan($$SELECT * FROM both_sensors WHERE day < '2026-11-28' AND dst_port = 53$$, 'COSTS OFF');
SELECT plan($$SELECT * FROM both_sensors WHERE sensor = 'x'$$);
SELECT plan($$SELECT * FROM wan WHERE number BETWEEN 1 AND 7 OR sensor LIKE 'l%'$$, 'COSTS OFF');
SELECT plan($$SELECT id FROM lan WHERE sensor = 'lan' OR id = 5$$, 'COSTS OFF');
SELECT count(*) FROM both_sensors WHERE sensor IN ('lan', 'x') AND NOT number > 7 AND "udps.x" <> 'y';
SELECT count(*) FROM both_sensors WHERE sensor IS NULL;
-- What a type reads anew each time is looked at when the scan starts.
SELECT plan($$SELECT * FROM both_sensors WHERE color = 'green' AND began < '2026-11-28'$$);
SELECT plan($$SELECT * FROM both_sensors WHERE 'a' = ANY (tags)$$);
SET plan_cache_mode = force_generic_plan;
PREPARE of_sensor (text) AS SELECT count(*) FROM both_sensors WHERE sensor = $1;
EXECUTE of_sensor ('lan');
EXECUTE of_sensor ('x');
SELECT plan($$EXECUTE of_sensor ('lan')$$);
RESET plan_cache_mode;
SELECT plan($$SELECT count(*) FROM both_sensors WHERE sensor = (SELECT 'lan'::text)$$);
SELECT sensor, (SELECT count(*) FROM lan WHERE lan.sensor = s.sensor) FROM (VALUES ('lan'), ('x'), ('lan')) s (sensor);
-- A plan that is kept knows when the constant changes.
PREPARE of_lan AS SELECT count(*) FROM lan WHERE sensor = 'lan';
EXECUTE of_lan;
ALTER FOREIGN TABLE lan ALTER sensor OPTIONS (SET value 'office');
EXECUTE of_lan;
ALTER FOREIGN TABLE lan ALTER sensor OPTIONS (SET value 'lan');
EXECUTE of_lan;
-- Partitions.
CREATE TABLE sensors (LIKE lan) PARTITION BY LIST (sensor);
ALTER TABLE sensors ATTACH PARTITION lan FOR VALUES IN ('lan');
ALTER TABLE sensors ATTACH PARTITION wan FOR VALUES IN ('wan');
SELECT sensor, count(*) FROM sensors WHERE sensor = 'lan' GROUP BY 1;
SELECT plan($$SELECT count(*) FROM sensors WHERE number = 7$$);
SELECT count(*) FROM sensors WHERE number = 8;
-- What is hidden is compared as its hash is, by the server.
ALTER TABLE sensors DETACH PARTITION lan;
ALTER FOREIGN TABLE lan OPTIONS (ADD columns_to_anonymize '{sensor}');
SELECT count(*), length(sensor) FROM lan GROUP BY 2;
SELECT plan($$SELECT count(*) FROM lan WHERE sensor = 'lan'$$, 'COSTS OFF');
SELECT count(*) FROM lan WHERE sensor = 'lan';
ALTER FOREIGN TABLE lan OPTIONS (DROP columns_to_anonymize);

-- Files that are metered apart are opened if conditions on their names allow it.
SELECT format('{%s,%s,%s,%s}', :'dns', :'http', :'text', :'tls') AS files, format('{%s,/nowhere/a.pcap}', :'tls') AS one_missing \gset
CREATE FOREIGN TABLE flows (source_file text, id bigint, first_packet bigint, src_ip inet, dst_port int, bidirectional_packets bigint)
	SERVER exclusion_server OPTIONS (source :'files', separate_files 'true');
SELECT plan($$SELECT dst_port FROM flows WHERE source_file LIKE '%/http.pcap'$$);
SELECT plan($$SELECT dst_port FROM flows WHERE source_file LIKE '%/http.pcap'$$, 'COSTS OFF');
SELECT plan($$SELECT dst_port FROM flows WHERE source_file ~ 'dns|tls' AND NOT source_file ~ 'dns'$$);
SELECT plan($$SELECT dst_port FROM flows WHERE source_file ~ 'nothing'$$);
SELECT plan($$SELECT dst_port FROM flows WHERE source_file ~ 'http' OR dst_port = 53$$, 'COSTS OFF');
-- As a program reads it.
CREATE FUNCTION properties(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	plan := plan #> '{0,Plan}';
	RETURN format('%s of %s: %s', plan ->> 'Files', plan ->> 'Files Named', plan ->> 'File Filter');
END $$;
SELECT properties($$SELECT dst_port FROM flows WHERE source_file ~ 'http'$$);
SELECT count(*) FROM flows WHERE source_file <> :'text';
SELECT count(*) FROM flows WHERE source_file = ANY (ARRAY[:'http', :'tls', NULL]);
SELECT count(*) FROM flows WHERE source_file NOT IN (:'http', NULL);
SELECT count(*) FROM flows WHERE reverse(split_part(reverse(source_file), '/', 1)) = 'tls.pcap';
-- Ids and numbers of packets go on from file to file: those before are read, their flows set aside.
SELECT plan($$SELECT id FROM flows WHERE source_file ~ '/http'$$);
SELECT min(id), min(first_packet), count(*) FROM flows WHERE source_file ~ '/http';
SELECT min(first_packet) FROM flows WHERE source_file ~ '/http';
-- With parameters, and what other nodes of the plan give.
SET plan_cache_mode = force_generic_plan;
PREPARE of_file (text) AS SELECT count(*) FROM flows WHERE source_file LIKE $1;
SELECT plan($$EXECUTE of_file ('%/http%')$$);
EXECUTE of_file ('%/dns%');
RESET plan_cache_mode;
SELECT plan($$SELECT count(*) FROM flows WHERE source_file ~ (SELECT '/http')$$);
SELECT plan($$SELECT count(*) FROM flows WHERE source_file ~ (SELECT '/http')$$, 'COSTS OFF');
SET client_min_messages = error;
SELECT name, (SELECT count(*) FROM flows WHERE source_file ~ name) FROM (VALUES ('/http'), ('/dns'), ('/tls'), ('/x')) names (name);
RESET client_min_messages;
SET client_min_messages = warning;
-- Of files that are read as one, all or none.
ALTER FOREIGN TABLE flows OPTIONS (SET separate_files 'false', SET source :'one_missing');
SELECT count(*) FROM flows WHERE source_file = 'x';
SELECT count(*) FROM flows WHERE source_file = :'tls';
ALTER FOREIGN TABLE flows OPTIONS (SET separate_files 'true');
SELECT count(*) FROM flows WHERE source_file = :'tls';

-- The same rows, in all ways, as a plain table that was filled without conditions gives.
SELECT format('{%s/busy.pcap,%s,%s/ipv6.pcap,%s,%s/tls.pcap,%s/time_back.pcap}', :'pcaps', :'http', :'pcaps', :'dns', :'pcaps', :'pcaps') AS several \gset
CREATE FUNCTION compare(options text, conditions text[]) RETURNS TABLE (compared bigint, differ bigint) LANGUAGE plpgsql AS $$
DECLARE
	condition text;
	columns text;
	count bigint;
BEGIN
	EXECUTE 'ALTER FOREIGN TABLE flows OPTIONS (' || options || ')';
	CREATE TEMPORARY TABLE kept AS SELECT * FROM flows;
	compared := 0;
	differ := 0;
	FOREACH condition IN ARRAY conditions LOOP
		FOREACH columns IN ARRAY ARRAY['source_file, id, first_packet, src_ip, dst_port, bidirectional_packets', 'src_ip, dst_port, bidirectional_packets',
			'source_file, first_packet', 'id', '1'] LOOP
			EXECUTE format('WITH a AS (SELECT %1$s FROM flows WHERE %2$s), b AS (SELECT %1$s FROM kept WHERE %2$s)
				SELECT count(*) FROM ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a)) c', columns, condition) INTO count;
			compared := compared + 1;
			differ := differ + (count > 0)::int;
		END LOOP;
	END LOOP;
	DROP TABLE kept;
	RETURN NEXT;
END $$;
ALTER FOREIGN TABLE flows OPTIONS (SET source :'several', ADD n_meters '1', ADD source_order 'given', ADD max_nflows '0');
SET client_min_messages = error;
SELECT options, c.* FROM (VALUES
	($$SET separate_files 'true'$$), ($$SET n_meters '3'$$), ($$SET source_order 'time'$$), ($$SET max_nflows '30'$$),
	($$SET source_order 'given'$$), ($$SET max_nflows '0', SET separate_files 'false'$$), ($$SET source_order 'time', SET n_meters '1'$$),
	($$SET source_order 'given', SET separate_files 'true', SET n_meters '3', ADD max_active_flows '6'$$)) o (options),
	compare(options, ARRAY[$$source_file ~ '/http'$$, $$source_file ~ '/busy'$$, $$source_file ~ 'back'$$, $$source_file !~ 'busy'$$, $$source_file LIKE '%/dns%' OR source_file LIKE '%/tls%'$$,
		$$source_file ~ 'nothing'$$, $$source_file ~ '/dns' AND dst_port = 53$$, $$source_file < 'x' AND NOT (source_file ~ 'ipv6') IS TRUE$$, $$source_file ~ 'http' OR dst_port = 53$$]) c;
SET client_min_messages = warning;

-- Whoever may not see a file's rows, or a table's, learns no name from a function of his own.
CREATE FUNCTION tells(name text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0001 AS $$
BEGIN
	RAISE WARNING 'told: %', regexp_replace(name, '.*/', '');
	RETURN true;
END $$;
ALTER FOREIGN TABLE flows OPTIONS (SET source :'files', SET separate_files 'true', SET source_order 'given');
CREATE VIEW walled WITH (security_barrier) AS SELECT * FROM flows WHERE source_file ~ '/http';
CREATE VIEW walled_sensors WITH (security_barrier) AS SELECT * FROM wan WHERE dst_port = -1 AND sensor <> 'wan';
CREATE ROLE regress_excluded;
GRANT USAGE ON SCHEMA exclusion TO regress_excluded;
GRANT SELECT ON walled, walled_sensors TO regress_excluded;
SET ROLE regress_excluded;
SELECT count(*) FROM walled WHERE tells(source_file) AND dst_port = 1;
SELECT count(*) FROM walled_sensors WHERE tells(sensor);
EXPLAIN SELECT count(*) FROM flows WHERE tells(source_file);
EXPLAIN SELECT count(*) FROM wan WHERE tells(sensor);
RESET ROLE;
SELECT count(*) FROM flows WHERE tells(source_file) AND source_file ~ '/dns' AND dst_port = 1;

\set VERBOSITY terse
DROP SCHEMA exclusion CASCADE;
DROP SERVER exclusion_server;
DROP ROLE regress_excluded;
