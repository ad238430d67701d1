-- A scan, in every kind of statement that can hold one; and what options make of it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
\set protocols :pcaps '/ip_protocols.pcap'
\set vlans :pcaps '/link_vlan.pcap'
\set idle :pcaps '/time_idle.pcap'
\set active :pcaps '/time_active.pcap'
\set order :pcaps '/time_order.pcap'
\set zero :pcaps '/time_zero.pcap'
\set gtp :pcaps '/tunnel_gtp.pcap'
CREATE SCHEMA scan;
SET search_path = scan, public;
SET timezone = 'UTC';
CREATE SERVER scan_server FOREIGN DATA WRAPPER nfstream_fdw;

-- A first look.
IMPORT FOREIGN SCHEMA nflow FROM SERVER scan_server INTO scan
	OPTIONS (table_name 'flows', source :'tls', bpf_filter 'tcp port 443',
		statistical_analysis 'true', splt_analysis '10');
SELECT application_name, count(*) FROM flows GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT id, src_ip, dst_ip, dst_port, application_category_name, requested_server_name FROM flows
	WHERE application_name = 'Facebook';
CREATE TABLE dataset AS SELECT * FROM flows;
SELECT count(*) FROM dataset;
SELECT count(*) AS differing FROM (SELECT * FROM dataset EXCEPT ALL SELECT * FROM flows) difference;
SELECT count(*) FROM pg_attribute WHERE attrelid = 'dataset'::regclass AND attnum > 0;

-- Conditions, order, groups.
IMPORT FOREIGN SCHEMA nflow FROM SERVER scan_server INTO scan
	OPTIONS (table_name 'protocols', source :'protocols', n_dissections '0');
IMPORT FOREIGN SCHEMA nflow FROM SERVER scan_server INTO scan
	OPTIONS (table_name 'vlans', source :'vlans', n_dissections '0');
SELECT id, src_ip, dst_ip, protocol, bidirectional_packets AS packets, bidirectional_bytes AS bytes FROM protocols;
SELECT id, protocol FROM protocols WHERE protocol > 100 AND bidirectional_bytes = 82 ORDER BY protocol DESC;
SELECT id FROM protocols WHERE src_ip = 'fd00:9::1' OR src_port = 40020;
SELECT id FROM protocols WHERE src_ip << '10.0.0.0/8' AND protocol = ANY ('{1,2,58}');
SELECT id FROM protocols WHERE false;
SELECT ip_version, count(*), sum(bidirectional_bytes), min(protocol), max(protocol),
	avg(bidirectional_packets)::numeric(5,3)
	FROM protocols GROUP BY ip_version ORDER BY ip_version;
SELECT bidirectional_bytes AS bytes, array_agg(id ORDER BY id) FROM protocols GROUP BY 1 HAVING count(*) < 3 ORDER BY 1;
SELECT DISTINCT ON (ip_version) ip_version, protocol FROM protocols ORDER BY ip_version, protocol DESC;
SELECT id, rank() OVER (PARTITION BY ip_version ORDER BY bidirectional_bytes DESC) FROM protocols
	WHERE id < 5 ORDER BY id;
SELECT id FROM protocols ORDER BY bidirectional_bytes DESC, id LIMIT 3;
SELECT id FROM protocols LIMIT 2 OFFSET 4;
SELECT id FROM protocols LIMIT 0;
SELECT id FROM protocols FETCH FIRST 1 ROW ONLY;
SELECT count(*), count(*) FILTER (WHERE protocol = 6) AS tcp FROM protocols;

-- Joins; each pass over the table gives the same rows.
SELECT a.id, b.id FROM vlans a JOIN vlans b ON a.src_port = b.src_port AND a.id < b.id;
SELECT v.id, p.id FROM vlans v LEFT JOIN protocols p ON p.id = v.id AND p.ip_version = 6 ORDER BY v.id;
SELECT p.id, flows.id FROM protocols p FULL JOIN (SELECT id FROM flows WHERE id < 3) flows USING (id)
	WHERE p.id < 4 ORDER BY 1;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT a.id, b.id, b.protocol FROM vlans a JOIN protocols b ON a.id = b.id ORDER BY 1;
