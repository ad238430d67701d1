-- What valgrind looks at: each way through a scan once, with as few processes as may be.  The answers are compared with those of
-- the server without valgrind.
\set ON_ERROR_STOP off
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set tls :pcaps '/tls.pcap'
\set types :pcaps '/types.pcap'
\set vlans :pcaps '/link_vlan.pcap'
\set damaged :pcaps '/damage_packet.pcap'
\set text :pcaps '/damage_text.pcap'
\set two_files '{' :types ',' :vlans '}'
\set damaged_files '{' :vlans ',' :damaged '}'
\set all_files :pcaps '/link_v*.pcap'
SET timezone = 'UTC';
CREATE EXTENSION nfstream_fdw;
CREATE SERVER nfstream FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (n_dissections '0');
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'labelled', source :'tls',
	n_dissections '20', statistical_analysis 'true', splt_analysis '10', n_meters '1');
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'two', source :'two_files',
	statistical_analysis 'true', splt_analysis '255', n_meters '2');
IMPORT FOREIGN SCHEMA nflow FROM SERVER nfstream INTO public OPTIONS (table_name 'hidden', source :'types',
	columns_to_anonymize '{src_ip,dst_mac,src_oui}', n_meters '1');
ALTER FOREIGN TABLE two ADD COLUMN source_file text;

-- By workers: one and two, labels, lists, several files.
SELECT application_name, application_confidence, requested_server_name, client_fingerprint FROM labelled;
SELECT * FROM two;
SELECT count(*), sum(bidirectional_packets) FROM two;
SELECT id, length(src_ip), length(dst_mac), src_oui = nfstream_anonymize('x') FROM hidden LIMIT 3;
EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT id, protocol FROM two WHERE dst_port > 0;

-- By the session itself: the cursor has all slots that there are.
BEGIN;
DECLARE holds CURSOR FOR SELECT * FROM two;
FETCH 2 FROM holds;
SELECT * FROM two LIMIT 2;
SELECT requested_server_name FROM labelled LIMIT 3;
SELECT count(*) FROM generate_series(1, 2) n, LATERAL (SELECT id FROM two WHERE id > n OFFSET 0) rest;
SAVEPOINT before;
SELECT 1 / (id - 3) FROM two;
ROLLBACK TO before;
FETCH ALL FROM holds;
SELECT count(*) FROM two;
ROLLBACK;

-- Types that are not the attributes' own, and what they cannot hold.
CREATE FOREIGN TABLE forms (client inet OPTIONS (attribute 'src_ip'), mac macaddr OPTIONS (attribute 'src_mac'),
	began timestamptz OPTIONS (attribute 'bidirectional_first_seen_ms'),
	lasted interval OPTIONS (attribute 'bidirectional_duration_ms'), bytes numeric(8,2) OPTIONS (attribute 'bidirectional_bytes'),
	oui varchar(3) OPTIONS (attribute 'src_oui'), file text OPTIONS (attribute 'source_file'),
	sizes bigint[] OPTIONS (attribute 'splt_ps')) SERVER nfstream OPTIONS (source :'two_files', splt_analysis '4');
SELECT client, mac, began, lasted, bytes, sizes FROM forms;
SELECT oui FROM forms;
CREATE FOREIGN TABLE narrow (port smallint OPTIONS (attribute 'src_port')) SERVER nfstream OPTIONS (source :'types');
SELECT port FROM narrow;
CREATE FOREIGN TABLE wrong (begins boolean) SERVER nfstream OPTIONS (source :'types');
SELECT * FROM wrong;
CREATE FOREIGN TABLE held (src_ip boolean) SERVER nfstream OPTIONS (source :'types');
SELECT * FROM held;

-- Captures that are damaged, are none, are not there; a pattern; a filter.
CREATE FOREIGN TABLE damaged (id bigint, source_file text) SERVER nfstream OPTIONS (source :'damaged_files', n_meters '2');
SELECT count(*) FROM damaged;
ALTER FOREIGN TABLE damaged OPTIONS (ADD on_damage 'error');
SELECT count(*) FROM damaged;
ALTER FOREIGN TABLE damaged OPTIONS (SET source :'text');
SELECT count(*) FROM damaged;
ALTER FOREIGN TABLE damaged OPTIONS (SET source '/nowhere/a.pcap');
SELECT count(*) FROM damaged;
ALTER FOREIGN TABLE damaged OPTIONS (SET source :'all_files', ADD bpf_filter 'tcp or vlan', ADD max_nflows '4');
SELECT count(*) FROM damaged;
ALTER FOREIGN TABLE damaged OPTIONS (SET bpf_filter 'no such');
SELECT count(*) FROM damaged;

-- Options, right and wrong.
CREATE FOREIGN TABLE bad (id int) SERVER nfstream OPTIONS (sorce 'x');
CREATE FOREIGN TABLE bad (id int) SERVER nfstream OPTIONS (source 'x', idle_timeout 'soon');
CREATE FOREIGN TABLE bad (id int) SERVER nfstream OPTIONS (source '{x,"y', columns_to_anonymize '{src_ip');
CREATE FOREIGN TABLE bad (id int OPTIONS (attribut 'id')) SERVER nfstream OPTIONS (source 'x');
IMPORT FOREIGN SCHEMA nothing FROM SERVER nfstream INTO public;

-- Statistics, data sets, functions.
ANALYZE two (id, protocol, src_ip);
SELECT attname, n_distinct FROM pg_stats WHERE tablename = 'two' ORDER BY 1;
SELECT nfstream_to_csv('hidden', :'exports' || '/hidden.csv', flows_per_file => 3);
SELECT nfstream_to_csv('two', :'exports' || '/two.csv', columns_to_anonymize => '{src_ip}', flows_per_file => 2, rotate_files => 2);
SELECT nfstream_to_csv('two', '/nowhere/two.csv');
SELECT nfstream_to_table('two', 'kept', columns_to_anonymize => '{dst_ip}');
SELECT nfstream_to_table('two', 'kept', columns_to_anonymize => '{dst_ip}', if_exists => 'append');
SELECT count(*) FROM kept;
COPY (SELECT id, splt_ps FROM two) TO STDOUT (FORMAT csv);
SELECT nfstream_comment('two');
SELECT count(*) > 100 FROM nfstream_applications();
SELECT count(*) FROM nfstream_version();
SELECT count(*) > 1 FROM nfstream_interfaces();
SELECT nfstream_anonymize(inet '10.0.0.1', 'key') = nfstream_anonymize('10.0.0.1', 'key');
SELECT nfstream_rotate_key();

-- Cut off: by a timeout, by LIMIT, by an error that is caught, by the end of a session that holds a cursor.
SET statement_timeout = 2000;
SELECT id, pg_sleep(1) FROM two;
RESET statement_timeout;
DO $$ BEGIN PERFORM 1 / (id - 2) FROM two; EXCEPTION WHEN division_by_zero THEN NULL; END $$;
SELECT EXISTS (SELECT FROM two WHERE id = 3);
BEGIN;
DECLARE open CURSOR FOR SELECT * FROM two;
FETCH 1 FROM open;
