-- Data sets: flows as tables, and as CSV files of the server.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
\set empty :pcaps '/damage_no_packets.pcap'
CREATE SCHEMA datasets;
SET search_path = datasets, public;
CREATE SERVER datasets_server FOREIGN DATA WRAPPER nfstream_fdw;
IMPORT FOREIGN SCHEMA nflow FROM SERVER datasets_server INTO datasets
	OPTIONS (table_name 'flows', source :'tls', statistical_analysis 'true', splt_analysis '5');
SELECT nfstream_comment('flows') AS comments;
COMMENT ON FOREIGN TABLE flows IS 'what TLS clients did';

-- A table with the same columns, types, comments and rows, which the planner knows.
SELECT nfstream_to_table('flows', 'dataset');
SELECT count(*) AS differing FROM (SELECT * FROM dataset EXCEPT ALL SELECT * FROM flows) difference;
SELECT count(*) AS differing FROM pg_attribute f FULL JOIN pg_attribute d
	ON d.attname = f.attname AND d.atttypid = f.atttypid AND d.attnum = f.attnum AND d.attrelid = 'dataset'::regclass
		AND col_description(d.attrelid, d.attnum) = col_description(f.attrelid, f.attnum)
WHERE f.attrelid = 'flows'::regclass AND f.attnum > 0 AND d.attname IS NULL;
SELECT relpersistence, reltuples, obj_description(oid, 'pg_class') FROM pg_class WHERE oid = 'dataset'::regclass;
SELECT count(*) > 80 AS analyzed FROM pg_stats WHERE schemaname = 'datasets' AND tablename = 'dataset';

-- One that is there is an error, gets the rows behind its own, or in their place; columns of it that flows lack stay at their
-- defaults.
SELECT nfstream_to_table('flows', 'dataset');
\echo :SQLSTATE
ALTER TABLE dataset ADD COLUMN label text DEFAULT 'unknown';
SELECT nfstream_to_table('flows', 'datasets.dataset', if_exists => 'append');
SELECT count(*), count(DISTINCT id), count(label) FROM dataset;
ALTER TABLE dataset DROP COLUMN src_ip;
SELECT nfstream_to_table('flows', 'dataset', if_exists => 'append');
\echo :SQLSTATE
CREATE TABLE narrow (src_ip inet, bidirectional_bytes smallint, application_name text);
CREATE VIEW talks AS SELECT src_ip, bidirectional_bytes, application_name FROM flows;
ALTER TABLE narrow ALTER application_name TYPE varchar(3);
SELECT nfstream_to_table('talks', 'narrow', if_exists => 'append');

-- Replaced, a table that can hold the rows stays what it is: its rights, indexes, columns and what hangs on it.
RESET client_min_messages;
SELECT nfstream_to_table('talks', 'kept', if_exists => 'replace');
ALTER TABLE kept ADD COLUMN label text DEFAULT 'unknown';
CREATE INDEX kept_bytes ON kept (bidirectional_bytes);
CREATE VIEW of_kept AS SELECT * FROM kept;
GRANT SELECT ON kept TO PUBLIC;
UPDATE kept SET label = 'mine';
SELECT 'kept'::regclass::oid AS before \gset
SELECT nfstream_to_table('talks', 'kept', if_exists => 'replace');
SELECT count(*), count(DISTINCT label), min(label) FROM of_kept;
SELECT oid = :before AS same, relacl IS NOT NULL AS has_rights, relhasindex FROM pg_class WHERE relname = 'kept';
-- One that cannot is made anew, unless something hangs on it.
SELECT nfstream_to_table('talks', 'kept', '{src_ip}', if_exists => 'replace');
\echo :SQLSTATE
SELECT count(*), min(length(host(src_ip))) < 128 AS as_it_was FROM kept;
DROP VIEW of_kept;
SELECT nfstream_to_table('talks', 'kept', '{src_ip}', if_exists => 'replace');
SELECT oid = :before AS same, relacl IS NOT NULL AS has_rights, relhasindex FROM pg_class WHERE relname = 'kept';
SELECT count(*), min(length(src_ip)) FROM kept;
SELECT nfstream_to_table('talks', 'kept', '{src_ip}', 'unlogged', 'replace');
SELECT relpersistence FROM pg_class WHERE relname = 'kept';
-- All of it or nothing: an error leaves what was there, and so does a transaction that is undone.
CREATE VIEW failing_late AS SELECT id, 1 / (7 - id) AS x FROM flows;
CREATE TABLE whole (id bigint, x bigint);
INSERT INTO whole VALUES (-1, -1);
SELECT nfstream_to_table('failing_late', 'whole', if_exists => 'replace');
\echo :SQLSTATE
SELECT * FROM whole;
BEGIN;
SELECT nfstream_to_table('talks', 'whole', if_exists => 'replace');
SELECT count(*) FROM whole;
ROLLBACK;
SELECT * FROM whole;
-- Its own rows, through a view too, would be gone before they are read.
CREATE VIEW of_whole AS SELECT id FROM whole WHERE id < 0;
SELECT nfstream_to_table('whole', 'whole', if_exists => 'replace');
\echo :SQLSTATE
SELECT nfstream_to_table('of_whole', 'whole', if_exists => 'replace');
CREATE FUNCTION rows_of_whole() RETURNS SETOF bigint STABLE LANGUAGE sql AS 'SELECT id FROM whole';
CREATE VIEW by_function AS SELECT id FROM rows_of_whole() AS r (id);
SELECT nfstream_to_table('by_function', 'whole', if_exists => 'replace');
CREATE TABLE parts (id bigint, x bigint) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
INSERT INTO parts VALUES (1, 1);
SELECT nfstream_to_table('parts', 'part', if_exists => 'replace');
SELECT nfstream_to_table('part', 'parts', if_exists => 'replace');
SELECT nfstream_to_table('whole', 'parts', if_exists => 'replace');
SELECT * FROM part;
SELECT nfstream_to_table('of_whole', 'whole', if_exists => 'append');
SELECT * FROM whole;
SELECT nfstream_to_table('talks', 'of_whole', if_exists => 'replace');
\echo :SQLSTATE