SELECT count(*) FROM vlans a JOIN vlans b ON a.id < b.id;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
SELECT v.id, l.id FROM vlans v,
	LATERAL (SELECT p.id FROM protocols p WHERE p.protocol > v.vlan_id ORDER BY p.protocol LIMIT 1) l;
SELECT n, (SELECT protocol FROM protocols WHERE id = n) FROM generate_series(13, 15) n;
SELECT n, (SELECT count(*) FROM (SELECT FROM protocols LIMIT n) first_of) FROM generate_series(0, 16, 8) n;
SELECT id FROM vlans v WHERE EXISTS (SELECT FROM protocols p WHERE p.protocol = v.vlan_id / 10);
SELECT id FROM vlans v WHERE NOT EXISTS (SELECT FROM vlans o WHERE o.src_port = v.src_port AND o.id <> v.id)
	AND vlan_id > 0;
SELECT id FROM vlans WHERE id NOT IN (SELECT protocol FROM protocols);
SELECT id FROM vlans WHERE bidirectional_bytes = (SELECT max(bidirectional_bytes) FROM vlans);
WITH bytes AS MATERIALIZED (SELECT vlan_id, bidirectional_bytes AS n FROM vlans)
	SELECT (SELECT sum(n) FROM bytes), (SELECT count(*) FROM bytes);
WITH RECURSIVE upward AS (SELECT min(id) AS id FROM vlans
	UNION ALL SELECT v.id FROM upward u JOIN vlans v ON v.id = u.id + 2)
	SELECT * FROM upward;

-- Cursors.
BEGIN;
DECLARE forward CURSOR FOR SELECT id, protocol FROM protocols;
FETCH 2 FROM forward;
MOVE 10 FROM forward;
FETCH ALL FROM forward;
FETCH NEXT FROM forward;
FETCH BACKWARD 1 FROM forward;
ROLLBACK;
BEGIN;
DECLARE back SCROLL CURSOR FOR SELECT id FROM protocols;
FETCH ABSOLUTE 9 FROM back;
FETCH BACKWARD 2 FROM back;
FETCH FIRST FROM back;
FETCH LAST FROM back;
CLOSE back;
DECLARE held CURSOR WITH HOLD FOR SELECT id FROM protocols WHERE protocol > 200;
DECLARE other CURSOR FOR SELECT id FROM vlans;
DECLARE same CURSOR FOR SELECT id FROM vlans;
FETCH 1 FROM other;
FETCH 2 FROM same;
FETCH 1 FROM other;
COMMIT;
FETCH ALL FROM held;
CLOSE held;

-- Prepared statements: each execution is a scan of its own, with its own parameters.
PREPARE by_protocol (int) AS SELECT id FROM protocols WHERE protocol = $1;
EXECUTE by_protocol (6);
SET plan_cache_mode = force_generic_plan;
EXECUTE by_protocol (58);
EXECUTE by_protocol (58);
ALTER FOREIGN TABLE protocols OPTIONS (ADD max_nflows '3');
EXECUTE by_protocol (58);
ALTER FOREIGN TABLE protocols OPTIONS (DROP max_nflows);
EXECUTE by_protocol (58);
RESET plan_cache_mode;
DEALLOCATE by_protocol;

-- Into other tables, and out.
CREATE TABLE kept (id bigint PRIMARY KEY, protocol int, bytes bigint DEFAULT 0);
INSERT INTO kept SELECT id, protocol, bidirectional_bytes FROM protocols WHERE id < 3 RETURNING *;
INSERT INTO kept SELECT id, protocol FROM protocols WHERE id < 5 ON CONFLICT (id) DO NOTHING;
UPDATE kept SET bytes = p.bidirectional_bytes FROM protocols p WHERE p.id = kept.id AND bytes = 0;
DELETE FROM kept USING protocols p WHERE p.id = kept.id AND p.ip_version = 6;
TABLE kept;
CREATE TEMP TABLE ports AS SELECT DISTINCT src_port FROM vlans WITH NO DATA;
INSERT INTO ports SELECT DISTINCT src_port FROM vlans;
SELECT count(*) FROM ports;
COPY (SELECT id, src_ip, src_port, vlan_id FROM vlans WHERE src_port <> 40001) TO STDOUT (FORMAT csv, HEADER);
CREATE VIEW tagged AS SELECT vlan_id, count(*) AS flows FROM vlans WHERE vlan_id > 0 GROUP BY vlan_id;
SELECT * FROM tagged ORDER BY vlan_id;
CREATE MATERIALIZED VIEW tagged_once AS TABLE tagged;
ALTER FOREIGN TABLE vlans OPTIONS (ADD bpf_filter 'vlan 101');
SELECT count(*) FROM tagged_once;
REFRESH MATERIALIZED VIEW tagged_once;
TABLE tagged_once;
ALTER FOREIGN TABLE vlans OPTIONS (DROP bpf_filter);

