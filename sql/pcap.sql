-- Captures out of packets: nfstream_pcap() and nfstream_to_pcap().
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
CREATE SCHEMA pcap;
SET search_path = pcap, public;
SET timezone = 'UTC';
CREATE SERVER pcap_server FOREIGN DATA WRAPPER nfstream_fdw;
SELECT current_setting('data_directory') || '/nfstream_pcap.pcapng' AS path \gset

-- Packets of a capture, without the extension: the records of a little-endian pcap.
CREATE FUNCTION records(file bytea) RETURNS TABLE (packet_number bigint, captured_at timestamptz, link_type integer,
	captured_length integer, raw_size integer, frame bytea) LANGUAGE sql AS $$
	WITH RECURSIVE u32 AS (
		SELECT at, get_byte(file, at) + (get_byte(file, at + 1) << 8) + (get_byte(file, at + 2) << 16)
			+ (get_byte(file, at + 3)::bigint << 24) AS value
		FROM generate_series(0, length(file) - 4, 1) at
	), record AS (
		SELECT 1 AS number, 24 AS at
		UNION ALL
		SELECT number + 1, at + 16 + (SELECT value::int FROM u32 WHERE u32.at = record.at + 8) FROM record
		WHERE at + 16 + (SELECT value::int FROM u32 WHERE u32.at = record.at + 8) < length(file)
	)
	SELECT number, to_timestamp(0) + s.value * interval '1 s' + us.value * interval '1 us', link.value::int, captured.value::int,
		wire.value::int, substr(file, record.at + 17, captured.value::int)
	FROM record, u32 s, u32 us, u32 captured, u32 wire, u32 link
	WHERE s.at = record.at AND us.at = record.at + 4 AND captured.at = record.at + 8 AND wire.at = record.at + 12 AND link.at = 20
$$;
CREATE FUNCTION file_of(path text) RETURNS bytea LANGUAGE sql AS 'SELECT pg_read_binary_file(path)';
SET enable_nestloop = off;
CREATE TABLE packets AS SELECT * FROM records(file_of(:'tls'));
RESET enable_nestloop;
SELECT count(*), min(captured_at), sum(captured_length) FROM packets;

-- A capture, block by block: after the section's header an interface with nanoseconds, a packet; a second interface where the first
-- packet of another link type comes.  What tshark makes of them: 034_pcap.pl.
SELECT regexp_split_to_table(encode(substr(nfstream_pcap(t, link, octet_length(frame), wire, frame ORDER BY n), 53), 'hex'),
	'(?=(?:01|06)000000(?:20|24|28)000000)') AS block
FROM (VALUES (1, timestamptz '2026-01-02 03:04:05.678901+00', 1, 1514, '\x0102030405'::bytea),
	(3, '2026-01-02 03:04:05.678902+00', 1, 4, '\xaabbccdd'),
	(2, '1970-01-01 00:00:00+00', 101, 0, '')) AS p (n, t, link, wire, frame);
-- Raw IP has a number of its own in files.
SELECT nfstream_pcap(t, 12, 1, 1, '\x45') = nfstream_pcap(t, 101, 1, 1, '\x45') AS same FROM (SELECT now() AS t) x;
-- With nanoseconds, as a number.
SELECT right(encode(nfstream_pcap(1767323045678901234, 1, 1, 1, '\x45'), 'hex'), 72) AS packet,
	lpad(to_hex(1767323045678901234), 16, '0') AS nanoseconds;
SELECT nfstream_pcap(1767323045678901000, 1, 1, 1, '\x45') = nfstream_pcap(timestamptz '2026-01-02 03:04:05.678901+00', 1, 1, 1, '\x45') AS same;

-- Like other aggregates: NULL without rows, rows without a frame do not count, FILTER, windows, and one for each group.
SELECT nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame) FROM packets WHERE false;
SELECT nfstream_pcap(NULL::timestamptz, 1, 1, 1, NULL);
SELECT nfstream_pcap(p.captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number)
	= (SELECT nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number) FROM packets) AS same
FROM generate_series(0, 1000) n LEFT JOIN packets p ON packet_number = n;
SELECT nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number DESC) FILTER (WHERE packet_number < 3)
	= (SELECT nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number DESC) FROM packets WHERE packet_number < 3)
	AS same
FROM packets;
SELECT packet_number, captured_length, length(capture) - lag(length(capture)) OVER (ORDER BY packet_number) AS bytes
FROM (SELECT *, nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame) OVER (ORDER BY packet_number) AS capture
	FROM packets) p ORDER BY 1 LIMIT 3;
