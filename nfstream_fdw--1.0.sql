/* nfstream_fdw--1.0.sql: what CREATE EXTENSION nfstream_fdw runs. */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION nfstream_fdw" to load this file. \quit

CREATE FUNCTION nfstream_fdw_handler()
RETURNS fdw_handler
AS 'MODULE_PATHNAME', 'nfstream_fdw_handler'
LANGUAGE C STRICT;

COMMENT ON FUNCTION nfstream_fdw_handler() IS
	'callbacks of the foreign-data wrapper nfstream_fdw';

CREATE FUNCTION nfstream_fdw_validator(options text[], catalog oid)
RETURNS void
AS 'MODULE_PATHNAME', 'nfstream_fdw_validator'
LANGUAGE C STRICT;

COMMENT ON FUNCTION nfstream_fdw_validator(text[], oid) IS
	'checks the options of servers, foreign tables, columns and user mappings of nfstream_fdw';

CREATE FOREIGN DATA WRAPPER nfstream_fdw
	HANDLER nfstream_fdw_handler
	VALIDATOR nfstream_fdw_validator;

COMMENT ON FOREIGN DATA WRAPPER nfstream_fdw IS
	'network captures as tables of flows';

-- Not STRICT: what is NULL is an error, and not nothing.
CREATE FUNCTION nfstream_comment(flows regclass)
RETURNS integer
AS 'MODULE_PATHNAME', 'nfstream_comment'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION nfstream_comment(regclass) IS
	'puts a comment on each column of a table of flows, for the table''s owner; returns how many';