-- Functions.
CREATE FUNCTION ports_of(wanted int) RETURNS SETOF int LANGUAGE plpgsql AS $$
DECLARE
	flow record;
BEGIN
	FOR flow IN SELECT * FROM vlans WHERE vlan_id = wanted LOOP
		RETURN NEXT flow.src_port;
	END LOOP;
END $$;
SELECT vlan, ports_of(vlan) FROM unnest('{100,101,102,0}'::int[]) vlan;
CREATE FUNCTION bytes_of(wanted int) RETURNS numeric LANGUAGE sql
	AS 'SELECT sum(bidirectional_bytes) FROM vlans WHERE vlan_id = wanted';
SELECT vlan, bytes_of(vlan) FROM unnest('{100,102}'::int[]) vlan;
DO $$
DECLARE
	seen int := 0;
	flow vlans;
	flows CURSOR FOR SELECT * FROM vlans;
BEGIN
	FOR flow IN TABLE vlans LOOP
		seen := seen + 1;
		EXIT WHEN seen = 3;
	END LOOP;
	RAISE NOTICE 'left the loop at flow %', flow.id;
	BEGIN
		FOR flow IN TABLE vlans LOOP
			PERFORM 1 / (2 - flow.id);
		END LOOP;
	EXCEPTION WHEN division_by_zero THEN
		RAISE NOTICE 'an error was caught at flow %', flow.id;
	END;
	OPEN flows;
	FETCH flows INTO flow;
	RAISE NOTICE 'the first of the cursor is %', flow.id;
	CLOSE flows;
	SELECT count(*) INTO seen FROM vlans;
	RAISE NOTICE '% flows', seen;
END $$;

-- Several captures: in one statement, as partitions, as one capture.
SELECT 'vlans' AS flows, count(*), sum(bidirectional_packets) AS packets FROM vlans
	UNION ALL SELECT 'protocols', count(*), sum(bidirectional_packets) FROM protocols;
SELECT id FROM vlans WHERE ip_version = 6 UNION SELECT id FROM protocols WHERE ip_version = 6 ORDER BY id;
CREATE TABLE hours (LIKE vlans) PARTITION BY RANGE (bidirectional_first_seen_ms);
CREATE FOREIGN TABLE hours_idle PARTITION OF hours FOR VALUES FROM (1700000000000) TO (1700000300000) SERVER scan_server
	OPTIONS (source :'idle');
CREATE FOREIGN TABLE hours_zero PARTITION OF hours FOR VALUES FROM (0) TO (1700000000000) SERVER scan_server
	OPTIONS (source :'zero');
SELECT tableoid::regclass, count(*), sum(bidirectional_packets) AS packets FROM hours GROUP BY 1 ORDER BY 1;
SELECT tableoid::regclass, id, src_port FROM hours WHERE bidirectional_first_seen_ms < 1000000000;
SELECT tableoid::regclass, id FROM hours WHERE src_port = 40003 AND expiration_id = 0;
INSERT INTO hours (bidirectional_first_seen_ms) VALUES (1700000000000);

CREATE FOREIGN TABLE several (id bigint, source_file text, src_port int, bidirectional_first_seen_ms bigint,
	bidirectional_packets bigint, expiration_id int) SERVER scan_server OPTIONS (source :'idle');
-- The captures overlap, which is said with their paths.
\set VERBOSITY terse
SELECT format('{%s,"%s"}', :'idle', :'order') AS idle_order,
	format('{%s,%s,%s}', :'order', :'order', :'idle') AS order_order_idle,
	format('{"%s/time_[io]*.pcap",%s}', :'pcaps', :'protocols') AS globs \gset
