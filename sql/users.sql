-- What users of a foreign table try: each on a table of flows and on an ordinary table with the same rows.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
\set vlans :pcaps '/link_vlan.pcap'
CREATE SCHEMA users;
SET search_path = users, public;
SET timezone = 'UTC';
CREATE SERVER users_server FOREIGN DATA WRAPPER nfstream_fdw;
IMPORT FOREIGN SCHEMA nflow FROM SERVER users_server INTO users
	OPTIONS (table_name 'flows', source :'tls', statistical_analysis 'true', splt_analysis '5');
CREATE TABLE kept AS TABLE flows;
CREATE UNIQUE INDEX kept_id ON kept (id);
ANALYZE kept;

-- Queries: FLOWS is the table's name.
CREATE TABLE tries (number serial, about text, query text);
INSERT INTO tries (about, query) VALUES
	('all', 'SELECT * FROM FLOWS'),
	('order', 'SELECT row_number() OVER (), * FROM (SELECT id, src_port FROM FLOWS ORDER BY bidirectional_bytes DESC, id) o'),
	('limit', 'SELECT * FROM (SELECT id, src_port FROM FLOWS ORDER BY id DESC LIMIT 3 OFFSET 2) o'),
	('with ties', 'SELECT id FROM FLOWS ORDER BY protocol FETCH FIRST 1 ROW WITH TIES'),
	('distinct', 'SELECT DISTINCT application_name, ip_version FROM FLOWS'),
	('distinct on', 'SELECT DISTINCT ON (application_name) application_name, id FROM FLOWS ORDER BY 1, 2'),
	('groups', 'SELECT application_name, count(*), sum(bidirectional_bytes), avg(bidirectional_mean_ps) FROM FLOWS GROUP BY 1 HAVING count(*) > 1'),
	('filter', 'SELECT count(*) FILTER (WHERE protocol = 6), count(DISTINCT dst_ip), max(src_ip), bool_or(src_port > 50000) FROM FLOWS'),
	('ordered sets', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY bidirectional_bytes), mode() WITHIN GROUP (ORDER BY dst_port) FROM FLOWS'),
	('grouping sets', 'SELECT protocol, application_name, grouping(protocol, application_name), count(*) FROM FLOWS GROUP BY GROUPING SETS ((1), (2), (1, 2), ())'),
	('rollup and cube', 'SELECT ip_version, protocol, dst_port, sum(bidirectional_packets) FROM FLOWS GROUP BY ROLLUP (1), CUBE (2, 3)'),
	('windows', 'SELECT id, sum(bidirectional_bytes) OVER w, lag(dst_ip) OVER w, ntile(3) OVER w, first_value(src_port) OVER (w ROWS 2 PRECEDING) FROM FLOWS WINDOW w AS (PARTITION BY protocol ORDER BY id)'),
	('windows of ranges', 'SELECT id, count(*) OVER (ORDER BY bidirectional_first_seen_ms RANGE BETWEEN 50 PRECEDING AND 50 FOLLOWING EXCLUDE CURRENT ROW) FROM FLOWS'),
	('set operations', '(SELECT src_ip FROM FLOWS UNION SELECT dst_ip FROM FLOWS) EXCEPT SELECT dst_ip FROM FLOWS WHERE dst_port = 53'),
	('intersect all', 'SELECT protocol FROM FLOWS INTERSECT ALL SELECT protocol FROM FLOWS WHERE id < 4'),
	('join with itself', 'SELECT a.id, b.id FROM FLOWS a JOIN FLOWS b ON a.dst_ip = b.dst_ip AND a.id < b.id'),
	('outer joins', 'SELECT a.id, b.id FROM FLOWS a FULL JOIN (SELECT * FROM FLOWS WHERE id % 2 = 0) b USING (id)'),
	('right join', 'SELECT b.id, a.src_port FROM FLOWS a RIGHT JOIN generate_series(0, 20) b (id) ON a.id = b.id'),
	('natural join', 'SELECT count(*) FROM FLOWS a NATURAL JOIN FLOWS b'),
	('semijoin', 'SELECT id FROM FLOWS a WHERE EXISTS (SELECT FROM FLOWS b WHERE b.dst_ip = a.dst_ip AND b.id <> a.id)'),
	('antijoin', 'SELECT id FROM FLOWS a WHERE NOT EXISTS (SELECT FROM FLOWS b WHERE b.dst_ip = a.dst_ip AND b.id > a.id)'),
	('not in', 'SELECT id FROM FLOWS WHERE dst_port NOT IN (SELECT dst_port FROM FLOWS WHERE id < 3)'),
	('any and all', 'SELECT id FROM FLOWS WHERE bidirectional_bytes >= ALL (SELECT bidirectional_bytes FROM FLOWS) OR id = ANY (ARRAY(SELECT protocol::bigint FROM FLOWS))'),
	('lateral', 'SELECT a.id, l.* FROM FLOWS a, LATERAL (SELECT b.id AS next, b.dst_port FROM FLOWS b WHERE b.id > a.id ORDER BY b.id LIMIT 1) l'),
	('lateral, outer', 'SELECT n, l.id FROM generate_series(0, 15, 5) n LEFT JOIN LATERAL (SELECT id FROM FLOWS WHERE id = n AND protocol = 6) l ON true'),
	('lateral function', 'SELECT id, place, size FROM FLOWS, unnest(splt_ps) WITH ORDINALITY s (size, place) WHERE size > 100'),
	('correlated subquery', 'SELECT id, (SELECT count(*) FROM FLOWS b WHERE b.src_port = a.src_port) FROM FLOWS a'),
	('subquery in from', 'SELECT protocol, most FROM (SELECT protocol, max(bidirectional_bytes) AS most FROM FLOWS GROUP BY 1) s WHERE most > 1000'),
	('with', 'WITH a AS (SELECT * FROM FLOWS WHERE id < 6), b AS MATERIALIZED (SELECT * FROM a WHERE protocol = 6) SELECT a.id, b.id FROM a LEFT JOIN b USING (id)'),
	('with recursive', 'WITH RECURSIVE r AS (SELECT id, dst_ip, 1 AS depth FROM FLOWS WHERE id = 0 UNION ALL SELECT f.id, f.dst_ip, depth + 1 FROM r JOIN FLOWS f ON f.id = r.id + 1 WHERE depth < 6) SELECT * FROM r'),
	('with recursive, search and cycle', 'WITH RECURSIVE r (ip, hops) AS (SELECT src_ip, 0 FROM FLOWS UNION SELECT f.dst_ip, hops + 1 FROM r JOIN FLOWS f ON f.src_ip = r.ip WHERE hops < 3) SEARCH BREADTH FIRST BY ip SET o CYCLE ip SET seen USING path SELECT ip, hops, seen FROM r'),
	('whole rows', 'SELECT f FROM FLOWS f WHERE id < 2'),
	('fields of whole rows', 'SELECT (f).src_ip, (f).application_name, f IS NULL FROM (SELECT f FROM FLOWS f) s'),
	('rows as JSON', 'SELECT to_jsonb(f) - ''id'', row_to_json(f)::text FROM FLOWS f'),
	('rows in arrays', 'SELECT array_agg(ROW(id, src_ip) ORDER BY id) FROM FLOWS'),
	('rows compared', 'SELECT count(*) FROM FLOWS a JOIN FLOWS b ON a.* IS NOT DISTINCT FROM b.*'),
	('row values', 'SELECT id FROM FLOWS WHERE (protocol, dst_port) > (6, 400)'),
	('no columns', 'SELECT FROM FLOWS'),
	('count', 'SELECT count(*) FROM FLOWS'),
	('case and coalesce', 'SELECT CASE WHEN dst_port = 443 THEN ''web'' ELSE coalesce(nullif(application_name, ''''), ''?'') END, count(*) FROM FLOWS GROUP BY 1'),
	('text', 'SELECT id, upper(requested_server_name) FROM FLOWS WHERE requested_server_name ILIKE ''%.COM'' OR requested_server_name ~ ''^www''  OR application_name SIMILAR TO ''D(N|X)S'''),
	('networks', 'SELECT id, host(src_ip), set_masklen(src_ip, 24), dst_ip - 1 FROM FLOWS WHERE src_ip << ''10.0.0.0/8'' AND NOT dst_ip && ''127.0.0.0/8'''),
	('arrays', 'SELECT id FROM FLOWS WHERE splt_ps @> ''{74}'' OR splt_direction[1:2] = ''{0,1}'''),
	('sets in the list', 'SELECT id, generate_series(1, 2), unnest(splt_direction) FROM FLOWS WHERE id < 3'),
	('a function of the row', 'SELECT id, of_row(f) FROM FLOWS f'),
	('a function with its own query', 'SELECT n, of_table(''FLOWS'', n) FROM generate_series(0, 3) n'),
	('times', 'SELECT date_trunc(''minute'', to_timestamp(bidirectional_first_seen_ms / 1000)), count(*) FROM FLOWS GROUP BY 1'),
	('values', 'SELECT f.id, v.name FROM FLOWS f JOIN (VALUES (443, ''https''), (53, ''domain'')) v (port, name) ON f.dst_port = v.port'),
	('for update', 'SELECT id, dst_port FROM FLOWS WHERE id < 4 FOR UPDATE'),
	('for share of one', 'SELECT a.id FROM kept a JOIN FLOWS b USING (id) WHERE b.protocol = 6 FOR SHARE OF a'),
	('for no key update of both', 'SELECT a.id FROM kept a JOIN FLOWS b USING (id) WHERE b.protocol = 6 FOR NO KEY UPDATE SKIP LOCKED');
