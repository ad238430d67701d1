-- Interfaces as sources: what is planned, shown and said before any packet is captured.  There is none called nowhere0.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
CREATE SCHEMA live;
SET search_path = live, public;
SET jit = off;
CREATE SERVER live_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (n_meters '1');
IMPORT FOREIGN SCHEMA nflow FROM SERVER live_server INTO live OPTIONS (table_name 'flows', source 'interface:nowhere0');
CREATE TABLE hosts (port int, name text);
INSERT INTO hosts SELECT g, 'port ' || g FROM generate_series(1, 100) g;

-- EXPLAIN captures nothing.
EXPLAIN (COSTS OFF) SELECT * FROM flows;
EXPLAIN (COSTS OFF) SELECT id FROM flows WHERE dst_port = 53 LIMIT 10;
ALTER SERVER live_server OPTIONS (DROP n_meters);
ALTER FOREIGN TABLE flows OPTIONS (ADD bpf_filter 'udp', ADD n_meters '3', ADD max_nflows '20');
EXPLAIN (COSTS OFF) SELECT id FROM flows;
ALTER FOREIGN TABLE flows OPTIONS (SET n_meters '1', DROP bpf_filter, DROP max_nflows);
-- Neither files' options nor their sizes are of any meaning.
ALTER FOREIGN TABLE flows OPTIONS (ADD separate_files 'true', ADD source_order 'time');
EXPLAIN (COSTS OFF) SELECT id FROM flows;
ALTER FOREIGN TABLE flows OPTIONS (DROP separate_files, DROP source_order);

-- Joins wait for flows and keep the other side, analyzed or not, small or large.
EXPLAIN (COSTS OFF) SELECT name FROM flows JOIN hosts ON dst_port = port;
EXPLAIN (COSTS OFF) SELECT name FROM hosts LEFT JOIN flows ON dst_port = port;
INSERT INTO hosts SELECT g, 'port ' || g FROM generate_series(101, 20000) g;
ANALYZE hosts;
EXPLAIN (COSTS OFF) SELECT name FROM flows JOIN hosts ON dst_port = port;
-- What would be read again is materialized, even where the planner expects one row on the other side.
EXPLAIN (COSTS OFF) SELECT name FROM hosts LEFT JOIN flows ON dst_port < port WHERE name = 'port 53';
EXPLAIN (COSTS OFF) SELECT port NOT IN (SELECT dst_port FROM flows) FROM hosts;
-- A cursor keeps nothing, unless it is to go back.
BEGIN;
EXPLAIN (COSTS OFF) DECLARE forward CURSOR FOR SELECT id FROM flows;
EXPLAIN (COSTS OFF) DECLARE back SCROLL CURSOR FOR SELECT id FROM flows;
ROLLBACK;

-- There is nothing to analyze, and others are.
CREATE TABLE plain AS SELECT 1 AS one;
ANALYZE flows, plain;
ALTER FOREIGN TABLE flows OPTIONS (SET source 'lo');
ANALYZE flows;
SELECT relname, reltuples FROM pg_class WHERE oid IN ('flows'::regclass, 'plain'::regclass) ORDER BY 1;
-- So it is where an interface is all that the owner may read.
CREATE ROLE regress_nfstream_sensor;
GRANT USAGE ON SCHEMA live TO regress_nfstream_sensor;
CREATE SERVER live_sensor FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (interfaces '{lo}');
GRANT USAGE ON FOREIGN SERVER live_sensor TO regress_nfstream_sensor;
GRANT CREATE ON SCHEMA live TO regress_nfstream_sensor;
SET ROLE regress_nfstream_sensor;
CREATE FOREIGN TABLE of_sensor (id bigint) SERVER live_sensor OPTIONS (source 'lo', n_meters '1');
ANALYZE of_sensor;
EXPLAIN (COSTS OFF) SELECT id FROM of_sensor;
-- A bare name that is none of the server's is a file.
ALTER FOREIGN TABLE of_sensor OPTIONS (SET source 'any');
EXPLAIN (COSTS OFF) SELECT id FROM of_sensor;
SELECT id FROM of_sensor;
RESET ROLE;
ALTER SERVER live_sensor OPTIONS (SET interfaces '{any}');
EXPLAIN (COSTS OFF) SELECT id FROM of_sensor;

-- Nothing is captured before the first row is asked for.
ALTER FOREIGN TABLE flows OPTIONS (SET source 'interface:nowhere0');
SELECT id FROM flows LIMIT 0;
SELECT id FROM flows;
\echo :SQLSTATE
DELETE FROM flows;
-- There is no file that could name the copy.
SELECT nfstream_to_csv('flows');
\echo :SQLSTATE

SET client_min_messages = warning;
DROP SERVER live_server, live_sensor CASCADE;
DROP SCHEMA live CASCADE;
DROP ROLE regress_nfstream_sensor;