ALTER FOREIGN TABLE several OPTIONS (SET source :'idle_order');
SELECT id, substr(source_file, length(:'pcaps') + 2) AS source_file, src_port AS port,
	bidirectional_first_seen_ms AS first, bidirectional_packets AS packets FROM several;
ALTER FOREIGN TABLE several OPTIONS (SET source :'order_order_idle');
SELECT id, substr(source_file, length(:'pcaps') + 2) AS source_file, src_port AS port,
	bidirectional_first_seen_ms AS first, bidirectional_packets AS packets FROM several;
ALTER FOREIGN TABLE several OPTIONS (SET source :'globs');
SELECT substr(source_file, length(:'pcaps') + 2) AS source_file, count(*), sum(bidirectional_packets) AS packets
	FROM several GROUP BY 1 ORDER BY 1;
SELECT :'pcaps' || '/time_*.pcap' AS glob \gset
ALTER FOREIGN TABLE several OPTIONS (SET source :'glob');
SELECT id, substr(source_file, length(:'pcaps') + 2) AS source_file, src_port AS port, bidirectional_packets AS packets
	FROM several WHERE bidirectional_packets > 10;
SELECT substr(source_file, length(:'pcaps') + 2) AS source_file, count(*) FROM several
	GROUP BY source_file ORDER BY min(id);
\set VERBOSITY default

-- Columns in another order, under other names, some of them, none of them.
CREATE FOREIGN TABLE named (bytes bigint OPTIONS (attribute 'bidirectional_bytes'), id bigint,
	sender inet OPTIONS (attribute 'src_ip'), dst_ip inet,
	"Sender's port" int OPTIONS (attribute 'src_port'), src_port int OPTIONS (attribute 'dst_port'))
	SERVER scan_server OPTIONS (source :'vlans');
SELECT * FROM named WHERE src_port = 80;
SELECT "Sender's port", id FROM named ORDER BY bytes LIMIT 2;
SELECT named FROM named WHERE id = 6;
SELECT (named).sender, named IS NULL AS is_null FROM named WHERE id = 6;
SELECT row_to_json(n) FROM (SELECT id, bytes FROM named LIMIT 1) n;
SELECT tableoid::regclass, id FROM named LIMIT 1;
SELECT count(*) FROM named;
SELECT FROM named LIMIT 1;
SELECT 1 AS one FROM named LIMIT 2;
CREATE FOREIGN TABLE nothing () SERVER scan_server OPTIONS (source :'vlans');
SELECT count(*) FROM nothing;
SELECT count(nothing) FROM nothing;
CREATE FOREIGN TABLE heir () INHERITS (kept) SERVER scan_server OPTIONS (source :'vlans');
ALTER FOREIGN TABLE heir ALTER bytes OPTIONS (attribute 'bidirectional_bytes');
SELECT tableoid::regclass, count(*), sum(bytes) FROM kept GROUP BY 1 ORDER BY 1;
ALTER FOREIGN TABLE heir NO INHERIT kept;

-- Timeouts: 0 makes each packet a flow.
CREATE FOREIGN TABLE timed (id bigint, expiration_id int, src_port int, bidirectional_first_seen_ms timestamptz,
	bidirectional_duration_ms interval, bidirectional_packets int) SERVER scan_server OPTIONS (source :'idle');
SELECT id, expiration_id AS why, src_port AS port, bidirectional_first_seen_ms AS first,
	bidirectional_duration_ms AS duration FROM timed;
ALTER FOREIGN TABLE timed OPTIONS (ADD idle_timeout '121');
SELECT id, expiration_id AS why, src_port AS port, bidirectional_packets AS packets FROM timed;
ALTER FOREIGN TABLE timed OPTIONS (SET idle_timeout '0');
SELECT count(*), max(bidirectional_packets), max(expiration_id) FROM timed;
ALTER FOREIGN TABLE timed OPTIONS (DROP idle_timeout, SET source :'active');
SELECT id, expiration_id AS why, src_port AS port, bidirectional_duration_ms AS duration,
	bidirectional_packets AS packets FROM timed;
