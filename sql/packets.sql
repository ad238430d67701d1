-- Packets as rows.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
\set snapped :pcaps '/ip_snapped.pcap'
\set nanoseconds :pcaps '/nanoseconds.pcapng'
\set raw :pcaps '/link_raw.pcap'
\set back :pcaps '/time_back.pcap'
\set gtp :pcaps '/tunnel_gtp.pcap'
\set vlan :pcaps '/vlan.pcap'
\set two '{' :pcaps '/tls.pcap,' :pcaps '/dns.pcap}'
CREATE SCHEMA packets;
SET search_path = packets, public;
SET timezone = 'UTC';
CREATE SERVER packets_server FOREIGN DATA WRAPPER nfstream_fdw;
-- A plan without the directory of the captures, and as PostgreSQL 15 has it.
CREATE FUNCTION plan(options text, query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (COSTS OFF, BUFFERS OFF, %s) %s', options, query) LOOP
		RETURN NEXT regexp_replace(regexp_replace(line, '/[^"{},<>]*/', '.../', 'g'), '(actual rows=\d+)\.00', '\1', 'g');
	END LOOP;
END $$;

-- What IMPORT declares, with each choice of types.
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER packets_server INTO packets OPTIONS (source :'tls');
IMPORT FOREIGN SCHEMA nfpacket LIMIT TO (p_postgres) FROM SERVER packets_server INTO packets
	OPTIONS (source :'tls', types 'postgres');
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER packets_server INTO packets
	OPTIONS (source :'tls', types 'portable', table_name 'p_portable', rows 'packets', extra_columns 'true');
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
		nullif(format_type(p.atttypid, p.atttypmod), format_type(a.atttypid, a.atttypmod)) AS "types postgres",
		nullif(format_type(t.atttypid, t.atttypmod), format_type(a.atttypid, a.atttypmod)) AS "types portable"
	FROM pg_attribute a
	JOIN pg_attribute p ON p.attrelid = 'p_postgres'::regclass AND p.attnum = a.attnum AND p.attname = a.attname
	JOIN pg_attribute t ON t.attrelid = 'p_portable'::regclass AND t.attnum = a.attnum AND t.attname = a.attname
	WHERE a.attrelid = 'packets'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT option_name FROM information_schema.foreign_table_options WHERE foreign_table_name = 'p_portable' ORDER BY 1;
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER packets_server INTO packets OPTIONS (source :'tls', rows 'flows', table_name 'none');
IMPORT FOREIGN SCHEMA nflow FROM SERVER packets_server INTO packets OPTIONS (source :'tls', rows 'packets', table_name 'none');
SELECT nfstream_comment('packets');
SELECT col_description('packets'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'packets'::regclass AND attname = 'first_packet';

-- One packet, whole; and the first of a conversation.
ALTER FOREIGN TABLE packets RENAME source_file TO path;
ALTER FOREIGN TABLE packets ALTER COLUMN path OPTIONS (ADD attribute 'source_file');
SELECT regexp_replace(p::text, '/[^,]*/', '.../') AS row FROM packets p WHERE packet_number = 4;
SELECT packet_number, first_packet, direction, time, delta_time, src_ip, src_port, dst_port, raw_size, ip_size, transport_size, payload_size
	FROM packets WHERE protocol = 6 ORDER BY packet_number LIMIT 6;
SELECT count(*), sum(raw_size), sum(captured_length), sum(length(frame)), count(*) FILTER (WHERE syn) AS syn,
		bool_and(position(ip_packet IN frame) > 0) AS ip_packet_in_frame FROM packets;

-- Packets and flows: the same numbers, whatever the number of meters.
IMPORT FOREIGN SCHEMA nflow FROM SERVER packets_server INTO packets
	OPTIONS (source :'tls', statistical_analysis 'true', splt_analysis '5', extra_columns 'true');
CREATE VIEW regrouped AS
	SELECT first_packet, count(*) AS packets, sum(raw_size) AS bytes, min(time) AS first_seen, max(time) AS last_seen,
			count(*) FILTER (WHERE direction = 1) AS packets_back, count(*) FILTER (WHERE psh) AS psh
		FROM packets GROUP BY first_packet;
SELECT count(*), count(*) FILTER (WHERE (packets, bytes, first_seen, last_seen, packets_back, psh) IS DISTINCT FROM
		(bidirectional_packets, bidirectional_bytes, bidirectional_first_seen_ms, bidirectional_last_seen_ms, dst2src_packets, bidirectional_psh_packets))
			AS differing
	FROM flows FULL JOIN regrouped USING (first_packet);
SELECT count(*), count(*) FILTER (WHERE (sizes, directions, times) IS DISTINCT FROM
		(array_remove(splt_ps, -1), array_remove(splt_direction, -1), array_remove(splt_piat_ms, -1))) AS differing
	FROM flows FULL JOIN (SELECT first_packet, array_agg(raw_size ORDER BY packet_number) AS sizes,
			array_agg(direction ORDER BY packet_number) AS directions, array_agg(delta_time ORDER BY packet_number) AS times
		FROM (SELECT *, row_number() OVER (PARTITION BY first_packet ORDER BY packet_number) AS n FROM packets) numbered
		WHERE n <= 5 GROUP BY first_packet) recomputed USING (first_packet);
SELECT application_name, sum(payload_size) FROM packets JOIN flows USING (first_packet) GROUP BY 1 ORDER BY 2 DESC, 1;
CREATE TABLE one_meter AS SELECT row_number() OVER () AS row, * FROM packets;
ALTER FOREIGN TABLE packets OPTIONS (ADD n_meters '3');
SELECT count(*) AS differing FROM (SELECT row_number() OVER () AS row, * FROM packets) p FULL JOIN one_meter o USING (row)
	WHERE p::text IS DISTINCT FROM o::text;
ALTER FOREIGN TABLE packets OPTIONS (DROP n_meters);

-- Only what is asked for is made: flows are kept where something about them is.
SELECT plan('VERBOSE false', 'SELECT count(*), sum(payload_size) FROM packets');
SELECT plan('ANALYZE, TIMING OFF, SUMMARY OFF', 'SELECT count(*) FROM packets WHERE direction = 1');
SELECT plan('VERBOSE false', 'SELECT packet_number, src_ip FROM packets ORDER BY packet_number');

-- Times: the clock's and the capture's own, to the nanosecond where a number holds them.
CREATE FOREIGN TABLE exact (packet_number bigint, time bigint, captured_at timestamptz, ns bigint OPTIONS (attribute 'captured_at'),
		exact numeric OPTIONS (attribute 'captured_at'))
	SERVER packets_server OPTIONS (source :'nanoseconds', rows 'packets');
SELECT * FROM exact LIMIT 3;
ALTER FOREIGN TABLE exact OPTIONS (SET source :'back');
SELECT packet_number, time, captured_at, to_timestamp(time / 1000.0) > captured_at AS late FROM exact WHERE packet_number <= 6;
ALTER FOREIGN TABLE exact ADD COLUMN approximate double precision OPTIONS (attribute 'captured_at');
SELECT count(*) FROM exact;
ALTER FOREIGN TABLE exact DROP COLUMN approximate;

-- Snapped frames, link types, tunnels, VLANs.
CREATE FOREIGN TABLE frames (packet_number bigint, raw_size bigint, captured_length int, link_type int, tunnel_id int, vlan_id int, src_ip text, frame bytea)
	SERVER packets_server OPTIONS (source :'snapped', rows 'packets');
SELECT packet_number, raw_size, captured_length, length(frame), link_type FROM frames LIMIT 3;
ALTER FOREIGN TABLE frames OPTIONS (SET source :'raw');
SELECT packet_number, link_type, substr(frame, 1, 4) FROM frames LIMIT 1;
ALTER FOREIGN TABLE frames OPTIONS (SET source :'gtp');
SELECT tunnel_id, count(*) FROM frames GROUP BY 1 ORDER BY 1;
ALTER FOREIGN TABLE frames OPTIONS (ADD decode_tunnels 'false');
SELECT tunnel_id, count(*) FROM frames GROUP BY 1 ORDER BY 1;
ALTER FOREIGN TABLE frames OPTIONS (SET source :'vlan', SET decode_tunnels 'true');
SELECT vlan_id, count(*) FROM frames GROUP BY 1 ORDER BY 1;

-- Several files: numbers go on through them, also where each is metered apart; and flows are joined all the same.
CREATE FOREIGN TABLE several (packet_number bigint, first_packet bigint, time bigint, source_file text)
	SERVER packets_server OPTIONS (source :'two', rows 'packets');
SELECT regexp_replace(source_file, '.*/', '') AS file, count(*), min(packet_number), max(packet_number), bool_and(first_packet <= packet_number)
	FROM several GROUP BY 1 ORDER BY 3;
ALTER FOREIGN TABLE several OPTIONS (ADD separate_files 'true', ADD n_meters '2');
SELECT regexp_replace(source_file, '.*/', '') AS file, count(*), min(packet_number), max(packet_number), bool_and(first_packet <= packet_number)
	FROM several GROUP BY 1 ORDER BY 3;
CREATE FOREIGN TABLE several_flows (first_packet bigint, bidirectional_packets bigint)
	SERVER packets_server OPTIONS (source :'two', separate_files 'true');
SELECT count(*), count(*) FILTER (WHERE packets IS DISTINCT FROM bidirectional_packets) AS differing
	FROM several_flows FULL JOIN (SELECT first_packet, count(*) AS packets FROM several GROUP BY 1) s USING (first_packet);

-- What decides about flows does so here: timeouts, filters, plugins.  What is of flows alone is accepted.
CREATE FOREIGN TABLE decided (packet_number bigint, first_packet bigint, delta_time bigint, src_ip inet, dst_port int)
	SERVER packets_server OPTIONS (source :'tls', rows 'packets', idle_timeout '0');
SELECT count(*), count(*) FILTER (WHERE first_packet = packet_number AND delta_time = 0) AS first FROM decided;
ALTER FOREIGN TABLE decided OPTIONS (DROP idle_timeout, ADD bpf_filter 'tcp port 443');
SELECT count(*), min(packet_number), count(DISTINCT first_packet) FROM decided;
ALTER FOREIGN TABLE decided OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": 4}]');
SELECT max(n) FROM (SELECT count(*) AS n FROM decided GROUP BY first_packet) flows;
ALTER FOREIGN TABLE decided OPTIONS (ADD max_nflows '1', ADD statistical_analysis 'true', ADD splt_analysis '7', ADD n_dissections '3',
	ADD accounting_mode '3', ADD application_names 'full', ADD system_visibility_mode '1', ADD expire_on_end 'true');
SELECT count(*) FROM decided;

-- Columns that the schema does not have, or that are another schema's.
CREATE FOREIGN TABLE wrong (packet_number bigint, payload bigint) SERVER packets_server OPTIONS (source :'tls', rows 'packets');
SELECT * FROM wrong;
ALTER FOREIGN TABLE wrong DROP COLUMN payload, ADD COLUMN application_name text;
SELECT * FROM wrong;
ALTER FOREIGN TABLE wrong DROP COLUMN application_name, ADD COLUMN value text OPTIONS (attribute 'udps.value');
SELECT * FROM wrong;
ALTER FOREIGN TABLE wrong DROP COLUMN value, ADD COLUMN syn text;
SELECT * FROM wrong;
CREATE FOREIGN TABLE wrong_flows (id bigint, payload_size int) SERVER packets_server OPTIONS (source :'tls');
SELECT * FROM wrong_flows;

-- Who hides an address hides the bytes that show it.
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER packets_server INTO packets
	OPTIONS (source :'tls', table_name 'hidden', columns_to_anonymize '{src_ip}');
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
	WHERE attrelid = 'hidden'::regclass AND attname IN ('src_ip', 'dst_ip', 'src_mac', 'ip_packet', 'frame') ORDER BY attnum;
SELECT length(src_ip), length(ip_packet), length(frame), packet_number FROM hidden LIMIT 1;
ALTER FOREIGN TABLE hidden OPTIONS (SET columns_to_anonymize '{src_mac}');
ALTER FOREIGN TABLE hidden ALTER COLUMN src_mac TYPE text, ALTER COLUMN src_ip TYPE inet, ALTER COLUMN ip_packet TYPE bytea;
SELECT length(src_mac), length(ip_packet) < length(frame) AS only_frame_is_hidden FROM hidden LIMIT 1;
ALTER FOREIGN TABLE hidden ALTER COLUMN frame TYPE bytea;
SELECT packet_number FROM hidden;

-- ANALYZE, and a table of them.
ANALYZE packets;
SELECT reltuples = (SELECT count(*) FROM packets) AS counted FROM pg_class WHERE oid = 'packets'::regclass;
SELECT nfstream_to_table('packets', 'kept') = (SELECT count(*) FROM packets) AS all_kept;
SELECT count(*) AS differing FROM (SELECT * FROM packets EXCEPT ALL SELECT * FROM kept) difference;

SET client_min_messages = warning;
DROP SCHEMA packets CASCADE;
DROP SERVER packets_server CASCADE;
