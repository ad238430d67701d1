-- Options: what may stand where, what is accepted, and what an error says.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;

-- Every option of a server, at the edges of its range.
CREATE SERVER options_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (
	source '/nowhere/a.pcap', decode_tunnels 'off', bpf_filter 'tcp port 443', promiscuous_mode 'no',
	snapshot_length '1',
	socket_buffer_size '2147483647', idle_timeout '18446744073709551', active_timeout '0', accounting_mode '3',
	udps '[{"plugin": "flow_slicer", "limit": 7}]', n_dissections '255', statistical_analysis 'on', splt_analysis '65535',
	max_nflows '18446744073709551615', n_meters '64', performance_report '10', system_visibility_mode '1',
	system_visibility_poll_ms '0', columns_to_anonymize '{src_ip,dst_ip}', max_active_flows '1', on_damage 'error');
ALTER SERVER options_server OPTIONS (DROP source, DROP udps, DROP columns_to_anonymize, SET snapshot_length '262144',
	SET n_dissections '0', SET n_meters '0', SET on_damage 'warn');

-- Names that are none, and names that stand in the wrong place.
ALTER SERVER options_server OPTIONS (ADD idle_time '60');
\echo :SQLSTATE
ALTER SERVER options_server OPTIONS (ADD whatever '60');
ALTER SERVER options_server OPTIONS (ADD "Idle_Timeout" '60');
ALTER SERVER options_server OPTIONS (ADD filename '/nowhere/a.pcap');
ALTER SERVER options_server OPTIONS (ADD file '/nowhere/a.pcap');
ALTER SERVER options_server OPTIONS (ADD path '/nowhere/a.pcap');
ALTER SERVER options_server OPTIONS (ADD snaplen '96');
CREATE FOREIGN TABLE options_table (id bigint) SERVER options_server OPTIONS (interface 'lo');
ALTER SERVER options_server OPTIONS (ADD attribute 'src_ip');
ALTER SERVER options_server OPTIONS (ADD table_name 'flows');
ALTER FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (ADD idle_timeout '60');
CREATE USER MAPPING FOR CURRENT_USER SERVER options_server OPTIONS (idle_timeout '60');
CREATE FOREIGN TABLE options_table (id bigint OPTIONS (atribute 'id')) SERVER options_server;
CREATE FOREIGN TABLE options_table (id bigint) SERVER options_server OPTIONS (directory '/nowhere');
CREATE FOREIGN TABLE options_table (id bigint) SERVER options_server OPTIONS (interfaces '{eth0}');
CREATE FOREIGN TABLE options_table (id bigint) SERVER options_server OPTIONS (anonymization_key 'ab');
CREATE FOREIGN TABLE options_table (id bigint) SERVER options_server OPTIONS (attribute 'id');
IMPORT FOREIGN SCHEMA nflow FROM SERVER options_server INTO public OPTIONS (directory '/nowhere');

-- Whole numbers: digits only, in the range.
ALTER SERVER options_server OPTIONS (SET idle_timeout '-1');
\echo :SQLSTATE
ALTER SERVER options_server OPTIONS (SET idle_timeout '+1');
ALTER SERVER options_server OPTIONS (SET idle_timeout ' 1');
ALTER SERVER options_server OPTIONS (SET idle_timeout '1.0');
ALTER SERVER options_server OPTIONS (SET idle_timeout '1e3');
ALTER SERVER options_server OPTIONS (SET idle_timeout '0x10');
ALTER SERVER options_server OPTIONS (SET idle_timeout '60s');
ALTER SERVER options_server OPTIONS (ADD meter_memory '4GB');
ALTER SERVER options_server OPTIONS (SET idle_timeout '');
ALTER SERVER options_server OPTIONS (SET idle_timeout '18446744073709552');
ALTER SERVER options_server OPTIONS (SET active_timeout '99999999999999999999999999');
ALTER SERVER options_server OPTIONS (SET snapshot_length '0');
ALTER SERVER options_server OPTIONS (SET snapshot_length '262145');
ALTER SERVER options_server OPTIONS (SET socket_buffer_size '2147483648');
ALTER SERVER options_server OPTIONS (SET accounting_mode '4');
ALTER SERVER options_server OPTIONS (SET n_dissections '256');
ALTER SERVER options_server OPTIONS (SET splt_analysis '65536');
ALTER SERVER options_server OPTIONS (SET n_meters '65');
ALTER SERVER options_server OPTIONS (SET max_nflows '18446744073709551616');
ALTER SERVER options_server OPTIONS (SET system_visibility_mode '2');