ALTER FOREIGN TABLE timed OPTIONS (ADD active_timeout '300');
SELECT expiration_id AS why, src_port AS port, count(*), max(bidirectional_duration_ms) AS longest,
	sum(bidirectional_packets) AS packets FROM timed GROUP BY 1, 2 ORDER BY 1, 2;
ALTER FOREIGN TABLE timed OPTIONS (SET active_timeout '0');
SELECT expiration_id AS why, count(*), max(bidirectional_packets) FROM timed GROUP BY 1 ORDER BY 1;
ALTER FOREIGN TABLE timed OPTIONS (ADD idle_timeout '18446744073709551', SET active_timeout '18446744073709551');
SELECT id, src_port AS port, bidirectional_packets AS packets FROM timed;

-- Accounting: link, IP, transport, payload.
CREATE FOREIGN TABLE sizes (id bigint, src2dst_bytes bigint, dst2src_bytes bigint, bidirectional_min_ps int,
	bidirectional_mean_ps float8, bidirectional_max_ps int, splt_ps int[]) SERVER scan_server
	OPTIONS (source :'vlans', accounting_mode '0', statistical_analysis 'true', splt_analysis '8');
SELECT * FROM sizes WHERE id IN (0, 6);
ALTER FOREIGN TABLE sizes OPTIONS (SET accounting_mode '1');
SELECT * FROM sizes WHERE id IN (0, 6);
ALTER FOREIGN TABLE sizes OPTIONS (SET accounting_mode '2');
SELECT * FROM sizes WHERE id IN (0, 6);
ALTER FOREIGN TABLE sizes OPTIONS (SET accounting_mode '3');
SELECT * FROM sizes WHERE id IN (0, 6);

-- Statistics and lists; NULL where the options turn them off.
CREATE FOREIGN TABLE analysed (id bigint, bidirectional_stddev_ps float8, bidirectional_mean_piat_ms float8,
	src2dst_max_piat_ms bigint, bidirectional_syn_packets bigint, dst2src_ack_packets bigint, splt_direction int[],
	splt_ps int[], splt_piat_ms int[])
	SERVER scan_server OPTIONS (source :'vlans', statistical_analysis 'true', splt_analysis '3');
SET extra_float_digits = 0;
SELECT id, bidirectional_stddev_ps AS stddev_ps, bidirectional_mean_piat_ms AS mean_piat,
	src2dst_max_piat_ms AS max_piat, bidirectional_syn_packets AS syn, dst2src_ack_packets AS ack FROM analysed;
RESET extra_float_digits;
SELECT id, splt_direction, splt_ps, splt_piat_ms FROM analysed;
ALTER FOREIGN TABLE analysed OPTIONS (SET splt_analysis '1', SET statistical_analysis 'false');
SELECT id, bidirectional_stddev_ps, splt_direction, splt_ps, splt_piat_ms FROM analysed WHERE id < 2;
ALTER FOREIGN TABLE analysed OPTIONS (SET splt_analysis '0');
SELECT count(*), count(splt_ps), count(bidirectional_syn_packets) FROM analysed;
ALTER FOREIGN TABLE analysed OPTIONS (SET splt_analysis '65535');
SELECT DISTINCT array_length(splt_ps, 1), splt_ps[65535] FROM analysed;

-- Tunnels.
CREATE FOREIGN TABLE tunnels (id bigint, src_ip inet, src_port int, dst_port int, tunnel_id int, vlan_id int,
	bidirectional_packets int)
	SERVER scan_server OPTIONS (source :'gtp');
SELECT * FROM tunnels WHERE id > 7;
ALTER FOREIGN TABLE tunnels OPTIONS (ADD decode_tunnels 'false');
SELECT * FROM tunnels;

-- Labels.
CREATE FOREIGN TABLE labelled (id bigint, application_name text, application_is_guessed int, requested_server_name text)
	SERVER scan_server OPTIONS (source :'tls', bpf_filter 'tcp port 443', n_dissections '0');
SELECT count(*), count(application_name), count(application_is_guessed) FROM labelled;
ALTER FOREIGN TABLE labelled OPTIONS (SET n_dissections '1');
SELECT application_name, application_is_guessed, requested_server_name, count(*) FROM labelled GROUP BY 1, 2, 3;
ALTER FOREIGN TABLE labelled OPTIONS (SET n_dissections '255');
SELECT application_name, application_is_guessed, requested_server_name, count(*) FROM labelled
	GROUP BY 1, 2, 3 ORDER BY 3;

