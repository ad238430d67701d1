-- A scan that is read again: its rows are kept, and the capture is metered once, or twice where nobody could know.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set busy :pcaps '/busy.pcap'
\set idle :pcaps '/time_many_idle.pcap'
CREATE SCHEMA rescanned;
SET search_path = rescanned, public;
CREATE SERVER rescan_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (n_meters '1');
IMPORT FOREIGN SCHEMA nflow FROM SERVER rescan_server INTO rescanned OPTIONS (table_name 'busy', source :'busy');
IMPORT FOREIGN SCHEMA nflow FROM SERVER rescan_server INTO rescanned OPTIONS (table_name 'idle', source :'idle');
IMPORT FOREIGN SCHEMA nflow FROM SERVER rescan_server INTO rescanned
	OPTIONS (table_name 'none', source :'busy', bpf_filter 'tcp port 1');
CREATE TABLE kept WITH (autovacuum_enabled = off) AS SELECT * FROM busy;
CREATE TABLE ports AS SELECT DISTINCT src_port AS port FROM kept;

-- Where the plan has scans of foreign tables, what it says of rows that are read again.
CREATE FUNCTION rescans(query text) RETURNS TABLE ("table" text, loops int, passes int, kept int, kept_in text, again int)
LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE format('EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF, FORMAT json) %s', query) INTO plan;
	RETURN QUERY SELECT DISTINCT node ->> 'Alias', (node ->> 'Actual Loops')::int, (node ->> 'Passes')::int, (node ->> 'Rows Kept')::int,
		node ->> 'Rows Kept In', (node ->> 'Rows Read Again')::int
		FROM jsonb_path_query(plan, '$.** ? (@."Node Type" == "Foreign Scan")') node ORDER BY 1;
END $$;

-- Nothing is kept of what is read once.
SELECT * FROM rescans('SELECT count(*) FROM busy');
SELECT * FROM rescans('SELECT count(*) FROM busy a JOIN busy b USING (id)');

-- A nested loop, for which the planner sees no need to keep the inner side: it expects one row of the outer.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT * FROM rescans('SELECT count(*) FROM kept LEFT JOIN busy USING (id)');
SELECT count(*), sum(busy.id), sum(busy.bidirectional_bytes), sum(kept.bidirectional_bytes) FROM kept LEFT JOIN busy USING (id);
-- With every column.
SELECT count(*), count(*) FILTER (WHERE kept::text <> busy::text) AS differing FROM kept LEFT JOIN busy USING (id);
-- An inner side without rows is metered once, too.
SELECT * FROM rescans('SELECT count(*) FROM kept LEFT JOIN none USING (id)');
-- What is left half-way goes on from there: a semi-join, a LIMIT.
SELECT * FROM rescans('SELECT FROM kept WHERE NOT EXISTS (SELECT FROM busy WHERE busy.id > kept.id / 2)');
SELECT count(*) FROM kept WHERE NOT EXISTS (SELECT FROM busy WHERE busy.id > 4 * kept.id);
SELECT * FROM rescans('SELECT count(*) FROM ports CROSS JOIN LATERAL (SELECT id FROM busy WHERE src_port >= port LIMIT 3) x');
SELECT count(*), sum(id) FROM ports CROSS JOIN LATERAL (SELECT id FROM busy WHERE src_port >= port LIMIT 3) x;
SELECT count(*), sum(id) FROM ports CROSS JOIN LATERAL (SELECT id FROM kept WHERE src_port >= port LIMIT 3) x;
RESET enable_material;
RESET enable_mergejoin;
RESET enable_hashjoin;

-- Subqueries that depend on the row outside, at any depth; and one that does not.
SELECT * FROM rescans('SELECT sum((SELECT count(*) FROM busy WHERE src_port = port)) FROM ports');
SELECT sum((SELECT count(*) FROM busy WHERE src_port = port)), sum((SELECT count(*) FROM kept WHERE src_port = port)) FROM ports;
SELECT * FROM rescans('SELECT sum((SELECT count(*) FROM idle i WHERE i.id < 2 AND i.id < (SELECT count(*) FROM busy b WHERE b.src_port = port))) FROM ports');
SELECT * FROM rescans('SELECT count(*) FROM ports WHERE port > (SELECT avg(src_port) FROM busy)');