SELECT packet_number % 3 AS part, length(nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame)) > 200 AS some
FROM packets GROUP BY 1 ORDER BY 1;
SELECT length(nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame)) - sum(32 + (captured_length + 3) / 4 * 4)
	= (SELECT length(nfstream_pcap(now(), 1, 0, 0, '')) - 32) AS whole
FROM packets;

-- A file of the server, which reads like the capture that its packets are from.
SELECT nfstream_to_pcap('SELECT * FROM packets ORDER BY packet_number', :'path');
SELECT pg_read_binary_file(:'path') = nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number) AS same
FROM packets;
IMPORT FOREIGN SCHEMA nflow FROM SERVER pcap_server INTO pcap
	OPTIONS (table_name 'original', source :'tls', statistical_analysis 'true', splt_analysis '7');
IMPORT FOREIGN SCHEMA nflow FROM SERVER pcap_server INTO pcap
	OPTIONS (table_name 'written', source :'path', statistical_analysis 'true', splt_analysis '7');
SELECT count(*), (SELECT count(*) FROM (SELECT * FROM original EXCEPT ALL SELECT * FROM written) d) AS differing FROM written;
-- Any order and any number of columns, by their names; other types of the same values.
SELECT nfstream_to_pcap('SELECT frame, 7 AS seven, raw_size::bigint, captured_length::smallint, link_type::numeric,
	captured_at AT TIME ZONE ''UTC'' AS captured_at FROM packets ORDER BY packet_number', :'path');
SELECT count(*), (SELECT count(*) FROM (SELECT * FROM original EXCEPT ALL SELECT * FROM written) d) AS differing FROM written;
CREATE DOMAIN nanoseconds AS numeric;
SELECT nfstream_to_pcap('SELECT (extract(epoch FROM captured_at) * 1000000000)::nanoseconds AS captured_at, link_type, captured_length,
	raw_size, frame FROM packets ORDER BY packet_number', :'path');
SELECT count(*), (SELECT count(*) FROM (SELECT * FROM original EXCEPT ALL SELECT * FROM written) d) AS differing FROM written;
-- No packets, a capture without packets; TABLE, WITH and VALUES are queries too.
SELECT nfstream_to_pcap('SELECT * FROM packets WHERE false', :'path'), nfstream_to_pcap('TABLE packets;', :'path') > 100 AS all,
	nfstream_to_pcap('WITH p AS (SELECT * FROM packets) SELECT * FROM p LIMIT 2', :'path'),
	nfstream_to_pcap('SELECT * FROM (VALUES (now(), 1, 1, 1, ''\x45''::bytea)) p (captured_at, link_type, captured_length, raw_size, frame)', :'path');
SELECT nfstream_to_pcap('SELECT * FROM packets WHERE false', :'path');
SELECT count(*) FROM written;

-- Whole or not at all.
SELECT nfstream_to_pcap('SELECT * FROM packets ORDER BY packet_number', :'path') > 100 AS written;
SELECT nfstream_to_pcap('SELECT packet_number / (9 - packet_number), * FROM packets ORDER BY packet_number', :'path');
SELECT pg_read_binary_file(:'path') = nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame ORDER BY packet_number) AS same
FROM packets;
SELECT count(*) AS left_over FROM pg_ls_dir('.') name WHERE name LIKE '.nfstream%';
-- A session that ends a function's block goes on.
DO $$
BEGIN
	PERFORM nfstream_to_pcap('SELECT 1 / 0', current_setting('data_directory') || '/nfstream_pcap.pcapng');
EXCEPTION WHEN division_by_zero OR undefined_column THEN
	RAISE NOTICE '%', sqlerrm;
END $$;

-- What is no packet.
SELECT nfstream_pcap(NULL::timestamptz, 1, 1, 1, '\x45');
SELECT nfstream_pcap(now(), NULL, 1, 1, '\x45');
SELECT nfstream_pcap(now(), 1, NULL, 1, '\x45');
SELECT nfstream_pcap(now(), 1, 1, NULL, '\x45');
SELECT nfstream_pcap(timestamptz '1969-12-31 23:59:59.999999+00', 1, 1, 1, '\x45');
SELECT nfstream_pcap(timestamptz '-infinity', 1, 1, 1, '\x45');
SELECT nfstream_pcap(timestamptz '2554-07-21 23:34:33.709552+00', 1, 1, 1, '\x45');
SELECT substr(nfstream_pcap(timestamptz '2554-07-21 23:34:33.709551+00', 1, 0, 0, ''), 97, 8) AS latest;
SELECT nfstream_pcap(-1::bigint, 1, 1, 1, '\x45');
SELECT nfstream_pcap(now(), -1, 1, 1, '\x45');
SELECT nfstream_pcap(now(), 65536, 1, 1, '\x45');
SELECT nfstream_pcap(now(), 1, 2, 1, '\x45');
SELECT nfstream_pcap(now(), 1, 262145, 262145, convert_to(repeat('x', 262145), 'UTF8'));
SELECT length(nfstream_pcap(now(), 1, 262144, 262144, convert_to(repeat('x', 262144), 'UTF8'))) > 262144 AS whole;
SELECT nfstream_pcap(now(), 1, 1, 4294967296, '\x45');
SELECT right(encode(nfstream_pcap(now(), 1, 1, 4294967295, '\x45'), 'hex'), 32) AS end_of_packet;
\set VERBOSITY terse
SELECT nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame, 1) FROM packets;
SELECT nfstream_pcap_add(NULL, now(), 1, 1, 1, '\x45');
\set VERBOSITY default