-- Beyond NFStream: where the flow begins, its protocol's name, and the name by which other tools know it, as tshark prints it
-- (it does not of ICMP in the other IP and of hop-by-hop options in IPv4, and gives UDP-Lite ports).
CREATE FOREIGN TABLE known (id bigint, first_packet bigint, protocol_name text, community_id text) SERVER scan_server
	OPTIONS (source :'protocols');
SELECT first_packet, protocol_name, community_id FROM known WHERE first_packet NOT IN (4, 5, 6, 13);
SELECT first_packet FROM known ORDER BY id DESC LIMIT 1;
DROP FOREIGN TABLE known;

-- What the options turn off is NULL, and a query that asks for it is told so once, however often it passes over the capture.
CREATE FOREIGN TABLE off (id bigint, user_agent text, label text OPTIONS (attribute 'application_name'), splt_ps bigint[],
	tunnel_id int) SERVER scan_server OPTIONS (source :'tls', bpf_filter 'tcp port 443', n_dissections '0');
SELECT count(*) FROM off;
SELECT count(id), count(tunnel_id) FROM off;
SELECT * FROM off LIMIT 1;
SELECT id FROM off WHERE label IS NULL AND splt_ps IS NULL LIMIT 1;
SELECT n, (SELECT count(label) FROM off WHERE id < n) AS named FROM generate_series(1, 3) n;
DO $$ BEGIN EXECUTE 'EXPLAIN SELECT label FROM off'; END $$;
ANALYZE off;
PREPARE off AS SELECT count(label) FROM off;
EXECUTE off;
EXECUTE off;
DEALLOCATE off;
IMPORT FOREIGN SCHEMA nflow FROM SERVER scan_server INTO scan
	OPTIONS (table_name 'turned_off', source :'tls', statistical_analysis 'true', splt_analysis '10');
ALTER FOREIGN TABLE turned_off OPTIONS (DROP statistical_analysis, DROP splt_analysis);
SELECT count(t) FROM turned_off t;
ALTER FOREIGN TABLE off OPTIONS (DROP n_dissections, ADD splt_analysis '1');
SELECT count(label), count(splt_ps) FROM off;
DROP FOREIGN TABLE off, turned_off;

-- The first flows of all.
ALTER FOREIGN TABLE protocols OPTIONS (ADD max_nflows '2');
SELECT id, protocol, bidirectional_packets FROM protocols;
SELECT count(*) FROM protocols WHERE id > 0;
ALTER FOREIGN TABLE protocols OPTIONS (SET max_nflows '15');
SELECT count(*), max(id) FROM protocols;
ALTER FOREIGN TABLE protocols OPTIONS (SET max_nflows '100');
SELECT count(*), max(id) FROM protocols;
ALTER FOREIGN TABLE protocols OPTIONS (DROP max_nflows);

-- Filters see the outer frame; what they refuse is not there, and ids count what is.
CREATE FOREIGN TABLE filtered (id bigint, src_port int, dst_port int, vlan_id int, bidirectional_packets int,
	dst2src_packets int)
	SERVER scan_server OPTIONS (source :'vlans', bpf_filter '');
SELECT count(*) FROM filtered;
ALTER FOREIGN TABLE filtered OPTIONS (SET bpf_filter 'tcp');
SELECT * FROM filtered;
ALTER FOREIGN TABLE filtered OPTIONS (SET bpf_filter 'vlan and tcp');
SELECT * FROM filtered;
ALTER FOREIGN TABLE filtered OPTIONS (SET bpf_filter 'vlan 100 and src port 40001');
SELECT * FROM filtered;
ALTER FOREIGN TABLE filtered OPTIONS (SET bpf_filter 'not vlan');
SELECT * FROM filtered;

-- Options of the server are defaults of its tables.
ALTER SERVER scan_server OPTIONS (ADD max_nflows '1', ADD source :'vlans');
CREATE FOREIGN TABLE by_server (id bigint, src_port int) SERVER scan_server;
SELECT * FROM by_server;
ALTER FOREIGN TABLE by_server OPTIONS (ADD max_nflows '0');
SELECT count(*) FROM by_server;
ALTER SERVER scan_server OPTIONS (DROP max_nflows, DROP source);