-- Booleans, as the server reads them, and choices.
ALTER SERVER options_server OPTIONS (SET decode_tunnels '1', SET statistical_analysis 'f', SET promiscuous_mode 'yes');
ALTER SERVER options_server OPTIONS (SET decode_tunnels 'maybe');
ALTER SERVER options_server OPTIONS (SET statistical_analysis '');
ALTER SERVER options_server OPTIONS (SET on_damage 'WARN');
ALTER SERVER options_server OPTIONS (SET on_damage 'Error');
ALTER SERVER options_server OPTIONS (SET on_damage 'warning');

-- Every option that is a number, with its range: the ends are taken, what is beyond them or is no plain number is not, and the
-- error names option, value and range; on a server, on a table, and at IMPORT.
CREATE FUNCTION said(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text;
BEGIN
	EXECUTE command;
	RAISE SQLSTATE 'TAKEN';
EXCEPTION
	WHEN SQLSTATE 'TAKEN' THEN RETURN 'taken';
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		RETURN concat_ws(' / ', state, message, nullif(detail, ''));
END $$;
CREATE SERVER options_plain FOREIGN DATA WRAPPER nfstream_fdw;
CREATE SERVER options_sourced FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (source '/nowhere/a.pcap');
CREATE FOREIGN TABLE options_plain (id bigint) SERVER options_plain;
CREATE TABLE options_places AS SELECT * FROM (VALUES
	('server', 'ALTER SERVER options_plain OPTIONS (ADD %1$I %2$L)'),
	('table', 'ALTER FOREIGN TABLE options_plain OPTIONS (%1$I %2$L)'),
	('table, SET', 'ALTER FOREIGN TABLE options_set OPTIONS (SET %1$I %2$L)'),
	('new server', 'CREATE SERVER options_new FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (%1$I %2$L)'),
	('new table', 'CREATE FOREIGN TABLE options_new (id bigint) SERVER options_plain OPTIONS (%1$I %2$L)'),
	('import', 'IMPORT FOREIGN SCHEMA nflow FROM SERVER options_sourced INTO public OPTIONS (%1$I %2$L)')
	) places (place, command);
CREATE TABLE options_numbers (option text, min numeric, max numeric, unit text);
INSERT INTO options_numbers VALUES
	('idle_timeout', 0, 18446744073709551, 'seconds'), ('active_timeout', 0, 18446744073709551, 'seconds'),
	('accounting_mode', 0, 3, NULL), ('n_dissections', 0, 255, 'packets'), ('splt_analysis', 0, 65535, 'packets'),
	('n_meters', 0, 64, 'processes'), ('snapshot_length', 1, 262144, 'bytes'),
	('socket_buffer_size', 0, 2147483647, 'bytes'), ('system_visibility_mode', 0, 1, NULL),
	('max_nflows', 0, 18446744073709551615, 'flows'), ('max_active_flows', 0, 18446744073709551615, 'flows'),
	('meter_timeout', 0, 86400, 'seconds'), ('performance_report', 0, 18446744073709551615, 'seconds'),
	('system_visibility_poll_ms', 0, 18446744073709551615, 'milliseconds');
SELECT format('CREATE FOREIGN TABLE options_set (id bigint) SERVER options_plain OPTIONS (%s, decode_tunnels ''true'', '
	'promiscuous_mode ''true'', statistical_analysis ''true'')', string_agg(format('%I ''1''', option), ', '))
	FROM options_numbers \gexec
SELECT place, count(*), count(*) FILTER (WHERE said = 'taken') AS taken FROM options_places, options_numbers,
	LATERAL (VALUES (min::text), (max::text), ('000' || max)) v (value),
	LATERAL said(format(command, option, value)) GROUP BY place ORDER BY place;
SELECT place, count(*), count(*) FILTER (WHERE said = format(
		'22023 / invalid value for option "%s": "%s" / Accepted: a whole number%s, %s ... %s.', option, value, ' of ' || unit,
		min, max)) AS refused
	FROM options_places, options_numbers,
	LATERAL (SELECT (max + 1)::text UNION SELECT (min - 1)::text UNION SELECT unnest(ARRAY['', ' ', ' 1', '1 ', '+1', '-1',
		'-0', '1.0', '1.', '1e0', '1e3', '0x1', '0b1', '1_0', '1s', '4GB', 'abc', 'true', 'NULL', 'NaN', 'infinity', '1,0', '"1"',
		E'1\n', repeat('9', 21), repeat('9', 400), '18446744073709551616', '36893488147419103233'])) v (value),
	LATERAL said(format(command, option, value)) GROUP BY place ORDER BY place;

-- The same of booleans, with the forms that the server's own options have, and of choices.
SELECT place, count(*), count(*) FILTER (WHERE said = 'taken') AS taken FROM options_places,
	unnest('{decode_tunnels,promiscuous_mode,statistical_analysis}'::text[]) option,
	unnest('{true,false,t,f,yes,no,y,n,on,off,1,0,TRUE,Off,tru,of}'::text[]) value,
	LATERAL said(format(command, option, value)) GROUP BY place ORDER BY place;
SELECT place, count(*), count(*) FILTER (WHERE said = format(
		'22023 / invalid value for option "%s": "%s" / Accepted: a boolean, as true or false.', option, value)) AS refused
	FROM options_places, unnest('{decode_tunnels,promiscuous_mode,statistical_analysis}'::text[]) option,
	unnest('{"",o," true","true ",2,10,-1,wahr,"NULL",enabled}'::text[]) value,
	LATERAL said(format(command, option, value)) GROUP BY place ORDER BY place;
SELECT value, said(format(command, 'on_damage', value)) FROM options_places,
	unnest('{warn,error,"",WARN,Error,warning,"warn ",0}'::text[]) value WHERE place = 'table';

-- A filter is as long as libpcap compiles in reasonable time, in bytes.
SELECT length(value), octet_length(value), left(said, 5) AS said, substring(said FROM 'Accepted.*') AS accepted
	FROM options_places, unnest(ARRAY['', repeat('x', 4096), repeat('x', 4097)]) value,
	LATERAL said(format(command, 'bpf_filter', value)) WHERE place = 'table';

-- Which option stands where.
SELECT option, string_agg(place, ', ' ORDER BY place) AS places FROM (VALUES
	('wrapper', 'ALTER FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (ADD %1$I %2$L)'),
	('server', 'ALTER SERVER options_plain OPTIONS (ADD %1$I %2$L)'),
	('table', 'ALTER FOREIGN TABLE options_plain OPTIONS (ADD %1$I %2$L)'),
	('column', 'ALTER FOREIGN TABLE options_plain ALTER COLUMN id OPTIONS (ADD %1$I %2$L)'),
	('user mapping', 'CREATE USER MAPPING FOR PUBLIC SERVER options_plain OPTIONS (%1$I %2$L)'),
	('import', 'IMPORT FOREIGN SCHEMA nflow FROM SERVER options_sourced INTO public OPTIONS (%1$I %2$L)')) places (place, command),
	(SELECT option, min::text FROM options_numbers UNION VALUES ('source', '/nowhere/a.pcap'), ('bpf_filter', 'tcp'),
		('decode_tunnels', 'on'), ('promiscuous_mode', 'on'), ('statistical_analysis', 'on'), ('udps', 'of_my_own'),
		('columns_to_anonymize', '{src_ip}'), ('on_damage', 'warn'), ('attribute', 'id'), ('anonymization_key', 'ab'),
		('table_name', 'options_new'), ('directory', '/nowhere'), ('interfaces', '{eth0}'), ('nothing', '1'),
		('Source', '/nowhere/a.pcap')) options (option, value),
	LATERAL said(format(command, option, value)) WHERE said = 'taken' GROUP BY option ORDER BY option COLLATE "C";

-- Given twice, set or dropped without having been given: the server's own errors, and nothing changes.
ALTER FOREIGN TABLE options_plain OPTIONS (ADD idle_timeout '1', ADD idle_timeout '2');
ALTER FOREIGN TABLE options_plain OPTIONS (ADD idle_timeout '1');
ALTER FOREIGN TABLE options_plain OPTIONS (ADD idle_timeout '2');
ALTER FOREIGN TABLE options_plain OPTIONS (SET idle_timeout '2', SET active_timeout '2');
ALTER FOREIGN TABLE options_plain OPTIONS (DROP active_timeout);
ALTER FOREIGN TABLE options_plain OPTIONS (SET idle_timeout 'x', ADD active_timeout '2');
SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = 'options_plain'::regclass;
DROP TABLE options_places, options_numbers;
DROP FUNCTION said;
SET client_min_messages = warning;
DROP SERVER options_plain, options_sourced CASCADE;
RESET client_min_messages;

-- Sources: only the form is checked here.
CREATE FOREIGN TABLE options_table (id bigint) SERVER options_server OPTIONS (source '/nowhere/*.pcap');
ALTER FOREIGN TABLE options_table OPTIONS (SET source '{/nowhere/a.pcap,"/nowhere/b, c.pcap"}');
ALTER FOREIGN TABLE options_table OPTIONS (SET source 'interface:eth0');
ALTER FOREIGN TABLE options_table OPTIONS (SET source '');
ALTER FOREIGN TABLE options_table OPTIONS (SET source '{}');
ALTER FOREIGN TABLE options_table OPTIONS (SET source '{/nowhere/a.pcap,NULL}');
ALTER FOREIGN TABLE options_table OPTIONS (SET source '{"/nowhere/a.pcap}');
ALTER FOREIGN TABLE options_table OPTIONS (SET source '{{/nowhere/a.pcap},{/nowhere/b.pcap}}');
ALTER FOREIGN TABLE options_table OPTIONS (SET source 'interface:');
ALTER FOREIGN TABLE options_table OPTIONS (SET source 'interface:a_name_that_no_interface_has');
ALTER FOREIGN TABLE options_table OPTIONS (SET source 'interface:eth0:1');

-- A meter can't do with less memory than its tables take.
ALTER FOREIGN TABLE options_table OPTIONS (ADD meter_memory '256');
ALTER FOREIGN TABLE options_table OPTIONS (SET meter_memory '1048576');
ALTER FOREIGN TABLE options_table OPTIONS (SET meter_memory '255');
ALTER FOREIGN TABLE options_table OPTIONS (SET meter_memory '1048577');
ALTER FOREIGN TABLE options_table OPTIONS (DROP meter_memory);

-- Plugins, columns to anonymise, keys: only the form is checked here too.
ALTER FOREIGN TABLE options_table OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": 7}, "dhcp"]');
ALTER FOREIGN TABLE options_table OPTIONS (SET udps '[]');
ALTER FOREIGN TABLE options_table OPTIONS (SET udps '[{"limit": 7}]');
ALTER FOREIGN TABLE options_table OPTIONS (SET udps '[{"plugin": ');
ALTER FOREIGN TABLE options_table OPTIONS (SET udps 'flow slicer');
ALTER FOREIGN TABLE options_table OPTIONS (ADD columns_to_anonymize 'src_ip');
ALTER FOREIGN TABLE options_table OPTIONS (ADD columns_to_anonymize '{src_ip,NULL}');
CREATE USER MAPPING FOR CURRENT_USER SERVER options_server OPTIONS (anonymization_key 'not a key');
CREATE USER MAPPING FOR CURRENT_USER SERVER options_server OPTIONS (anonymization_key 'abc');
CREATE USER MAPPING FOR CURRENT_USER SERVER options_server OPTIONS (anonymization_key '00112233445566778899aAbB');

-- What a column stands for.
ALTER FOREIGN TABLE options_table ALTER COLUMN id OPTIONS (ADD attribute 'source_ip');
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table ALTER COLUMN id OPTIONS (ADD attribute 'udps.');
ALTER FOREIGN TABLE options_table ALTER COLUMN id OPTIONS (ADD attribute 'udps.model_prediction');
ALTER FOREIGN TABLE options_table ALTER COLUMN id OPTIONS (SET attribute 'id');

-- What waits for its turn is refused when a scan uses it.
ALTER FOREIGN TABLE options_table OPTIONS (DROP udps);
ALTER SERVER options_server OPTIONS (ADD rows 'packets');
ALTER FOREIGN TABLE options_table OPTIONS (ADD rows 'packet');
ALTER FOREIGN TABLE options_table ADD COLUMN risks text[];
SELECT id FROM options_table;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table DROP COLUMN risks, ADD COLUMN nested jsonb OPTIONS (attribute 'dpi');
SELECT id FROM options_table;
ALTER FOREIGN TABLE options_table DROP COLUMN nested;

-- Sources that cannot be read.
ALTER FOREIGN TABLE options_table OPTIONS (DROP source);
SELECT * FROM options_table;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table OPTIONS (ADD source '/nowhere/a.pcap');
SELECT * FROM options_table;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table OPTIONS (SET source '/tmp');
SELECT * FROM options_table;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table OPTIONS (SET source '/dev/null');
SELECT * FROM options_table;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table OPTIONS (SET source '/nowhere/[ab].pcap');
SELECT * FROM options_table;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table OPTIONS (SET source '{/etc/passwd,/nowhere/b.pcap}');
SELECT * FROM options_table;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_table OPTIONS (SET source '{/etc/passwd,/nowhere/*}');
SELECT * FROM options_table;
\echo :SQLSTATE

-- Columns that are no attribute, and types that cannot hold theirs: whether the query uses them or not.
CREATE FOREIGN TABLE options_unknown (id bigint, srcport int) SERVER options_server OPTIONS (source '/nowhere/a.pcap');
SELECT id FROM options_unknown;
\echo :SQLSTATE
CREATE FOREIGN TABLE options_strange (id bigint, colour text) SERVER options_server OPTIONS (source '/nowhere/a.pcap');
SELECT id FROM options_strange;
CREATE FOREIGN TABLE options_plural (id bigint, bytes bigint) SERVER options_server OPTIONS (source '/nowhere/a.pcap');
SELECT id FROM options_plural;
CREATE FOREIGN TABLE options_type (id bigint, src_ip cidr) SERVER options_server OPTIONS (source '/nowhere/a.pcap');
SELECT id FROM options_type;
\echo :SQLSTATE
ALTER FOREIGN TABLE options_type ALTER COLUMN src_ip TYPE text;
ALTER FOREIGN TABLE options_type ADD COLUMN bidirectional_last_seen_ms timestamp;
SELECT id FROM options_type;
ALTER FOREIGN TABLE options_type DROP COLUMN bidirectional_last_seen_ms;
ALTER FOREIGN TABLE options_type ADD COLUMN src_port text;
SELECT id FROM options_type;
ALTER FOREIGN TABLE options_type DROP COLUMN src_port;
ALTER FOREIGN TABLE options_type ADD COLUMN bidirectional_mean_ps int;
SELECT id FROM options_type;
ALTER FOREIGN TABLE options_type DROP COLUMN bidirectional_mean_ps;
SELECT id FROM options_type;

-- A flow is not to be changed.
INSERT INTO options_table VALUES (1);
UPDATE options_table SET id = 1;
DELETE FROM options_table;

SET client_min_messages = warning;
DROP SERVER options_server CASCADE;