-- The same of packets: PACKETS is the table's name.
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER users_server INTO users OPTIONS (source :'tls');
CREATE TABLE kept_packets AS TABLE packets;
CREATE UNIQUE INDEX kept_packets_number ON kept_packets (packet_number);
ANALYZE kept_packets;
INSERT INTO tries (about, query) VALUES
	('packets', 'SELECT * FROM PACKETS'),
	('packets: whole rows', 'SELECT p FROM PACKETS p WHERE p IS NOT NULL'),
	('packets: flows', 'SELECT first_packet, count(*), sum(payload_size), max(captured_at), array_agg(delta_time ORDER BY packet_number) FROM PACKETS GROUP BY 1'),
	('packets: flows'' first and last', 'SELECT DISTINCT ON (first_packet) first_packet, packet_number, frame FROM PACKETS ORDER BY first_packet, packet_number DESC'),
	('packets: windows', 'SELECT packet_number, sum(raw_size) OVER (PARTITION BY first_packet ORDER BY packet_number), lag(captured_at) OVER (ORDER BY packet_number) FROM PACKETS'),
	('packets: join with itself', 'SELECT a.packet_number, b.packet_number FROM PACKETS a JOIN PACKETS b ON a.first_packet = b.first_packet AND a.packet_number < b.packet_number'),
	('packets: join with flows', 'SELECT f.bidirectional_packets, count(*), sum(p.raw_size) = f.bidirectional_bytes FROM PACKETS p JOIN FLOWS f ON f.src_port = p.src_port AND f.dst_ip = p.dst_ip AND direction = 0 GROUP BY f.id, 1, f.bidirectional_bytes'),
	('packets: lateral', 'SELECT f.packet_number, l.packet_number FROM PACKETS f, LATERAL (SELECT packet_number FROM PACKETS b WHERE b.packet_number > f.packet_number AND b.first_packet = f.first_packet ORDER BY packet_number LIMIT 1) l WHERE f.packet_number = f.first_packet'),
	('packets: order', 'SELECT * FROM (SELECT packet_number, frame FROM PACKETS ORDER BY packet_number DESC LIMIT 5 OFFSET 2) o'),
	('packets: limit', 'SELECT packet_number FROM PACKETS LIMIT 3'),
	('packets: numbers', 'SELECT * FROM PACKETS WHERE packet_number BETWEEN 10 AND 20 OR packet_number = ANY (ARRAY[1, 5, 200])'),
	('packets: bytes', 'SELECT packet_number, length(ip_packet), substr(ip_packet, 1, 20) FROM PACKETS WHERE frame LIKE ''\x02''::bytea || ''%'' AND get_byte(ip_packet, 0) = 69'),
	('packets: flags', 'SELECT packet_number FROM PACKETS WHERE syn AND NOT ack OR fin IS NOT FALSE OR rst IS TRUE'),
	('packets: times', 'SELECT packet_number FROM PACKETS WHERE captured_at > (SELECT min(captured_at) + interval ''20 ms'' FROM PACKETS) AND direction = 1 AND delta_time > 0'),
	('packets: addresses', 'SELECT src_mac, dst_oui, count(*) FROM PACKETS WHERE src_ip << ''10.0.0.0/8'' AND (src_port, payload_size) > (443, 100) GROUP BY 1, 2'),
	('packets: grouping sets', 'SELECT protocol, tunnel_id, ip_version, count(*) FROM PACKETS GROUP BY GROUPING SETS ((1), (2, 3), ())'),
	('packets: with recursive', 'WITH RECURSIVE r AS (SELECT packet_number, first_packet FROM PACKETS WHERE packet_number = 1 UNION ALL SELECT p.packet_number, p.first_packet FROM r JOIN PACKETS p ON p.packet_number = r.packet_number + 1 WHERE p.packet_number < 30) SELECT * FROM r'),
	('packets: captures', 'SELECT nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number) FROM PACKETS GROUP BY first_packet'),
	('packets: for update', 'SELECT k.packet_number FROM kept_packets k JOIN PACKETS p USING (packet_number) WHERE p.syn FOR UPDATE OF k');