-- A recursion, whose every round joins with all flows.
SELECT * FROM rescans('WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM busy JOIN r ON busy.id = n WHERE n < 5) SELECT FROM r');
WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM busy JOIN r ON busy.id = n WHERE n < 5) SELECT * FROM r;

-- A join with one row of a table whose statistics say so: what it is joined by goes to the meters.
CREATE TABLE hosts (name text PRIMARY KEY, address inet);
INSERT INTO hosts SELECT 'host ' || id, src_ip FROM kept;
ANALYZE hosts;
-- Which side of an equality comes first is the server's to choose.
CREATE FUNCTION pushed(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE format('EXPLAIN (FORMAT json) %s', query) INTO plan;
	RETURN QUERY SELECT DISTINCT replace(COALESCE(node ->> 'Pushed Condition', 'none'), 'hosts.address = src_ip', 'src_ip = hosts.address') FROM jsonb_path_query(plan, '$.** ? (@."Node Type" == "Foreign Scan")') node;
END $$;
SELECT pushed('SELECT * FROM hosts JOIN busy ON src_ip = address WHERE name = ''host 7''');
SELECT pushed('SELECT * FROM hosts LEFT JOIN busy ON src_ip = address AND dst_port < 443 WHERE name = ''host 7''');
SELECT count(*), count(application_name) FROM hosts JOIN busy ON src_ip = address WHERE name = 'host 7';
SELECT count(*), count(application_name) FROM hosts JOIN kept ON src_ip = address WHERE name = 'host 7';
-- Not with several rows, or where nothing is known of them; nor where the setting is off.
SELECT pushed('SELECT * FROM hosts JOIN busy ON src_ip = address WHERE name IN (''host 7'', ''host 8'')');
SELECT pushed('SELECT * FROM kept a JOIN busy b ON b.src_ip = a.src_ip WHERE a.id = 7');
SET nfstream_fdw.enable_pushdown = off;
SELECT pushed('SELECT * FROM hosts JOIN busy ON src_ip = address WHERE name = ''host 7''');
RESET nfstream_fdw.enable_pushdown;
-- Where it was not one row after all, the second pass is of all rows, and kept.
SELECT * FROM rescans('SELECT * FROM hosts JOIN busy ON src_ip = address WHERE length(name) = 6 AND name || '''' = name');
SELECT count(*), sum(busy.id) FROM hosts JOIN busy ON src_ip = address WHERE length(name) = 6 AND name || '' = name;
SELECT count(*), sum(kept.id) FROM hosts JOIN kept ON src_ip = address WHERE length(name) = 6;

-- More than work_mem goes to disk.
SET work_mem = '64kB';
SELECT * FROM rescans('SELECT sum((SELECT count(idle::text) FROM idle WHERE idle.id > ports.port)) FROM ports WHERE port < 40020');
SELECT sum((SELECT count(*) FROM idle WHERE idle.id > ports.port - 33000)),
	sum((SELECT count(*) FROM generate_series(0, (SELECT max(id) FROM idle)) id WHERE id > ports.port - 33000)) FROM ports WHERE port < 34000;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT * FROM rescans('SELECT count(*), count(busy::text) FROM kept LEFT JOIN busy USING (id)');
SELECT count(*), count(*) FILTER (WHERE kept::text <> busy::text) AS differing FROM kept LEFT JOIN busy USING (id);
RESET enable_material;
RESET enable_mergejoin;
RESET enable_hashjoin;
RESET work_mem;

-- For a person, only where something was kept.
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION lines_of_rows(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF) ' || query LOOP
		IF line ~ 'Passes|Kept|Again' THEN
			RETURN NEXT trim(line);
		END IF;
	END LOOP;
END $$;
SELECT lines_of_rows('SELECT count(*) FROM busy');
SELECT lines_of_rows('SELECT sum((SELECT count(*) FROM busy WHERE src_port = port)) FROM ports WHERE port < 40000');

SET client_min_messages = warning;
DROP SCHEMA rescanned CASCADE;
DROP SERVER rescan_server CASCADE;