-- What is no query of packets.
SELECT nfstream_to_pcap(NULL, :'path');
SELECT nfstream_to_pcap('SELECT * FROM packets', NULL);
SELECT nfstream_to_pcap('', :'path');
SELECT nfstream_to_pcap('SELECT * FROM packets; SELECT * FROM packets', :'path');
SELECT nfstream_to_pcap('SELEC * FROM packets', :'path');
SELECT nfstream_to_pcap('SELECT * FROM packets WHERE packet_number = $1', :'path');
SELECT nfstream_to_pcap('SELECT captured_at, link_type, captured_length, raw_size FROM packets', :'path');
SELECT nfstream_to_pcap('SELECT * FROM packets a JOIN packets b USING (packet_number)', :'path');
SELECT nfstream_to_pcap('SELECT captured_at::text, link_type, captured_length, raw_size, frame FROM packets', :'path');
SELECT nfstream_to_pcap('SELECT captured_at, link_type, captured_length, raw_size, frame::text FROM packets', :'path');
SELECT nfstream_to_pcap('SELECT captured_at, link_type::float8, captured_length, raw_size, frame FROM packets', :'path');
SELECT nfstream_to_pcap('DELETE FROM packets RETURNING *', :'path');
SELECT nfstream_to_pcap('WITH gone AS (DELETE FROM packets RETURNING *) SELECT * FROM gone', :'path');
SELECT nfstream_to_pcap('SELECT * FROM packets FOR UPDATE', :'path');
SELECT nfstream_to_pcap('SELECT * INTO copy FROM packets', :'path');
SELECT nfstream_to_pcap('EXPLAIN SELECT * FROM packets', :'path');
SELECT count(*) > 100 AS all FROM packets;

-- Where it may be written, and by whom; the query has its caller's rights.
SELECT nfstream_to_pcap('SELECT * FROM packets', 'a.pcapng');
SELECT nfstream_to_pcap('SELECT * FROM packets', '/dev/null');
SELECT nfstream_to_pcap('SELECT * FROM packets', '/no/such/directory/a.pcapng');
CREATE ROLE pcap_role;
GRANT USAGE ON SCHEMA pcap TO pcap_role;
SET ROLE pcap_role;
SELECT nfstream_to_pcap('SELECT * FROM packets', :'path');
RESET ROLE;
GRANT EXECUTE ON FUNCTION nfstream_to_pcap TO pcap_role;
SET ROLE pcap_role;
SELECT nfstream_to_pcap('SELECT * FROM packets', :'path');
RESET ROLE;
GRANT pg_write_server_files TO pcap_role;
SET ROLE pcap_role;
SELECT nfstream_to_pcap('SELECT * FROM packets', :'path');
RESET ROLE;
GRANT SELECT ON packets TO pcap_role;
ALTER TABLE packets ENABLE ROW LEVEL SECURITY;
CREATE POLICY first ON packets USING (packet_number <= 5);
SET ROLE pcap_role;
SELECT nfstream_to_pcap('SELECT * FROM packets', :'path');
SELECT length(nfstream_pcap(captured_at, link_type, captured_length, raw_size, frame)) > 200 AS everyones FROM packets;
RESET ROLE;

SET client_min_messages = warning;
DROP OWNED BY pcap_role;
DROP SCHEMA pcap CASCADE;
DROP SERVER pcap_server CASCADE;
DROP ROLE pcap_role;