-- Unlogged, temporary, of a view, hashed, of another table.
SELECT nfstream_to_table('talks', '"Odd name"', persistence => 'unlogged');
SELECT nfstream_to_table('talks', 'of_session', '{src_ip}', 'temporary');
SELECT nfstream_to_table('of_session', 'copied');
SELECT relname, relpersistence FROM pg_class WHERE relname IN ('Odd name', 'of_session', 'copied') ORDER BY 1;
SELECT count(*) AS hashed FROM of_session s JOIN copied c USING (src_ip)
	JOIN (SELECT DISTINCT nfstream_anonymize(src_ip) AS src_ip FROM talks) t USING (src_ip)
WHERE s.ctid = c.ctid;
SELECT nfstream_to_table('talks', 'of_session', '{src_ip}', 'temporary');
SELECT nfstream_to_table('talks', 'kept', '{src_ip}', 'temporary', 'append');
SELECT count(*), min(relpersistence), max(relpersistence) FROM pg_class WHERE relname = 'kept';
DROP TABLE pg_temp.kept;
SELECT nfstream_to_table('talks', 'copied', '{src_ip}', 'unlogged', 'append');
SELECT nfstream_to_table('talks', 'never', persistence => 'durable');
SELECT nfstream_to_table('talks', 'never', if_exists => 'upsert');
\echo :SQLSTATE
SELECT nfstream_to_table('talks', 'never', '{source_ip}');
\echo :SQLSTATE
SELECT nfstream_to_table('talks', 'never', ARRAY[NULL]);
SELECT nfstream_to_table('talks', 'no_such_schema.never');
SELECT nfstream_to_table(NULL, 'never');
\echo :SQLSTATE
SELECT nfstream_to_table('talks', NULL);
SELECT nfstream_to_table('talks', 'never', NULL);
SELECT nfstream_to_table('talks', 'never', persistence => NULL);
SELECT nfstream_to_table('talks', 'never', if_exists => NULL);
SELECT nfstream_to_table('talks', '');
SELECT nfstream_to_table('talks', 'elsewhere.public.never');
SELECT nfstream_to_table('talks', 'a.b.c.never');
CREATE INDEX ON narrow (src_ip);
SELECT nfstream_to_table('narrow_src_ip_idx', 'never');
SELECT to_regclass('never');

-- In a transaction that is rolled back nothing is left.
BEGIN;
SELECT nfstream_to_table('talks', 'never');
ROLLBACK;
SELECT to_regclass('never');

-- CSV: what COPY writes, byte for byte.
SELECT current_setting('data_directory') || '/nfstream_datasets.csv' AS csv,
	current_setting('data_directory') || '/nfstream_datasets.copy' AS copy \gset
