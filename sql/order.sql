-- The order of rows, as the planner knows it: by id, without a sort.  And what a LIMIT does.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set busy :pcaps '/busy.pcap'
CREATE SCHEMA ordered;
SET search_path = ordered, public;
CREATE SERVER order_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (n_meters '3', n_dissections '0');
IMPORT FOREIGN SCHEMA nflow FROM SERVER order_server INTO ordered OPTIONS (table_name 'busy', source :'busy');
CREATE TABLE kept AS SELECT * FROM busy;
\pset format unaligned
\pset tuples_only on

-- A plan's nodes and keys.
CREATE FUNCTION nodes(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ '->|^[A-Z]|Key' THEN
			RETURN NEXT line;
		END IF;
	END LOOP;
END $$;
-- How many rows, and how many that come after a greater one.
CREATE FUNCTION falls(query text, OUT rows bigint, OUT falls bigint) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*), count(*) FILTER (WHERE id < before) FROM (SELECT id, lag(id) OVER () AS before FROM (%s) q) r', query) INTO rows, falls;
END $$;

SELECT nodes('SELECT * FROM busy ORDER BY id');
SELECT falls('SELECT id FROM busy ORDER BY id');
SELECT nodes('SELECT src_ip FROM busy ORDER BY id LIMIT 3');
SELECT array_agg(id) FROM (SELECT id FROM busy ORDER BY id OFFSET 5 LIMIT 4) x;
SELECT nodes('SELECT * FROM busy WHERE protocol = 17 ORDER BY id');
SELECT falls('SELECT id FROM busy WHERE protocol = 17 ORDER BY id'), count(*) FROM kept WHERE protocol = 17;
-- What begins with it needs less of a sort; the other direction, and another column, need one.
SET enable_sort = off;
SELECT nodes('SELECT * FROM busy ORDER BY id, src_ip');
RESET enable_sort;
SELECT nodes('SELECT * FROM busy ORDER BY id DESC');
SELECT nodes('SELECT * FROM busy ORDER BY src_port');
SELECT array_agg(id) FROM (SELECT id FROM busy ORDER BY id DESC LIMIT 3) x;

-- Joins, groups, windows.
SELECT nodes('SELECT * FROM busy a FULL JOIN busy b USING (id)');
SELECT count(*), count(a.src_ip) AS a, count(b.src_ip) AS b FROM busy a FULL JOIN (SELECT * FROM busy WHERE src_port % 2 = 0) b USING (id);
SELECT nodes('SELECT id, lag(src_ip) OVER (ORDER BY id) FROM busy');
SELECT falls('SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM busy) x WHERE n = id + 1');

-- An id of another name and of other types that have numbers' order; of a text, and of a hash, there is no such order.
CREATE DOMAIN number AS bigint CHECK (VALUE >= 0);
CREATE FOREIGN TABLE named (n int OPTIONS (attribute 'id'), x numeric OPTIONS (attribute 'id'), f real OPTIONS (attribute 'id'), d number OPTIONS (attribute 'id'), src_ip inet)
	SERVER order_server OPTIONS (source :'busy');
SELECT nodes('SELECT src_ip FROM named ORDER BY n');
SELECT nodes('SELECT src_ip FROM named ORDER BY x');
SELECT nodes('SELECT src_ip FROM named ORDER BY f');
SELECT nodes('SELECT src_ip FROM named ORDER BY d');
CREATE FOREIGN TABLE hidden (id text) SERVER order_server OPTIONS (source :'busy', columns_to_anonymize '{id}');
SELECT nodes('SELECT id FROM hidden ORDER BY id');

-- Several tables: in each, ids begin anew.
CREATE TABLE parts (id bigint, protocol int, src_port int) PARTITION BY LIST (protocol);
CREATE FOREIGN TABLE parts_tcp PARTITION OF parts FOR VALUES IN (6) SERVER order_server OPTIONS (source :'busy', bpf_filter 'tcp');
CREATE FOREIGN TABLE parts_udp PARTITION OF parts FOR VALUES IN (17) SERVER order_server OPTIONS (source :'busy', bpf_filter 'udp');
SELECT nodes('SELECT * FROM parts ORDER BY id');
SELECT falls('SELECT id FROM parts ORDER BY id'), count(*) FROM parts;
SELECT nodes('SELECT id FROM parts WHERE protocol = 6 ORDER BY id');
SET enable_sort = off;
SELECT nodes('SELECT id FROM busy UNION ALL SELECT id FROM kept ORDER BY id');
SELECT falls('SELECT id FROM busy UNION ALL SELECT id FROM kept ORDER BY id');
RESET enable_sort;

-- A LIMIT reaches the meters, if every row counts for it: there is one meter, and nDPI sees no flows but those.
CREATE FUNCTION wanted(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE format('EXPLAIN (FORMAT json) %s', query) INTO plan;
	RETURN (SELECT string_agg(COALESCE(node ->> 'Rows Wanted', 'all'), ' ') FROM jsonb_path_query(plan, 'strict $.** ? (@."Node Type" == "Foreign Scan")') node);
END $$;
ALTER SERVER order_server OPTIONS (DROP n_meters, DROP n_dissections);
CREATE FOREIGN TABLE labels (id bigint, src_ip inet, src_port int, application_name text, requested_server_name text, bidirectional_bytes bigint)
	SERVER order_server OPTIONS (source :'busy');
ANALYZE labels;
SELECT wanted('SELECT * FROM labels LIMIT 10');
SELECT wanted('SELECT * FROM labels ORDER BY id OFFSET 5 LIMIT 10');
SELECT wanted('SELECT * FROM (SELECT * FROM labels LIMIT 3) x WHERE src_port > 5');
-- Not if there are few more rows, or others are asked for, or a row may not count.
SELECT wanted('SELECT * FROM labels LIMIT 50');
SELECT wanted('SELECT * FROM labels ORDER BY src_port LIMIT 10');
SELECT wanted('SELECT * FROM labels WHERE application_name LIKE ''T%'' LIMIT 10');
SELECT wanted('SELECT count(*) FROM labels LIMIT 10');
SELECT wanted('SELECT DISTINCT src_ip FROM labels LIMIT 10');
SELECT wanted('SELECT src_ip, rank() OVER (ORDER BY src_port) FROM labels LIMIT 10');
SELECT wanted('SELECT * FROM labels a, kept b LIMIT 10');
PREPARE first_flows (int) AS SELECT * FROM labels LIMIT $1;
SET plan_cache_mode = force_generic_plan;
SELECT wanted('EXECUTE first_flows (5)');
RESET plan_cache_mode;
-- The rows are the first of all.
CREATE TABLE labelled AS SELECT * FROM labels;
SELECT count(*), count(*) FILTER (WHERE x::text <> l::text) AS differing FROM (SELECT * FROM labels LIMIT 40) x JOIN labelled l USING (id);
SELECT count(*), count(*) FILTER (WHERE x::text <> l::text) AS differing FROM (SELECT * FROM labels ORDER BY id OFFSET 30 LIMIT 5) x JOIN labelled l USING (id);
SELECT count(*), sum(id) FROM ((SELECT id, application_name FROM labels LIMIT 7) UNION ALL (SELECT id, application_name FROM labels LIMIT 9)) x;

SET client_min_messages = warning;
DROP SCHEMA ordered CASCADE;
DROP SERVER order_server CASCADE;