-- Options for live capture have no effect on a file.
ALTER FOREIGN TABLE vlans OPTIONS (ADD snapshot_length '1', ADD promiscuous_mode 'false', ADD socket_buffer_size '1',
	ADD performance_report '1', ADD system_visibility_mode '1', ADD system_visibility_poll_ms '0');
SELECT count(*), sum(bidirectional_packets), sum(bidirectional_bytes) FROM vlans;
ALTER FOREIGN TABLE vlans OPTIONS (DROP snapshot_length, DROP promiscuous_mode, DROP socket_buffer_size,
	DROP performance_report, DROP system_visibility_mode, DROP system_visibility_poll_ms);
SELECT count(*), sum(bidirectional_packets), sum(bidirectional_bytes) FROM vlans;

-- A flow as a value: compared, passed to functions, kept in a variable; also when the table's columns change under a plan.
CREATE FUNCTION sender(flow named) RETURNS inet LANGUAGE sql AS 'SELECT flow.sender';
SELECT n.sender, sender(n), n = n AS same, n IS NOT NULL AS whole FROM named n WHERE id = 6;
SELECT count(DISTINCT n), count(*) FILTER (WHERE n IS NOT DISTINCT FROM m) FROM named n JOIN named m USING (id);
PREPARE whole AS SELECT n FROM named n WHERE id = 6;
EXECUTE whole;
ALTER FOREIGN TABLE named DROP COLUMN sender;
EXECUTE whole;
ALTER FOREIGN TABLE named ADD COLUMN protocol int, ALTER COLUMN bytes TYPE numeric(9,1);
EXECUTE whole;
DEALLOCATE whole;
DO $$
DECLARE
	flow named%ROWTYPE;
BEGIN
	SELECT * INTO STRICT flow FROM named WHERE id = 6;
	RAISE NOTICE '% %', flow.bytes, flow;
	flow := (SELECT n FROM named n WHERE id = 5);
	RAISE NOTICE '%', flow;
END $$;

-- What else can stand beside a foreign table.
CREATE TABLE alike (LIKE named INCLUDING ALL);
INSERT INTO alike SELECT * FROM named WHERE id < 2 RETURNING *;
MERGE INTO alike a USING named n ON n.id = a.id WHEN MATCHED THEN UPDATE SET bytes = -n.bytes
	WHEN NOT MATCHED AND n.id < 3 THEN INSERT (id) VALUES (n.id);
SELECT id, bytes FROM alike ORDER BY id;
SELECT a.id, n.bytes FROM alike a JOIN named n USING (id) ORDER BY a.id FOR UPDATE;
CREATE STATISTICS named_together ON id, protocol FROM named;
ANALYZE named;
ALTER FOREIGN TABLE named ADD CONSTRAINT ids CHECK (id >= 0);
SET constraint_exclusion = on;
SELECT count(*) FROM named WHERE id < 0;
RESET constraint_exclusion;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not reached'; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON named FOR EACH ROW EXECUTE FUNCTION refuse();
INSERT INTO named (id) VALUES (1);
DELETE FROM named;
MERGE INTO named USING alike ON named.id = alike.id WHEN MATCHED THEN DELETE;
SELECT id FROM named TABLESAMPLE system (50);
COPY named TO STDOUT;

-- What cannot be done with flows.
TRUNCATE vlans;
COPY vlans (id) FROM STDIN;
\.
UPDATE hours SET src_port = 0 WHERE id = 0;
CREATE INDEX ON vlans (id);
ALTER FOREIGN TABLE vlans ADD PRIMARY KEY (id);
SELECT ctid = ctid AS same FROM vlans LIMIT 1;
SELECT xmin FROM vlans LIMIT 1;
SELECT id FROM vlans WHERE id = 1 FOR UPDATE;
LOCK TABLE vlans;
BEGIN READ ONLY;
SELECT count(*) FROM vlans;
COMMIT;

SET client_min_messages = warning;
DROP SCHEMA scan CASCADE;
DROP SERVER scan_server CASCADE;