SELECT nfstream_to_csv('flows', :'csv');
SELECT set_config('datasets.copy', :'copy', false) = :'copy' AS set;
DO $$ BEGIN
	EXECUTE format('COPY (SELECT * FROM flows) TO %L (FORMAT csv, HEADER)', current_setting('datasets.copy'));
END $$;
SELECT length(a) > 5000 AS long, a = b AS same FROM pg_read_binary_file(:'csv') a, pg_read_binary_file(:'copy') b;

-- Chunks, each with its header; with a rotation the later ones take the place of the earlier.
SELECT nfstream_to_csv('talks', :'csv', flows_per_file => 5);
CREATE VIEW files AS
	SELECT name, regexp_count(pg_read_file(current_setting('data_directory') || '/' || name), E'\n') AS lines
	FROM pg_ls_dir('.') name WHERE name ~ '^(\.nfstream|nfstream_(datasets|rotated|whole))' AND name !~ 'copy$' ORDER BY name COLLATE "C";
SELECT * FROM files;
SELECT nfstream_to_csv('talks', replace(:'csv', 'datasets', 'rotated'), '{}', 3, 2);
SELECT nfstream_to_csv('talks', replace(:'csv', 'datasets', 'whole'), '{}', 0, 2);
SELECT * FROM files;

-- Without flows there is no file; with an error there is none either, and what was there stays.
CREATE FOREIGN TABLE nothing (id bigint) SERVER datasets_server OPTIONS (source :'empty');
SELECT nfstream_to_csv('nothing', replace(:'csv', 'datasets', 'nothing'));
CREATE VIEW failing AS SELECT id, 1 / (7 - id) AS x FROM flows;
SELECT nfstream_to_csv('failing', :'csv');
SELECT nfstream_to_csv('failing', replace(:'csv', 'datasets', 'failing'), flows_per_file => 2);
SELECT count(*) FROM files;
SELECT a = b AS same FROM pg_read_binary_file(:'csv') a, pg_read_binary_file(:'copy') b;

-- Columns that are hashed with this session's key.
SELECT nfstream_to_csv('talks', :'csv', '{src_ip}');
SELECT split_part(pg_read_file(:'csv'), E'\n', 2) = format('%s,%s,%s', nfstream_anonymize(src_ip), bidirectional_bytes, application_name)
FROM talks LIMIT 1;

-- Where files go, and what is refused.
SELECT nfstream_to_csv('talks');
\echo :SQLSTATE
SELECT nfstream_to_csv('talks', 'talks.csv');
\echo :SQLSTATE
SELECT nfstream_to_csv('talks', '/');
SELECT nfstream_to_csv('talks', '/dev/null');
SELECT nfstream_to_csv('talks', '/no/such/directory/talks.csv');
\echo :SQLSTATE
SELECT nfstream_to_csv('talks', :'csv', '{source_ip}');
SELECT nfstream_to_csv('talks', :'csv', NULL);
SELECT nfstream_to_csv('talks', :'csv', flows_per_file => -1);
SELECT nfstream_to_csv('talks', :'csv', rotate_files => NULL);
CREATE ROLE datasets_role;
GRANT USAGE ON SCHEMA datasets TO datasets_role;
GRANT SELECT ON talks TO datasets_role;
SET ROLE datasets_role;
SELECT nfstream_to_csv('talks', '/tmp/talks.csv');
\echo :SQLSTATE
RESET ROLE;
GRANT EXECUTE ON FUNCTION nfstream_to_csv TO datasets_role;
SET ROLE datasets_role;
SELECT nfstream_to_csv('talks', '/tmp/talks.csv');
\echo :SQLSTATE
RESET ROLE;
GRANT pg_write_server_files TO datasets_role;
SET ROLE datasets_role;
SELECT nfstream_to_csv('talks', :'csv');
SELECT nfstream_to_csv('dataset', :'csv');
\echo :SQLSTATE
RESET ROLE;

DO $$
BEGIN
	EXECUTE format('COPY (SELECT) TO PROGRAM %L',
		'cat > /dev/null; rm ' || string_agg(quote_literal(current_setting('data_directory') || '/' || name), ' '))
	FROM pg_ls_dir('.') name WHERE name ~ '^\.?nfstream';
END $$;
SET client_min_messages = warning;
DROP SERVER datasets_server CASCADE;
DROP SCHEMA datasets CASCADE;
DROP OWNED BY datasets_role;
DROP ROLE datasets_role;