CREATE FUNCTION of_row(f anyelement) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN f.src_ip || '':'' || f.src_port; END';
CREATE FUNCTION of_table(name text, n int) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
	result bigint;
BEGIN
	EXECUTE format('SELECT sum(bidirectional_bytes) FROM %I WHERE id >= $1', name) USING n INTO result;
	RETURN result;
END $$;

-- What a query gives, whatever the order: the number of rows, and a hash over them.  An error's code if it is one.
CREATE FUNCTION outcome(query text, about text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line record;
	lines text[] := '{}';
BEGIN
	FOR line IN EXECUTE query LOOP
		lines := lines || line::text;
	END LOOP;
	SELECT array_agg(l ORDER BY l COLLATE "C") INTO lines FROM unnest(lines) l;
	RETURN format('%s rows %s', coalesce(cardinality(lines), 0), md5(lines::text));
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || sqlerrm;
END $$;
CREATE FUNCTION of_flows(query text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT replace(replace(query, 'FLOWS', 'flows'), 'PACKETS', 'packets') $$;
CREATE FUNCTION of_kept(query text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT replace(replace(query, 'FLOWS', 'kept'), 'PACKETS', 'kept_packets') $$;
CREATE VIEW outcomes AS
	SELECT number, about, outcome(of_flows(query)) AS of_flows, outcome(of_kept(query)) AS of_kept FROM tries;
SELECT about, split_part(of_flows, ' rows', 1) AS rows, of_flows = of_kept AS same FROM outcomes ORDER BY number;

-- The same by other plans: nested loops that read the table again and again, in compiled expressions; merges and sorts that spill, in
-- parallel workers whose leader only waits.
CREATE FUNCTION set(settings text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), false) FROM regexp_split_to_table(settings, ' ') s
		WHERE current_setting(split_part(s, '=', 1), true) IS NOT NULL;
END $$;
SELECT set('enable_hashjoin=off enable_mergejoin=off enable_material=off enable_memoize=off enable_hashagg=off'
	|| ' jit=on jit_above_cost=0 jit_inline_above_cost=-1 jit_optimize_above_cost=-1 TimeZone=UTC');
SELECT about, of_flows, of_kept FROM outcomes WHERE of_flows <> of_kept;
RESET ALL;
SET search_path = users, public;
SELECT set('enable_hashjoin=off enable_nestloop=off enable_hashagg=off work_mem=64kB'
	|| ' max_parallel_workers_per_gather=2 parallel_setup_cost=0 parallel_tuple_cost=0 min_parallel_table_scan_size=0'
	|| ' parallel_leader_participation=off force_parallel_mode=on debug_parallel_query=on TimeZone=UTC');
ALTER FOREIGN TABLE flows OPTIONS (ADD n_meters '2');
ALTER FOREIGN TABLE packets OPTIONS (ADD n_meters '2');
SELECT about, of_flows, of_kept FROM outcomes WHERE of_flows <> of_kept;
ALTER FOREIGN TABLE flows OPTIONS (DROP n_meters);
ALTER FOREIGN TABLE packets OPTIONS (DROP n_meters);
RESET ALL;
SET search_path = users, public;
SET timezone = 'UTC';

-- EXPLAIN of each, in all forms, without and with ANALYZE.
CREATE FUNCTION explained(query text, options text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, query) LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END $$;
SELECT number, about FROM tries, explained(of_flows(query), 'ANALYZE, VERBOSE, BUFFERS, SETTINGS, WAL, FORMAT JSON') plan
	WHERE (plan::json -> 0 ->> 'Execution Time') IS NULL OR plan !~ 'Foreign Scan' AND query !~ 'of_table';
SELECT number, about FROM tries, explained(of_flows(query), 'FORMAT XML') plan WHERE NOT xml_is_well_formed_document(plan);

-- Statements that put flows into tables: TARGET is one with some of them.
CREATE TABLE changes (number serial, about text, statement text);
INSERT INTO changes (about, statement) VALUES
	('insert', 'INSERT INTO TARGET SELECT id + 100, dst_port, bidirectional_bytes, application_name FROM FLOWS'),
	('insert, on conflict do nothing', 'INSERT INTO TARGET SELECT id, dst_port, bidirectional_bytes, application_name FROM FLOWS ON CONFLICT DO NOTHING'),
	('insert, on conflict do update', 'INSERT INTO TARGET AS t SELECT id, dst_port, bidirectional_bytes, application_name FROM FLOWS ON CONFLICT (id) DO UPDATE SET bytes = t.bytes + excluded.bytes WHERE excluded.port = 443'),
	('insert with a query before it', 'WITH web AS (SELECT * FROM FLOWS WHERE dst_port = 443) INSERT INTO TARGET SELECT 200 + id, dst_port FROM web'),
	('insert of what changed', 'WITH gone AS (DELETE FROM TARGET t USING FLOWS f WHERE f.id = t.id AND f.protocol = 6 RETURNING t.*) INSERT INTO TARGET SELECT id + 300, port, bytes, name FROM gone'),
	('update from', 'UPDATE TARGET t SET bytes = f.bidirectional_bytes, name = f.application_name FROM FLOWS f WHERE f.id = t.id'),
	('update of a subquery', 'UPDATE TARGET SET (port, bytes) = (SELECT dst_port, bidirectional_bytes FROM FLOWS f WHERE f.id = TARGET.id)'),
	('update where in', 'UPDATE TARGET SET name = ''seen'' WHERE id IN (SELECT id FROM FLOWS WHERE bidirectional_packets > 10)'),
	('delete using', 'DELETE FROM TARGET t USING FLOWS f WHERE f.id = t.id AND f.src_port % 2 = 0'),
	('delete where not exists', 'DELETE FROM TARGET t WHERE NOT EXISTS (SELECT FROM FLOWS f WHERE f.id = t.id AND dst_port = 443)'),
	('merge', 'MERGE INTO TARGET t USING FLOWS f ON t.id = f.id WHEN MATCHED AND f.dst_port = 53 THEN DELETE WHEN MATCHED THEN UPDATE SET bytes = f.bidirectional_bytes WHEN NOT MATCHED AND f.id > 10 THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (f.id, f.dst_port, f.bidirectional_bytes, f.application_name)'),
	('merge of a subquery', 'MERGE INTO TARGET t USING (SELECT dst_port, count(*) AS n FROM FLOWS GROUP BY 1) f ON t.port = f.dst_port WHEN MATCHED THEN UPDATE SET bytes = n'),
	('a trigger that reads', 'INSERT INTO TARGET SELECT id + 400 FROM FLOWS WHERE id < 5'),
	('a function', 'SELECT fill(''TARGET'', ''FLOWS'')'),
	('a loop', 'DO $do$ DECLARE f record; BEGIN FOR f IN SELECT * FROM FLOWS LOOP UPDATE TARGET SET bytes = f.bidirectional_bytes WHERE id = f.id; CONTINUE WHEN f.id < 4; INSERT INTO TARGET VALUES (f.id + 500, f.dst_port); EXIT WHEN f.id > 8; END LOOP; END $do$'),
	('a cursor', 'DO $do$ DECLARE c SCROLL CURSOR (least int) FOR SELECT id FROM FLOWS WHERE id >= least ORDER BY id; n bigint; BEGIN OPEN c (3); FETCH LAST FROM c INTO n; INSERT INTO TARGET VALUES (600 + n); FETCH ABSOLUTE 2 FROM c INTO n; INSERT INTO TARGET VALUES (700 + n); MOVE BACKWARD 1 FROM c; FETCH RELATIVE 0 FROM c INTO n; INSERT INTO TARGET VALUES (800 + n); CLOSE c; END $do$'),
	('a block that fails', 'DO $do$ BEGIN INSERT INTO TARGET SELECT id + 900 FROM FLOWS; PERFORM 1 / (5 - id) FROM FLOWS; EXCEPTION WHEN division_by_zero THEN INSERT INTO TARGET SELECT 999 FROM FLOWS LIMIT 1; END $do$'),
	('dynamic SQL', 'DO $do$ DECLARE n bigint; BEGIN FOR i IN 1..3 LOOP EXECUTE ''SELECT sum(bidirectional_bytes) FROM FLOWS WHERE protocol = $1'' INTO n USING i * 6 - 1; UPDATE TARGET SET bytes = n WHERE id = i; END LOOP; END $do$');
CREATE FUNCTION count_flows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF new.id >= 400 AND new.id < 500 THEN
		new.bytes := (SELECT sum(bidirectional_bytes) FROM flows WHERE id <= new.id - 400);
	END IF;
	RETURN new;
END $$;
CREATE FUNCTION fill(target regclass, source regclass) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	filled bigint;
BEGIN
	EXECUTE format('INSERT INTO %s SELECT id + 1000, dst_port FROM %s', target, source);
	GET DIAGNOSTICS filled = ROW_COUNT;
	RETURN filled;
END $$;
CREATE FUNCTION changed(statement text, source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	DROP TABLE IF EXISTS target;
	CREATE TABLE target (id bigint PRIMARY KEY, port int, bytes bigint DEFAULT 0, name text);
	CREATE TRIGGER count_flows BEFORE INSERT ON target FOR EACH ROW EXECUTE FUNCTION count_flows();
	INSERT INTO target SELECT n, 443 FROM generate_series(0, 20, 2) n;
	EXECUTE replace(replace(statement, 'FLOWS', source), 'TARGET', 'target');
	RETURN outcome('SELECT * FROM target');
END $$;
SET client_min_messages = warning;
SELECT about, of_flows ~ 'rows' AS works, of_flows = of_kept AS same
	FROM (SELECT *, changed(statement, 'flows') AS of_flows, changed(statement, 'kept') AS of_kept FROM changes) c ORDER BY number;
RESET client_min_messages;

-- A loop that commits, and cursors that outlive their transaction or what was undone in it.
CREATE TABLE seen (id bigint, port int);
CREATE PROCEDURE see() LANGUAGE plpgsql AS $$
DECLARE
	flow record;
BEGIN
	FOR flow IN SELECT id, dst_port FROM flows ORDER BY id LOOP
		INSERT INTO seen VALUES (flow.id, flow.dst_port);
		IF flow.id % 4 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
	END LOOP;
END $$;
CALL see();
SELECT count(*), sum(id) FROM seen;
BEGIN;
DECLARE kept_open SCROLL CURSOR WITH HOLD FOR SELECT id, dst_port FROM flows;
FETCH 2 FROM kept_open;
SAVEPOINT s;
DECLARE undone CURSOR FOR SELECT id FROM flows;
FETCH 1 FROM undone;
SELECT 1 / (id - 2) FROM flows;
ROLLBACK TO s;
FETCH 1 FROM undone;
ROLLBACK TO s;
FETCH 1 FROM kept_open;
DELETE FROM seen WHERE CURRENT OF kept_open;
ROLLBACK TO s;
COMMIT;
FETCH 1 FROM kept_open;
FETCH ABSOLUTE 1 FROM kept_open;
FETCH LAST FROM kept_open;
CLOSE kept_open;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SELECT count(*) FROM flows;
COMMIT;
-- A function's cursor, read by its caller.
CREATE FUNCTION open_flows() RETURNS refcursor LANGUAGE plpgsql AS $$
DECLARE
	c refcursor := 'given';
BEGIN
	OPEN c FOR SELECT id FROM flows WHERE dst_port = 443;
	RETURN c;
END $$;
BEGIN;
SELECT open_flows();
FETCH 2 FROM given;
COMMIT;

-- Prepared: one plan for all parameters, also where the table's options change.
PREPARE by_port (int, text) AS SELECT count(*), min(id) FROM flows WHERE dst_port = $1 AND application_name LIKE $2;
SET plan_cache_mode = force_generic_plan;
EXECUTE by_port (443, '%');
EXECUTE by_port (53, 'DNS%');
EXECUTE by_port (NULL, NULL);
ALTER FOREIGN TABLE flows OPTIONS (ADD max_nflows '4');
EXECUTE by_port (443, '%');
ALTER FOREIGN TABLE flows OPTIONS (DROP max_nflows);
EXECUTE by_port (443, '%');
RESET plan_cache_mode;
DEALLOCATE by_port;

-- Views: of an owner who may read, over one who may not; behind a barrier no function of the reader's sees other rows.
CREATE ROLE users_role;
GRANT USAGE ON SCHEMA users TO users_role;
CREATE VIEW web AS SELECT id, src_ip, dst_port FROM flows WHERE dst_port = 443;
CREATE VIEW web_behind_barrier WITH (security_barrier) AS SELECT id, src_ip, dst_port FROM flows WHERE dst_port = 443;
CREATE VIEW web_of_invoker WITH (security_invoker) AS SELECT id FROM flows;
GRANT SELECT ON web, web_behind_barrier, web_of_invoker TO users_role;
CREATE FUNCTION leak(bigint, int) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	IF $2 <> 443 THEN RAISE NOTICE 'flow % leaked', $1; END IF;
	RETURN $1 < 4;
END $$;
SET ROLE users_role;
SELECT count(*) FROM web_behind_barrier WHERE leak(id, dst_port);
SELECT plan ~ 'Subquery Scan.*leak.*Foreign Scan' AS behind FROM explained('SELECT id FROM web_behind_barrier WHERE leak(id, dst_port)', 'VERBOSE') plan;
SELECT count(*) FROM flows;
SELECT count(*) FROM web_of_invoker;
RESET ROLE;
-- Columns of one's own: others, and rows as a whole, are refused.
GRANT SELECT (id, dst_port) ON flows TO users_role;
SET ROLE users_role;
SELECT count(id) FROM flows WHERE dst_port = 443;
SELECT src_ip FROM flows;
SELECT f FROM flows f;
SELECT count(*) FROM web_of_invoker;
RESET ROLE;

-- Row-level security of ordinary tables that are joined with it; its own there is none.
CREATE TABLE mine (port int, whose text);
INSERT INTO mine VALUES (443, 'users_role'), (53, 'somebody');
ALTER TABLE mine ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON mine USING (whose = current_user);
GRANT SELECT ON mine TO users_role;
SET ROLE users_role;
SELECT whose, count(id) FROM flows JOIN mine ON port = dst_port GROUP BY 1;
RESET ROLE;

-- Materialized views, refreshed beside their readers.
CREATE MATERIALIZED VIEW summary AS SELECT application_name, count(*) AS flows FROM flows GROUP BY 1;
CREATE UNIQUE INDEX ON summary (application_name);
ALTER FOREIGN TABLE flows OPTIONS (ADD bpf_filter 'port 443');
REFRESH MATERIALIZED VIEW CONCURRENTLY summary;
SELECT sum(flows), (SELECT count(*) FROM flows) AS now FROM summary;
ALTER FOREIGN TABLE flows OPTIONS (DROP bpf_filter);
REFRESH MATERIALIZED VIEW CONCURRENTLY summary;
SELECT sum(flows), (SELECT count(*) FROM flows) AS now FROM summary;

-- Partitions: of each capture a list or a range, attached and detached, beside an ordinary one; joined and grouped part by part.
CREATE TABLE parts (LIKE flows) PARTITION BY RANGE (bidirectional_first_seen_ms);
CREATE TABLE parts_old PARTITION OF parts FOR VALUES FROM (MINVALUE) TO (1000);
IMPORT FOREIGN SCHEMA nflow FROM SERVER users_server INTO users
	OPTIONS (table_name 'part', source :'vlans', statistical_analysis 'true', splt_analysis '5');
ALTER TABLE parts ATTACH PARTITION part FOR VALUES FROM (1000) TO (1780000000000);
ALTER TABLE parts ATTACH PARTITION flows FOR VALUES FROM (1780000000000) TO (MAXVALUE);
INSERT INTO parts (id, bidirectional_first_seen_ms) VALUES (7, 1);
INSERT INTO parts (id, bidirectional_first_seen_ms) VALUES (7, 2000);
SELECT tableoid::regclass AS part, count(*), count(DISTINCT src_port) AS ports FROM parts GROUP BY 1 ORDER BY 1;
SET enable_partitionwise_aggregate = on;
SET enable_partitionwise_join = on;
SELECT tableoid::regclass AS part, count(*) FROM parts GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM parts a JOIN parts b USING (bidirectional_first_seen_ms) WHERE a.id = b.id;
RESET enable_partitionwise_aggregate;
RESET enable_partitionwise_join;
EXPLAIN (COSTS OFF) SELECT count(*) FROM parts WHERE bidirectional_first_seen_ms < 1000;
PREPARE of_time (bigint) AS SELECT count(*) FROM parts WHERE bidirectional_first_seen_ms < $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE of_time (1000);
EXECUTE of_time (1780000000000);
EXECUTE of_time (9000000000000);
RESET plan_cache_mode;
UPDATE parts SET id = id + 1 WHERE bidirectional_first_seen_ms < 1000;
UPDATE parts SET id = id + 1;
DELETE FROM parts WHERE bidirectional_first_seen_ms = 1;
CREATE INDEX parts_id ON parts (id);
ALTER TABLE parts DETACH PARTITION part;
SELECT count(*) FROM parts;
ALTER TABLE parts DETACH PARTITION flows CONCURRENTLY;
SELECT count(*) FROM parts;
CREATE INDEX parts_id ON parts (id);
ALTER TABLE parts ATTACH PARTITION part FOR VALUES FROM (1000) TO (1780000000000);
-- Inheritance, CHECK constraints as promises that leave a table out, and rules.
CREATE TABLE ancestor (id bigint, dst_port int);
CREATE FOREIGN TABLE heir () INHERITS (ancestor) SERVER users_server OPTIONS (source :'tls');
ALTER FOREIGN TABLE heir ADD CONSTRAINT ports CHECK (dst_port > 0);
INSERT INTO ancestor VALUES (-1, 0);
SELECT tableoid::regclass, count(*) FROM ancestor GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM ONLY ancestor;
EXPLAIN (COSTS OFF) SELECT * FROM ancestor WHERE dst_port = 0;
SET constraint_exclusion = on;
EXPLAIN (COSTS OFF) SELECT * FROM heir WHERE dst_port = 0;
RESET constraint_exclusion;
CREATE RULE into_seen AS ON INSERT TO heir DO INSTEAD INSERT INTO seen VALUES (new.id, new.dst_port);
INSERT INTO heir VALUES (77, 77);
SELECT * FROM seen WHERE id = 77;

-- Temporary tables of flows, columns that are added, renamed and dropped.
CREATE FOREIGN TABLE pg_temp.brief (id bigint NOT NULL, port int OPTIONS (attribute 'dst_port') DEFAULT 5) SERVER users_server OPTIONS (source :'tls');
SELECT count(*), count(port) FROM brief;
ALTER FOREIGN TABLE brief ADD src_ip inet, DROP port, ADD sender text OPTIONS (attribute 'src_ip');
SELECT count(*) FROM brief WHERE sender = host(src_ip);
ALTER FOREIGN TABLE brief RENAME src_ip TO dst_ip;
SELECT count(*) FROM brief WHERE sender = host(dst_ip);
ALTER FOREIGN TABLE brief ADD doubled bigint GENERATED ALWAYS AS (id * 2) STORED;
SELECT id, doubled FROM brief;
DROP FOREIGN TABLE brief;

-- Triggers on events see tables come and go.
CREATE FUNCTION told() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
	command record;
BEGIN
	IF tg_event = 'ddl_command_end' THEN
		FOR command IN SELECT DISTINCT object_type, object_identity FROM pg_event_trigger_ddl_commands() LOOP
			RAISE NOTICE '%: % %', tg_tag, command.object_type, command.object_identity;
		END LOOP;
	ELSE
		FOR command IN SELECT * FROM pg_event_trigger_dropped_objects() WHERE original LOOP
			RAISE NOTICE '%: % %', tg_tag, command.object_type, command.object_identity;
		END LOOP;
	END IF;
END $$;
CREATE EVENT TRIGGER users_told ON ddl_command_end EXECUTE FUNCTION told();
CREATE EVENT TRIGGER users_told_drops ON sql_drop EXECUTE FUNCTION told();
IMPORT FOREIGN SCHEMA conn FROM SERVER users_server INTO users OPTIONS (source :'tls');
SELECT nfstream_to_table('conn', 'as_table') > 0 AS filled;
DROP FOREIGN TABLE conn;
DROP EVENT TRIGGER users_told;
DROP EVENT TRIGGER users_told_drops;

-- Statistics: ANALYZE, of some columns, of several together; VACUUM.
ANALYZE flows;
ANALYZE flows (dst_port, application_name);
CREATE STATISTICS ports_names (dependencies, mcv) ON dst_port, application_name FROM flows;
ANALYZE flows;
SELECT count(*) FROM pg_statistic_ext_data d JOIN pg_statistic_ext s ON s.oid = stxoid WHERE stxname = 'ports_names' AND stxdmcv IS NOT NULL;
SELECT reltuples FROM pg_class WHERE oid = 'flows'::regclass;
VACUUM flows;
VACUUM ANALYZE flows;

-- The rows of the tables beside the one that is changed or locked are copied, in case that somebody else changes it meanwhile: of a flow
-- only what the statement reads is computed for that.
CREATE FUNCTION computed(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
		IF line ~ '(DPI|Statistics|SPLT):' THEN RETURN NEXT btrim(line); END IF;
	END LOOP;
END $$;
SELECT about, (SELECT string_agg(computed, ', ') FROM computed(statement)) AS computed FROM (VALUES
	('update', 'UPDATE seen s SET port = f.dst_port FROM flows f WHERE f.id = s.id'),
	('update, a label', 'UPDATE seen s SET port = f.dst_port FROM flows f WHERE f.id = s.id AND f.application_name <> '''''),
	('update, returning', 'UPDATE seen s SET port = f.dst_port FROM flows f WHERE f.id = s.id RETURNING f.bidirectional_mean_ps'),
	('update, returning the row', 'UPDATE seen s SET port = f.dst_port FROM flows f WHERE f.id = s.id RETURNING f'),
	('update, the row', 'UPDATE seen s SET port = length(f::text) FROM flows f WHERE f.id = s.id'),
	('update, a condition on the row', 'UPDATE seen s SET port = 1 FROM flows f WHERE f.id = s.id AND f IS NOT NULL'),
	('update, a join by the row', 'UPDATE seen s SET port = 1 FROM flows f, kept k WHERE f.id = s.id AND f::text = k::text'),
	('delete', 'DELETE FROM seen s USING flows f WHERE f.id = s.id'),
	('merge', 'MERGE INTO seen s USING flows f ON f.id = s.id WHEN MATCHED THEN DELETE'),
	('merge, a condition on the row', 'MERGE INTO seen s USING flows f ON f.id = s.id WHEN MATCHED AND f IS NOT NULL THEN DELETE'),
	('merge, the row', 'MERGE INTO seen s USING flows f ON f.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (length(f::text))'),
	('for update', 'SELECT f.id FROM seen s JOIN flows f USING (id) FOR UPDATE'),
	('for update, the row', 'SELECT f FROM seen s JOIN flows f USING (id) FOR UPDATE OF s'),
	('for update, a group', 'SELECT id FROM (SELECT f.id FROM seen s JOIN flows f USING (id) FOR UPDATE OF s) g GROUP BY 1 HAVING count(*) > 0'),
	('for update, partitions', 'SELECT p.id FROM seen s JOIN parts p USING (id) FOR UPDATE OF s'),
	('for update, partitions, the row', 'SELECT p FROM seen s JOIN parts p USING (id) FOR UPDATE OF s')) v (about, statement);

-- A publication of all tables is one of those that have a log.
SET client_min_messages = error;
CREATE PUBLICATION users_publication FOR ALL TABLES;
SELECT bool_or(tablename = 'kept') AS kept, bool_or(tablename = 'flows') AS flows FROM pg_publication_tables
	WHERE pubname = 'users_publication' AND schemaname = 'users';
DROP PUBLICATION users_publication;
RESET client_min_messages;

-- What is refused: by its code, as the server's versions say it in words of their own.
CREATE FUNCTION refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate;
END $$;
SELECT statement, refused(statement) FROM unnest(ARRAY[
	'INSERT INTO flows (id) VALUES (1)',
	'UPDATE flows SET id = 1',
	'DELETE FROM flows',
	'MERGE INTO flows f USING seen s ON f.id = s.id WHEN MATCHED THEN DELETE',
	'COPY flows FROM ''/dev/null''',
	'COPY flows TO ''/dev/null''',
	'TRUNCATE flows',
	'SELECT * FROM flows TABLESAMPLE SYSTEM (10)',
	'SELECT ctid, tableoid::regclass FROM flows',
	'LOCK TABLE flows',
	'CREATE INDEX ON flows (id)',
	'ALTER FOREIGN TABLE flows ADD PRIMARY KEY (id)',
	'ALTER FOREIGN TABLE flows ADD FOREIGN KEY (id) REFERENCES kept (id)',
	'CREATE TABLE refers (id bigint REFERENCES flows (id))',
	'REINDEX TABLE flows',
	'CLUSTER flows USING kept_id',
	'ALTER FOREIGN TABLE flows ENABLE ROW LEVEL SECURITY',
	'CREATE POLICY p ON flows',
	'CREATE PUBLICATION users_publication FOR TABLE flows',
	'ALTER FOREIGN TABLE flows SET LOGGED',
	'ALTER FOREIGN TABLE flows REPLICA IDENTITY FULL',
	'CREATE RULE "_RETURN" AS ON SELECT TO flows DO INSTEAD SELECT * FROM kept',
	'CREATE TRIGGER t BEFORE INSERT ON flows FOR EACH ROW EXECUTE FUNCTION count_flows()',
	'CREATE TRIGGER u AFTER UPDATE ON flows REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION count_flows()']) statement;
SELECT refused('SELECT xmin FROM flows') IN ('0A000', 'XX000') AS flows_have_no_xmin;

SET client_min_messages = warning;
DROP OWNED BY users_role;
DROP SCHEMA users CASCADE;
DROP SERVER users_server CASCADE;
DROP ROLE users_role;
