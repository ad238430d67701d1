-- Bad input: each its own error, with its SQLSTATE and the file's name; and no row before a damage is lost.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set vlans :pcaps '/link_vlan.pcap'
CREATE SCHEMA errors;
SET search_path = errors, public;
CREATE SERVER error_server FOREIGN DATA WRAPPER nfstream_fdw;
CREATE FOREIGN TABLE flows (id bigint, source_file text, bidirectional_packets int, bidirectional_bytes bigint)
	SERVER error_server OPTIONS (source :'vlans');

-- What a statement says, without the directory of the captures, and of libpcap's reason the words that all its versions have:
-- only the error, as a warning cannot be caught.
SELECT set_config('errors.pcaps', :'pcaps', false) = :'pcaps' AS set;
CREATE FUNCTION said(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text;
BEGIN
	EXECUTE query;
	RETURN NEXT 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
		detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN QUERY SELECT regexp_replace(replace(line, current_setting('errors.pcaps'), '...'),
		'(does not compile: ).*(70000|support|syntax error).*', '\1... \2 ...') FROM unnest(ARRAY[
		state || ': ' || message, nullif('  DETAIL: ' || detail, '  DETAIL: '), nullif('  HINT: ' || hint, '  HINT: ')])
		line WHERE line IS NOT NULL;
END $$;
-- The same of a scan of other captures of that directory, with other options.
CREATE FUNCTION said_of(name text, options text DEFAULT '', query text DEFAULT 'SELECT id FROM errors.scanned')
	RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	source text := (SELECT '{' || string_agg(format('"%s/%s"', current_setting('errors.pcaps'), n), ',') || '}'
		FROM unnest(string_to_array(name, ' ')) n);
BEGIN
	DROP FOREIGN TABLE IF EXISTS errors.scanned;
	EXECUTE format('CREATE FOREIGN TABLE errors.scanned (id bigint) SERVER error_server OPTIONS (%s source %L)',
		options, CASE WHEN name LIKE '% %' THEN source ELSE btrim(source, '{"}') END);
	RETURN QUERY SELECT errors.said(query);
END $$;
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on

-- What is there, and what is not.
SELECT said_of('link_vlan.pcap');
SELECT said_of('no_such.pcap');
SELECT said_of('link_vlan.pcap no_such.pcap');
SELECT said_of('no_such_*.pcap');
SELECT said_of('link_vlan.pcap/x');
SELECT said_of('no_such.pcap', '', 'SELECT id FROM errors.scanned WHERE false');
SELECT said_of('no_such.pcap', '', 'SELECT id FROM errors.scanned LIMIT 0');
SELECT said_of('no_such.pcap', '', 'EXPLAIN SELECT id FROM errors.scanned');

-- What is no capture.
SELECT said_of('damage_empty.pcap');
SELECT said_of('damage_text.pcap');
SELECT said_of('damage_file_header.pcap');
SELECT said_of('damage_version.pcap');
SELECT said_of('damage_ng_version.pcapng');
SELECT said_of('link_vlan.pcap damage_text.pcap', 'on_damage ''error'',');
SELECT said_of('damage_empty.pcap link_vlan.pcap', 'on_damage ''error'',');
SELECT said_of('damage_file_header.pcap link_vlan.pcap', 'on_damage ''error'',');
-- Of several, the others are read.
CREATE FOREIGN TABLE mixed (source_file text) SERVER error_server OPTIONS (source :'vlans');
SET client_min_messages = error;
SELECT format('{"%1$s/damage_empty.pcap","%1$s/link_vlan.pcap","%1$s/damage_text.pcap"}', :'pcaps') AS bad \gset
ALTER FOREIGN TABLE mixed OPTIONS (SET source :'bad');
SELECT regexp_replace(source_file, '.*/', ''), count(*) FROM mixed GROUP BY 1;
SET client_min_messages = warning;
-- Without packets it is one.
SELECT said_of('damage_no_packets.pcap', 'on_damage ''error'',', 'SELECT 1 / count(*) FROM errors.scanned');
SELECT said_of('damage_no_packets.pcapng', 'on_damage ''error'',', 'SELECT 1 / count(*) FROM errors.scanned');

-- Damage is an error where it is asked for: where it is, and how much was read.
SELECT said_of('damage_packet.pcap', 'on_damage ''error'',');
SELECT said_of('damage_record_header.pcap', 'on_damage ''error'',');
SELECT said_of('damage_garbage.pcap', 'on_damage ''error'',');
SELECT said_of('damage_captured_length.pcap', 'on_damage ''error'',');
SELECT said_of('damage_ng_block.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_header.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_lengths.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_total.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_unaligned.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_interface.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_captured.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_zeros.pcap', 'on_damage ''error'',');
SELECT said_of('damage_ng_section_version.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_resolutions.pcapng', 'on_damage ''error'',');
SELECT said_of('damage_ng_option.pcapng', 'on_damage ''error'',');
-- Of the captures behind it nothing is read.
SELECT said_of('damage_packet.pcap link_vlan.pcap', 'on_damage ''error'',');
SELECT said_of('link_vlan.pcap damage_packet.pcap', 'on_damage ''error'',');
-- However many meters were asked for, and also where max_nflows ends the scan at the same moment.
SELECT n, said_of('damage_packet.pcap', format('on_damage ''error'', n_meters ''%s'', max_nflows ''%s'',', n, flows))
	FROM unnest('{1,2}'::int[]) n, unnest('{0,2,3}'::int[]) flows WHERE flows < 3 OR n > 1;
-- Nobody is told who does not come so far, or whose statement is undone.
SELECT said_of('damage_packet.pcap', 'on_damage ''error'',', 'SELECT id FROM errors.scanned LIMIT 2');
CREATE TABLE kept (id bigint);
SELECT said_of('damage_packet.pcap', 'on_damage ''error'',', 'INSERT INTO errors.kept SELECT id FROM errors.scanned');
SELECT count(*) FROM kept;

-- Else it is a warning behind the rows.
\pset tuples_only off
\set VERBOSITY sqlstate
SELECT :'pcaps' || '/damage_packet.pcap' AS cut,
	format('{"%1$s/damage_packet.pcap",%1$s/link_vlan.pcap,%1$s/damage_ng_lengths.pcapng}', :'pcaps') AS several,
	:'pcaps' || '/damage_garbage.pcap' AS garbage, :'pcaps' || '/damage_ng_block.pcapng' AS ng \gset
ALTER FOREIGN TABLE flows OPTIONS (SET source :'cut');
SELECT id, bidirectional_packets, bidirectional_bytes FROM flows;
SELECT count(*), sum(bidirectional_packets) FROM flows;
SELECT id FROM flows LIMIT 2;
SELECT id FROM flows LIMIT 3;
INSERT INTO kept SELECT id FROM flows;
SELECT count(*) FROM kept;
ALTER FOREIGN TABLE flows OPTIONS (SET source :'garbage', ADD on_damage 'warn');
SELECT count(*), sum(bidirectional_packets) FROM flows;
ALTER FOREIGN TABLE flows OPTIONS (SET source :'ng');
SELECT count(*), sum(bidirectional_packets) FROM flows;
-- One for each damaged file, once for all meters; and what is behind is read.
ALTER FOREIGN TABLE flows OPTIONS (SET source :'several', ADD n_meters '2');
SELECT id, substr(source_file, length(:'pcaps') + 2) AS source_file, bidirectional_packets FROM flows;
-- With an error, the rows before it come to whom fetches them.
ALTER FOREIGN TABLE flows OPTIONS (SET source :'cut', SET on_damage 'error');
BEGIN;
DECLARE fetched CURSOR FOR SELECT id, bidirectional_packets FROM flows;
FETCH 2 FROM fetched;
FETCH 1 FROM fetched;
ROLLBACK;
\set VERBOSITY default
\pset tuples_only on

-- Filters that do not compile, or not for this link type.
SELECT said_of('link_vlan.pcap', 'bpf_filter ''no such filter'',');
SELECT said_of('link_vlan.pcap', 'bpf_filter ''tcp port'',');
SELECT said_of('link_vlan.pcap', 'bpf_filter ''port 70000'',');
SELECT said_of('link_raw.pcap', 'bpf_filter ''ether host 02:00:00:00:00:01'',');
SELECT said_of('link_vlan.pcap', 'bpf_filter ''type mgt'',');
SELECT said_of('link_80211.pcap', 'bpf_filter ''type mgt'',');
SELECT said_of('link_vlan.pcap link_raw.pcap', 'bpf_filter ''vlan'',');
SELECT said_of('damage_no_packets.pcap', 'bpf_filter ''no such filter'',');
-- A pcapng may hold frames of a type that the filter does not fit.
SELECT said_of('format_ng.pcapng', 'bpf_filter ''ether host 02:00:00:00:00:01'',');
SELECT said_of('link_vlan.pcap format_ng.pcapng', 'bpf_filter ''ether host 02:00:00:00:00:01'',');
-- The file is looked for before the filter is looked at, and the capture before the filter's fit.
SELECT said_of('no_such.pcap', 'bpf_filter ''no such filter'',');

-- Many errors in one session, and then it scans.
SELECT count(*), count(DISTINCT s) FROM generate_series(1, 30) n,
	LATERAL (SELECT said_of('damage_text.pcap', 'n_meters ''2'',') s WHERE n > 0 LIMIT 1) each;
SELECT said_of('link_vlan.pcap', '', 'SELECT 1 / count(*) FROM errors.scanned');

-- A reader needs SELECT on the table, or on what stands before it; the owner needs the right to read the server's
-- files.
CREATE ROLE regress_nfstream_owner IN ROLE pg_read_server_files;
CREATE ROLE regress_nfstream_select;
CREATE ROLE regress_nfstream_view;
GRANT USAGE ON SCHEMA errors TO regress_nfstream_owner, regress_nfstream_select, regress_nfstream_view;
GRANT CREATE ON SCHEMA errors TO regress_nfstream_owner, regress_nfstream_view;
GRANT USAGE ON FOREIGN SERVER error_server TO regress_nfstream_owner;
SET ROLE regress_nfstream_owner;
CREATE FOREIGN TABLE owned (id bigint, vlan_id int) SERVER error_server OPTIONS (source :'vlans');
GRANT SELECT ON owned TO regress_nfstream_view;
SELECT count(*) FROM owned;
SET ROLE regress_nfstream_select;
SELECT said('SELECT id FROM errors.owned');
SET ROLE regress_nfstream_view;
SELECT count(*) FROM owned;
CREATE VIEW through AS SELECT id FROM owned WHERE vlan_id = 100;
GRANT SELECT ON through TO regress_nfstream_select;
SET ROLE regress_nfstream_select;
SELECT * FROM through;
RESET ROLE;
-- The right is asked for at each scan: prepared ones too.
SET ROLE regress_nfstream_view;
PREPARE prepared AS SELECT count(*) FROM owned;
EXECUTE prepared;
RESET ROLE;
REVOKE pg_read_server_files FROM regress_nfstream_owner;
SET ROLE regress_nfstream_view;
SELECT said('EXECUTE prepared');
SET ROLE regress_nfstream_select;
SELECT said('SELECT id FROM errors.through');
SET ROLE regress_nfstream_owner;
SELECT said('SELECT id FROM errors.owned');
RESET ROLE;
SELECT said('SELECT id FROM errors.owned');
-- A source on the server needs no right of the table's owner.
ALTER SERVER error_server OPTIONS (ADD source :'vlans');
SET ROLE regress_nfstream_owner;
CREATE FOREIGN TABLE of_server (id bigint) SERVER error_server;
SELECT count(*) FROM of_server;
ALTER FOREIGN TABLE of_server OPTIONS (ADD source :'vlans');
SELECT said('SELECT id FROM errors.of_server');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA errors CASCADE;
DROP SERVER error_server CASCADE;
DROP ROLE regress_nfstream_owner, regress_nfstream_select, regress_nfstream_view;