CREATE FUNCTION nfstream_version(OUT component text, OUT version text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_version'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_version() IS
	'versions of the extension, its meter, nDPI and libpcap';

CREATE FUNCTION nfstream_applications(OUT id integer, OUT application_name text, OUT application_category_name text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_applications'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_applications() IS
	'applications and protocols that the meter''s nDPI knows, with their categories; last the categories that are none''s own';

CREATE FUNCTION nfstream_interfaces(OUT name text, OUT up boolean, OUT link_type text, OUT addresses inet[], OUT may_capture boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_interfaces'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_interfaces() IS
	'network interfaces of the server''s host: those from which the caller may capture, to members of pg_monitor all';

CREATE FUNCTION nfstream_captures(server name, directory text DEFAULT NULL, OUT file text, OUT format text, OUT size bigint,
	OUT packets bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_captures'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION nfstream_captures(name, text) IS
	'captures in a directory that a server''s tables may read: the server''s, or one that is named; format: pcap, pcapng, or how it is compressed; packets: if a table with the file was analyzed';

-- It reads files.
REVOKE EXECUTE ON FUNCTION nfstream_captures(name, text) FROM PUBLIC;

-- What ANALYZE has found out of files, by which a query's times leave some out.  All of it can be found out again, so it is not dumped.
CREATE TABLE nfstream_source_files (
	relation oid NOT NULL,
	device bigint NOT NULL,
	inode bigint NOT NULL,
	size bigint NOT NULL,
	modified_ns bigint NOT NULL,
	changed_ns bigint NOT NULL,
	looked_at_ns bigint NOT NULL,
	is_damaged boolean NOT NULL,
	packets bigint NOT NULL,
	first_ms bigint NOT NULL,
	first_ns integer NOT NULL,
	last_ms bigint NOT NULL,
	last_ns integer NOT NULL,
	PRIMARY KEY (relation, device, inode)
);

REVOKE ALL ON nfstream_source_files FROM PUBLIC;

COMMENT ON TABLE nfstream_source_files IS
	'what ANALYZE has found out of the files of tables; the function nfstream_sources() shows it';
COMMENT ON COLUMN nfstream_source_files.relation IS 'the foreign table that was analyzed; rows of one that is no more go with the next ANALYZE';
COMMENT ON COLUMN nfstream_source_files.device IS 'with inode, the file';
COMMENT ON COLUMN nfstream_source_files.inode IS 'with device, the file';
COMMENT ON COLUMN nfstream_source_files.size IS 'of the file as it was read, in bytes';
COMMENT ON COLUMN nfstream_source_files.modified_ns IS 'when its bytes had been changed last, in nanoseconds since 1970';
COMMENT ON COLUMN nfstream_source_files.changed_ns IS 'when anything of it had been changed last';
COMMENT ON COLUMN nfstream_source_files.looked_at_ns IS 'when ANALYZE began';
COMMENT ON COLUMN nfstream_source_files.is_damaged IS 'it could not be read to its end';
COMMENT ON COLUMN nfstream_source_files.packets IS 'in it';
COMMENT ON COLUMN nfstream_source_files.first_ms IS 'the least time of a packet, in milliseconds since 1970';
COMMENT ON COLUMN nfstream_source_files.first_ns IS 'the nanoseconds beyond these';
COMMENT ON COLUMN nfstream_source_files.last_ms IS 'the greatest time of a packet';
COMMENT ON COLUMN nfstream_source_files.last_ns IS 'the nanoseconds beyond these';

-- Not STRICT: what is NULL is an error, and not nothing.
CREATE FUNCTION nfstream_sources(flows regclass, OUT file text, OUT first_packet_at timestamptz, OUT last_packet_at timestamptz,
	OUT packets bigint, OUT status text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_sources'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION nfstream_sources(regclass) IS
	'files of a table''s source, for who may read it, and what ANALYZE has found out of them: analyzed, damaged, recent, changed, or not analyzed';

CREATE FUNCTION nfstream_meters(OUT pid integer, OUT leader_pid integer, OUT datid oid, OUT usesysid oid, OUT relid oid, OUT source text,
	OUT file text, OUT meter integer, OUT seconds double precision, OUT bytes_read bigint, OUT bytes_total bigint,
	OUT packets_read bigint, OUT packets_ignored bigint, OUT packets_received bigint, OUT packets_dropped_by_kernel bigint, OUT active_flows bigint, OUT flows_sent bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_meters'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_meters() IS
	'how far the meters of the whole cluster are: what the view nfstream_progress is made of';

CREATE VIEW nfstream_progress AS
	SELECT m.pid, m.leader_pid, d.datname, u.rolname AS usename, CASE WHEN d.datname = current_database() THEN nullif(m.relid, 0)::regclass END AS "table",
		m.source, m.file, m.meter, m.seconds, m.bytes_read, m.bytes_total, m.packets_read, m.packets_ignored, m.packets_received,
		m.packets_dropped_by_kernel, m.active_flows, m.flows_sent
		FROM nfstream_meters() m LEFT JOIN pg_database d ON d.oid = m.datid LEFT JOIN pg_roles u ON u.oid = m.usesysid;

GRANT SELECT ON nfstream_progress TO PUBLIC;

COMMENT ON VIEW nfstream_progress IS
	'running meters, one row for each: of one''s own scans, to members of pg_read_all_stats of all; before PostgreSQL 17 it needs the library in shared_preload_libraries';
COMMENT ON COLUMN nfstream_progress.pid IS 'process of the session that scans, as in pg_stat_activity';
COMMENT ON COLUMN nfstream_progress.leader_pid IS 'process of the session, where a worker of its parallel query scans; NULL if it scans itself';
COMMENT ON COLUMN nfstream_progress.datname IS 'database of the session';
COMMENT ON COLUMN nfstream_progress.usename IS 'user whose scan it is';
COMMENT ON COLUMN nfstream_progress."table" IS 'foreign table that is scanned; NULL if it is in another database, or a function reads the source';
COMMENT ON COLUMN nfstream_progress.source IS 'source as the option has it';
COMMENT ON COLUMN nfstream_progress.file IS 'file at hand; NULL before the first packets, or if the source is an interface';
COMMENT ON COLUMN nfstream_progress.meter IS 'number of the meter in its scan, from 0';
COMMENT ON COLUMN nfstream_progress.seconds IS 'since the meter was started';
COMMENT ON COLUMN nfstream_progress.bytes_read IS 'of the source, so far';
COMMENT ON COLUMN nfstream_progress.bytes_total IS 'of the source; NULL if it is an interface';
COMMENT ON COLUMN nfstream_progress.packets_read IS 'by this meter, so far';
COMMENT ON COLUMN nfstream_progress.packets_ignored IS 'of these, those that are in no flow';
COMMENT ON COLUMN nfstream_progress.packets_received IS 'from the interface for this meter; NULL if the source is files';
COMMENT ON COLUMN nfstream_progress.packets_dropped_by_kernel IS 'of these, those that the meter was too late for; NULL if the source is files';
COMMENT ON COLUMN nfstream_progress.active_flows IS 'that the meter keeps';
COMMENT ON COLUMN nfstream_progress.flows_sent IS 'that have expired, and reached the session';

-- A source as one call.  Its arguments are a table's options, by their names, and NULL means the default; its rows have the columns that
-- IMPORT FOREIGN SCHEMA nflow declares with all options on, and udps, or those of nfpacket.  Tests hold all of it to that.
CREATE TYPE nfstream_flow AS (
	id bigint,
	expiration_id bigint,
	src_ip inet,
	src_mac macaddr,
	src_oui text,
	src_port integer,
	dst_ip inet,
	dst_mac macaddr,
	dst_oui text,
	dst_port integer,
	protocol integer,
	ip_version integer,
	vlan_id integer,
	tunnel_id integer,
	bidirectional_first_seen_ms bigint,
	bidirectional_last_seen_ms bigint,
	bidirectional_duration_ms bigint,
	bidirectional_packets bigint,
	bidirectional_bytes bigint,
	src2dst_first_seen_ms bigint,
	src2dst_last_seen_ms bigint,
	src2dst_duration_ms bigint,
	src2dst_packets bigint,
	src2dst_bytes bigint,
	dst2src_first_seen_ms bigint,
	dst2src_last_seen_ms bigint,
	dst2src_duration_ms bigint,
	dst2src_packets bigint,
	dst2src_bytes bigint,
	bidirectional_min_ps bigint,
	bidirectional_mean_ps double precision,
	bidirectional_stddev_ps double precision,
	bidirectional_max_ps bigint,
	src2dst_min_ps bigint,
	src2dst_mean_ps double precision,
	src2dst_stddev_ps double precision,
	src2dst_max_ps bigint,
	dst2src_min_ps bigint,
	dst2src_mean_ps double precision,
	dst2src_stddev_ps double precision,
	dst2src_max_ps bigint,
	bidirectional_min_piat_ms bigint,
	bidirectional_mean_piat_ms double precision,
	bidirectional_stddev_piat_ms double precision,
	bidirectional_max_piat_ms bigint,
	src2dst_min_piat_ms bigint,
	src2dst_mean_piat_ms double precision,
	src2dst_stddev_piat_ms double precision,
	src2dst_max_piat_ms bigint,
	dst2src_min_piat_ms bigint,
	dst2src_mean_piat_ms double precision,
	dst2src_stddev_piat_ms double precision,
	dst2src_max_piat_ms bigint,
	bidirectional_syn_packets bigint,
	bidirectional_cwr_packets bigint,
	bidirectional_ece_packets bigint,
	bidirectional_urg_packets bigint,
	bidirectional_ack_packets bigint,
	bidirectional_psh_packets bigint,
	bidirectional_rst_packets bigint,
	bidirectional_fin_packets bigint,
	src2dst_syn_packets bigint,
	src2dst_cwr_packets bigint,
	src2dst_ece_packets bigint,
	src2dst_urg_packets bigint,
	src2dst_ack_packets bigint,
	src2dst_psh_packets bigint,
	src2dst_rst_packets bigint,
	src2dst_fin_packets bigint,
	dst2src_syn_packets bigint,
	dst2src_cwr_packets bigint,
	dst2src_ece_packets bigint,
	dst2src_urg_packets bigint,
	dst2src_ack_packets bigint,
	dst2src_psh_packets bigint,
	dst2src_rst_packets bigint,
	dst2src_fin_packets bigint,
	splt_direction integer[],
	splt_ps bigint[],
	splt_piat_ms bigint[],
	application_name text,
	application_category_name text,
	application_is_guessed integer,
	application_confidence integer,
	requested_server_name text,
	client_fingerprint text,
	server_fingerprint text,
	user_agent text,
	content_type text,
	udps jsonb,
	process_pid integer,
	process_name text,
	source_file text,
	first_packet bigint,
	protocol_name text,
	community_id text,
	application_protocol text,
	fingerprint_kind text
);

COMMENT ON TYPE nfstream_flow IS
	'row of nfstreamer()';

CREATE FUNCTION nfstream_flows_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'nfstream_flows_support'
LANGUAGE C STRICT;

COMMENT ON FUNCTION nfstream_flows_support(internal) IS
	'has the planner scan sources of nfstreamer() as it scans tables of flows';

CREATE FUNCTION nfstreamer(source text, decode_tunnels boolean DEFAULT true, bpf_filter text DEFAULT NULL, promiscuous_mode boolean DEFAULT true,
	snapshot_length bigint DEFAULT 1536, socket_buffer_size bigint DEFAULT 0, idle_timeout bigint DEFAULT 120, active_timeout bigint DEFAULT 1800,
	accounting_mode bigint DEFAULT 0, udps text DEFAULT NULL, n_dissections bigint DEFAULT 20, statistical_analysis boolean DEFAULT false,
	splt_analysis bigint DEFAULT 0, n_meters bigint DEFAULT 0, max_nflows bigint DEFAULT 0, performance_report bigint DEFAULT 0,
	system_visibility_mode bigint DEFAULT 0, system_visibility_poll_ms bigint DEFAULT 100, max_active_flows bigint DEFAULT 0,
	separate_files boolean DEFAULT false, source_order text DEFAULT 'given', application_names text DEFAULT 'short',
	on_damage text DEFAULT 'warn', expire_on_end boolean DEFAULT false, meter_memory bigint DEFAULT 4096, meter_timeout bigint DEFAULT 60)
RETURNS SETOF nfstream_flow
AS 'MODULE_PATHNAME', 'nfstream_streamer'
LANGUAGE C VOLATILE PARALLEL RESTRICTED
SUPPORT nfstream_flows_support;

REVOKE EXECUTE ON FUNCTION nfstreamer(text, boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nfstreamer(text, boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) TO pg_read_server_files;

COMMENT ON FUNCTION nfstreamer(text, boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) IS
	'flows of a capture, captures or an interface, for a superuser or a member of pg_read_server_files';

CREATE FUNCTION nfstreamer(source text[], decode_tunnels boolean DEFAULT true, bpf_filter text DEFAULT NULL, promiscuous_mode boolean DEFAULT true,
	snapshot_length bigint DEFAULT 1536, socket_buffer_size bigint DEFAULT 0, idle_timeout bigint DEFAULT 120, active_timeout bigint DEFAULT 1800,
	accounting_mode bigint DEFAULT 0, udps text DEFAULT NULL, n_dissections bigint DEFAULT 20, statistical_analysis boolean DEFAULT false,
	splt_analysis bigint DEFAULT 0, n_meters bigint DEFAULT 0, max_nflows bigint DEFAULT 0, performance_report bigint DEFAULT 0,
	system_visibility_mode bigint DEFAULT 0, system_visibility_poll_ms bigint DEFAULT 100, max_active_flows bigint DEFAULT 0,
	separate_files boolean DEFAULT false, source_order text DEFAULT 'given', application_names text DEFAULT 'short',
	on_damage text DEFAULT 'warn', expire_on_end boolean DEFAULT false, meter_memory bigint DEFAULT 4096, meter_timeout bigint DEFAULT 60)
RETURNS SETOF nfstream_flow
AS 'MODULE_PATHNAME', 'nfstream_streamer'
LANGUAGE C VOLATILE PARALLEL RESTRICTED
SUPPORT nfstream_flows_support;

REVOKE EXECUTE ON FUNCTION nfstreamer(text[], boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nfstreamer(text[], boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) TO pg_read_server_files;

COMMENT ON FUNCTION nfstreamer(text[], boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) IS
	'flows of captures, read as one in this order, for a superuser or a member of pg_read_server_files';

CREATE TYPE nfstream_packet AS (
	"time" bigint,
	delta_time bigint,
	direction integer,
	raw_size bigint,
	ip_size bigint,
	transport_size bigint,
	payload_size bigint,
	src_ip inet,
	src_mac macaddr,
	src_oui text,
	dst_ip inet,
	dst_mac macaddr,
	dst_oui text,
	src_port integer,
	dst_port integer,
	protocol integer,
	vlan_id integer,
	ip_version integer,
	ip_packet bytea,
	syn boolean,
	cwr boolean,
	ece boolean,
	urg boolean,
	ack boolean,
	psh boolean,
	rst boolean,
	fin boolean,
	tunnel_id integer,
	packet_number bigint,
	first_packet bigint,
	source_file text,
	captured_at timestamp with time zone,
	captured_length integer,
	link_type integer,
	frame bytea
);

COMMENT ON TYPE nfstream_packet IS
	'row of nfpackets()';

CREATE FUNCTION nfstream_packets_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'nfstream_packets_support'
LANGUAGE C STRICT;

COMMENT ON FUNCTION nfstream_packets_support(internal) IS
	'has the planner scan sources of nfpackets() as it scans tables of packets';

CREATE FUNCTION nfpackets(source text, decode_tunnels boolean DEFAULT true, bpf_filter text DEFAULT NULL, promiscuous_mode boolean DEFAULT true,
	snapshot_length bigint DEFAULT 1536, socket_buffer_size bigint DEFAULT 0, idle_timeout bigint DEFAULT 120, active_timeout bigint DEFAULT 1800,
	accounting_mode bigint DEFAULT 0, udps text DEFAULT NULL, n_dissections bigint DEFAULT 20, statistical_analysis boolean DEFAULT false,
	splt_analysis bigint DEFAULT 0, n_meters bigint DEFAULT 0, max_nflows bigint DEFAULT 0, performance_report bigint DEFAULT 0,
	system_visibility_mode bigint DEFAULT 0, system_visibility_poll_ms bigint DEFAULT 100, max_active_flows bigint DEFAULT 0,
	separate_files boolean DEFAULT false, source_order text DEFAULT 'given', application_names text DEFAULT 'short',
	on_damage text DEFAULT 'warn', expire_on_end boolean DEFAULT false, meter_memory bigint DEFAULT 4096, meter_timeout bigint DEFAULT 60)
RETURNS SETOF nfstream_packet
AS 'MODULE_PATHNAME', 'nfstream_streamer'
LANGUAGE C VOLATILE PARALLEL RESTRICTED
SUPPORT nfstream_packets_support;

REVOKE EXECUTE ON FUNCTION nfpackets(text, boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nfpackets(text, boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) TO pg_read_server_files;

COMMENT ON FUNCTION nfpackets(text, boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) IS
	'packets of a capture, captures or an interface, for a superuser or a member of pg_read_server_files';

CREATE FUNCTION nfpackets(source text[], decode_tunnels boolean DEFAULT true, bpf_filter text DEFAULT NULL, promiscuous_mode boolean DEFAULT true,
	snapshot_length bigint DEFAULT 1536, socket_buffer_size bigint DEFAULT 0, idle_timeout bigint DEFAULT 120, active_timeout bigint DEFAULT 1800,
	accounting_mode bigint DEFAULT 0, udps text DEFAULT NULL, n_dissections bigint DEFAULT 20, statistical_analysis boolean DEFAULT false,
	splt_analysis bigint DEFAULT 0, n_meters bigint DEFAULT 0, max_nflows bigint DEFAULT 0, performance_report bigint DEFAULT 0,
	system_visibility_mode bigint DEFAULT 0, system_visibility_poll_ms bigint DEFAULT 100, max_active_flows bigint DEFAULT 0,
	separate_files boolean DEFAULT false, source_order text DEFAULT 'given', application_names text DEFAULT 'short',
	on_damage text DEFAULT 'warn', expire_on_end boolean DEFAULT false, meter_memory bigint DEFAULT 4096, meter_timeout bigint DEFAULT 60)
RETURNS SETOF nfstream_packet
AS 'MODULE_PATHNAME', 'nfstream_streamer'
LANGUAGE C VOLATILE PARALLEL RESTRICTED
SUPPORT nfstream_packets_support;

REVOKE EXECUTE ON FUNCTION nfpackets(text[], boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nfpackets(text[], boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) TO pg_read_server_files;

COMMENT ON FUNCTION nfpackets(text[], boolean, text, boolean, bigint, bigint, bigint, bigint, bigint, text, bigint, boolean, bigint, bigint, bigint,
	bigint, bigint, bigint, bigint, boolean, text, text, text, boolean, bigint, bigint) IS
	'packets of captures, read as one in this order, for a superuser or a member of pg_read_server_files';

CREATE FUNCTION nfstream_blake2b(data bytea, key bytea DEFAULT '', size integer DEFAULT 64)
RETURNS bytea
AS 'MODULE_PATHNAME', 'nfstream_blake2b'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_blake2b(bytea, bytea, integer) IS
	'BLAKE2b hash of `size` bytes, RFC 7693';

-- The session's key is the leader's alone, and its hashes are not another session's.
CREATE FUNCTION nfstream_anonymize(value anyelement)
RETURNS text
AS 'MODULE_PATHNAME', 'nfstream_anonymize'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;

COMMENT ON FUNCTION nfstream_anonymize(anyelement) IS
	'hash of a value''s text, in hexadecimal, with this session''s random key';

CREATE FUNCTION nfstream_anonymize(value text)
RETURNS text
AS 'MODULE_PATHNAME', 'nfstream_anonymize'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;

COMMENT ON FUNCTION nfstream_anonymize(text) IS
	'hash of a text, in hexadecimal, with this session''s random key';

-- A value's text may depend on settings, as a time's does.
CREATE FUNCTION nfstream_anonymize(value anyelement, key bytea)
RETURNS text
AS 'MODULE_PATHNAME', 'nfstream_anonymize_with_key'
LANGUAGE C STRICT STABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_anonymize(anyelement, bytea) IS
	'hash of a value''s text, in hexadecimal, with a key of 1 to 64 bytes';

CREATE FUNCTION nfstream_anonymize(value text, key bytea)
RETURNS text
AS 'MODULE_PATHNAME', 'nfstream_anonymize_with_key'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_anonymize(text, bytea) IS
	'hash of a text, in hexadecimal, with a key of 1 to 64 bytes';

-- A key that is text is read as the literal of a bytea, so that nfstream_anonymize(value, 'key') means the same with each of these.
CREATE FUNCTION nfstream_anonymize(value anyelement, key text)
RETURNS text
AS 'MODULE_PATHNAME', 'nfstream_anonymize_with_text_key'
LANGUAGE C STRICT STABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_anonymize(anyelement, text) IS
	'hash of a value''s text, in hexadecimal, with a key of 1 to 64 bytes, written as a bytea is';

CREATE FUNCTION nfstream_anonymize(value text, key text)
RETURNS text
AS 'MODULE_PATHNAME', 'nfstream_anonymize_with_text_key'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_anonymize(text, text) IS
	'hash of a text, in hexadecimal, with a key of 1 to 64 bytes, written as a bytea is';

CREATE FUNCTION nfstream_rotate_key()
RETURNS void
AS 'MODULE_PATHNAME', 'nfstream_rotate_key'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION nfstream_rotate_key() IS
	'gives this session a new random key';

CREATE FUNCTION nfstream_to_csv(flows regclass, path text DEFAULT NULL, columns_to_anonymize text[] DEFAULT '{}',
	flows_per_file bigint DEFAULT 0, rotate_files integer DEFAULT 0)
RETURNS bigint
AS 'MODULE_PATHNAME', 'nfstream_to_csv'
LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION nfstream_to_csv(regclass, text, text[], bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nfstream_to_csv(regclass, text, text[], bigint, integer) TO pg_write_server_files;

COMMENT ON FUNCTION nfstream_to_csv(regclass, text, text[], bigint, integer) IS
	'writes the rows of a table or view to CSV files of the server; returns how many';

CREATE FUNCTION nfstream_to_table(flows regclass, target text, columns_to_anonymize text[] DEFAULT '{}',
	persistence text DEFAULT 'permanent', if_exists text DEFAULT 'fail')
RETURNS bigint
AS 'MODULE_PATHNAME', 'nfstream_to_table'
LANGUAGE C VOLATILE;

COMMENT ON FUNCTION nfstream_to_table(regclass, text, text[], text, text) IS
	'puts the rows of a table or view into a table, which is made if it is not there; returns how many';

-- Captures out of packets.
CREATE FUNCTION nfstream_pcap_add(state internal, captured_at timestamptz, link_type integer, captured_length bigint, raw_size bigint,
	frame bytea)
RETURNS internal
AS 'MODULE_PATHNAME', 'nfstream_pcap_add'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_pcap_add(internal, timestamptz, integer, bigint, bigint, bytea) IS
	'adds a packet to the state of nfstream_pcap()';

CREATE FUNCTION nfstream_pcap_add(state internal, captured_at bigint, link_type integer, captured_length bigint, raw_size bigint,
	frame bytea)
RETURNS internal
AS 'MODULE_PATHNAME', 'nfstream_pcap_add_nanoseconds'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_pcap_add(internal, bigint, integer, bigint, bigint, bytea) IS
	'adds a packet to the state of nfstream_pcap()';

CREATE FUNCTION nfstream_pcap_end(state internal)
RETURNS bytea
AS 'MODULE_PATHNAME', 'nfstream_pcap_end'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION nfstream_pcap_end(internal) IS
	'the capture of a state of nfstream_pcap()';

CREATE AGGREGATE nfstream_pcap(captured_at timestamptz, link_type integer, captured_length bigint, raw_size bigint, frame bytea) (
	SFUNC = nfstream_pcap_add,
	STYPE = internal,
	FINALFUNC = nfstream_pcap_end,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE nfstream_pcap(timestamptz, integer, bigint, bigint, bytea) IS
	'packets as a capture, a pcapng';

CREATE AGGREGATE nfstream_pcap(captured_at bigint, link_type integer, captured_length bigint, raw_size bigint, frame bytea) (
	SFUNC = nfstream_pcap_add,
	STYPE = internal,
	FINALFUNC = nfstream_pcap_end,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE nfstream_pcap(bigint, integer, bigint, bigint, bytea) IS
	'packets, with times in nanoseconds since 1970, as a capture, a pcapng';

CREATE FUNCTION nfstream_to_pcap(query text, path text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'nfstream_to_pcap'
LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION nfstream_to_pcap(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nfstream_to_pcap(text, text) TO pg_write_server_files;

COMMENT ON FUNCTION nfstream_to_pcap(text, text) IS
	'writes the packets of a query to a capture file of the server, a pcapng; returns how many';

-- Plugins in Python.  What stands here is written by the functions below, which check it; NULL in reads: any attribute.
CREATE TABLE nfstream_python_plugins (
	name text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,62}$'),
	owner regrole NOT NULL,
	source text NOT NULL CHECK (octet_length(source) <= 1048576),
	class text NOT NULL CHECK (octet_length(class) <= 1024),
	help text CHECK (octet_length(help) <= 8192),
	docstring text,
	parameters jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(parameters) = 'array'),
	outputs jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(outputs) = 'array'),
	reads text[]
);

REVOKE ALL ON nfstream_python_plugins FROM PUBLIC;
SELECT pg_extension_config_dump('nfstream_python_plugins', '');

COMMENT ON TABLE nfstream_python_plugins IS
	'plugins in Python, as nfstream_create_plugin() makes them; the view nfstream_plugins shows them to everyone';
COMMENT ON COLUMN nfstream_python_plugins.name IS 'as the option udps names it';
COMMENT ON COLUMN nfstream_python_plugins.owner IS 'the role that may change and drop it, beside superusers';
COMMENT ON COLUMN nfstream_python_plugins.source IS 'its module';
COMMENT ON COLUMN nfstream_python_plugins.class IS 'the class of the module that is the plugin';
COMMENT ON COLUMN nfstream_python_plugins.help IS 'what it does, as its maker says it';
COMMENT ON COLUMN nfstream_python_plugins.docstring IS 'of the class';
COMMENT ON COLUMN nfstream_python_plugins.parameters IS 'of the class''s constructor: an array of objects with a name';
COMMENT ON COLUMN nfstream_python_plugins.outputs IS 'what the class declares to leave in udps: an array of objects with name and type';
COMMENT ON COLUMN nfstream_python_plugins.reads IS 'attributes of a flow that it may read, as its code names them; NULL for all';

CREATE FUNCTION nfstream_create_plugin(name text, source text, class text DEFAULT NULL, help text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'nfstream_create_plugin'
LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION nfstream_create_plugin(text, text, text, text) FROM PUBLIC;

COMMENT ON FUNCTION nfstream_create_plugin(text, text, text, text) IS
	'makes a plugin in Python of a source with a class that derives from NFPlugin';

CREATE FUNCTION nfstream_alter_plugin(name text, source text DEFAULT NULL, class text DEFAULT NULL, help text DEFAULT NULL,
	owner regrole DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'nfstream_alter_plugin'
LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION nfstream_alter_plugin(text, text, text, text, regrole) FROM PUBLIC;

COMMENT ON FUNCTION nfstream_alter_plugin(text, text, text, text, regrole) IS
	'changes a plugin in Python, for its owner: what is NULL stays as it is';

CREATE FUNCTION nfstream_drop_plugin(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'nfstream_drop_plugin'
LANGUAGE C VOLATILE;

REVOKE EXECUTE ON FUNCTION nfstream_drop_plugin(text) FROM PUBLIC;

COMMENT ON FUNCTION nfstream_drop_plugin(text) IS
	'drops a plugin in Python that no table and no server uses, for its owner';

CREATE FUNCTION nfstream_c_plugins(OUT name text, OUT kind text, OUT parameters jsonb, OUT outputs jsonb, OUT help text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_c_plugins'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_c_plugins() IS
	'plugins in C: those that are bundled, and shared objects of the server''s directory of plugins';

CREATE VIEW nfstream_plugins AS
	SELECT name, kind, NULL::name AS owner, NULL::text AS class, parameters, outputs, help, NULL::text AS source
		FROM nfstream_c_plugins()
	UNION ALL
	SELECT p.name, 'python', r.rolname, p.class, p.parameters, p.outputs, coalesce(p.help, p.docstring),
		CASE WHEN pg_has_role(p.owner, 'USAGE') THEN p.source END
		FROM nfstream_python_plugins p LEFT JOIN pg_roles r ON r.oid = p.owner;

GRANT SELECT ON nfstream_plugins TO PUBLIC;

COMMENT ON VIEW nfstream_plugins IS
	'plugins that the option udps may name: bundled, in Python, and in C; a source is shown to its owner only';
COMMENT ON COLUMN nfstream_plugins.name IS 'as the option udps names it';
COMMENT ON COLUMN nfstream_plugins.kind IS 'bundled, python or c';
COMMENT ON COLUMN nfstream_plugins.owner IS 'of a plugin in Python; NULL if the role is gone';
COMMENT ON COLUMN nfstream_plugins.class IS 'of a plugin in Python';
COMMENT ON COLUMN nfstream_plugins.parameters IS 'what it takes: an array of objects with name, type, required, default, min, max, help, as far as they are known';
COMMENT ON COLUMN nfstream_plugins.outputs IS 'what it leaves in udps, as far as it tells: an array of objects with name, type, help; numbered values are one object, with the last as up_to';
COMMENT ON COLUMN nfstream_plugins.help IS 'what it does';
COMMENT ON COLUMN nfstream_plugins.source IS 'of a plugin in Python, for its owner';
