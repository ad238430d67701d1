-- ANALYZE: statistics from a sample of the flows, and what the planner makes of them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
CREATE SERVER nfstream_analyze FOREIGN DATA WRAPPER nfstream_fdw;
\set busy :pcaps '/busy.pcap'
CREATE FOREIGN TABLE busy (src_ip inet, dst_port int, protocol int, application_name text)
  SERVER nfstream_analyze OPTIONS (source :'busy');

-- Nothing is known yet but the capture's size.
SELECT reltuples, relpages FROM pg_class WHERE oid = 'busy'::regclass;
ANALYZE busy;
SELECT reltuples FROM pg_class WHERE oid = 'busy'::regclass;
SELECT attname, null_frac, n_distinct > 0 OR n_distinct = -1 AS is_known,
       most_common_vals::text::text[] AS most_common
  FROM pg_stats WHERE tablename = 'busy' AND attname IN ('dst_port', 'protocol') ORDER BY attname;

-- The estimate is the real number of rows now.
CREATE FUNCTION planned_rows(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  RETURN plan->0->'Plan'->>'Plan Rows';
END $$;
SELECT planned_rows('SELECT * FROM busy') AS planned, count(*) AS real FROM busy;
SELECT planned_rows('SELECT * FROM busy WHERE dst_port = 53') AS planned, count(*) AS real FROM busy WHERE dst_port = 53;

-- The first row is late: a capture that is shorter than idle_timeout is walked to its end before one comes.
CREATE FUNCTION planned_part(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  RETURN CASE WHEN (plan->0->'Plan'->>'Startup Cost')::float8 > 0.9 * (plan->0->'Plan'->>'Total Cost')::float8 THEN 'late' ELSE 'early' END;
END $$;
CREATE FOREIGN TABLE plain (src_ip inet) SERVER nfstream_analyze OPTIONS (source :'busy');
SET seq_page_cost = 1000;
SELECT planned_part('SELECT src_ip FROM plain') AS idle_120;
ALTER FOREIGN TABLE plain OPTIONS (ADD idle_timeout '0');
SELECT planned_part('SELECT src_ip FROM plain') AS idle_0;
RESET seq_page_cost;

-- Some columns only; a source that is not there is left out, and the others go on.
ANALYZE busy (protocol);
CREATE FOREIGN TABLE nowhere (src_ip inet) SERVER nfstream_analyze OPTIONS (source '/nowhere/a.pcap');
ANALYZE nowhere, busy;
SELECT reltuples FROM pg_class WHERE oid = 'busy'::regclass;

-- Rows of the sample are kept in memory: lists of many elements, here of up to 512 kB, are compressed.
CREATE FOREIGN TABLE lists (splt_direction smallint[], splt_ps int[], splt_piat_ms bigint[])
  SERVER nfstream_analyze OPTIONS (source :'busy', splt_analysis '65535');
ANALYZE lists;
SELECT attname, avg_width < 10000 AS is_compressed, null_frac FROM pg_stats WHERE tablename = 'lists' ORDER BY attname;

-- What numbers of rows tell is known without ANALYZE: packets that are joined with their flows are no more than there are packets, and
-- 450 bytes of a packet by 7500 of a flow are 6 in 100.  What ANALYZE has found goes before.
IMPORT FOREIGN SCHEMA nfpacket FROM SERVER nfstream_analyze INTO public OPTIONS (source :'busy', table_name 'busy_packets');
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream_analyze INTO public OPTIONS (source :'busy', table_name 'busy_flows', extra_columns 'true');
CREATE VIEW planned_numbers AS SELECT
  round(100.0 * planned_rows('SELECT first_packet FROM busy_packets GROUP BY 1') / packets) AS first_packets,
  round(100.0 * planned_rows('SELECT 1 FROM busy_packets JOIN busy_flows USING (first_packet)') / packets) AS joined,
  round(100.0 * planned_rows('SELECT packet_number FROM busy_packets GROUP BY 1') / packets) AS packet_numbers,
  round(100.0 * planned_rows('SELECT id FROM busy_flows GROUP BY 1') / flows) AS ids,
  planned_rows('SELECT 1 FROM busy_packets WHERE packet_number = 7') AS one_packet,
  planned_rows('SELECT 1 FROM busy_flows WHERE first_packet = 7') AS one_flow,
  round(100.0 * planned_rows('SELECT 1 FROM busy_flows WHERE protocol = 17 AND ip_version = 4') / flows) AS udp_of_ipv4,
  planned_rows('SELECT DISTINCT ip_version FROM busy_flows') AS versions
  FROM (SELECT planned_rows('SELECT 1 FROM busy_packets') AS packets, planned_rows('SELECT 1 FROM busy_flows') AS flows) planned;
SELECT * FROM planned_numbers;
ANALYZE busy_packets;
SELECT planned_rows('SELECT first_packet FROM busy_packets GROUP BY 1') AS planned, count(DISTINCT first_packet) AS real FROM busy_packets;

SET client_min_messages = warning;
DROP VIEW planned_numbers;
DROP SERVER nfstream_analyze CASCADE;
DROP FUNCTION planned_rows;
DROP FUNCTION planned_part;
