-- Types: every form in which an attribute can be declared.  The values are those of test/pcaps/make_types.py.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set capture :pcaps '/types.pcap'
SET datestyle = 'ISO';
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET extra_float_digits = 1;
CREATE SERVER types_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (
	source :'capture', statistical_analysis 'true', splt_analysis '4', n_dissections '0');

-- What a statement says, without the directory of the captures.
SELECT set_config('types.pcaps', :'pcaps', false) = :'pcaps' AS set;
CREATE FUNCTION said(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text; context text;
BEGIN
	EXECUTE query;
	RETURN NEXT 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
		detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	RETURN QUERY SELECT replace(line, current_setting('types.pcaps'), '...') FROM unnest(ARRAY[state || ': ' || message,
		'DETAIL: ' || nullif(detail, ''), 'HINT: ' || nullif(hint, ''),
		'CONTEXT: ' || nullif(split_part(regexp_replace(context, '(SQL statement|PL/pgSQL).*', ''), E'\n', 1), '')])
		line WHERE line IS NOT NULL;
END $$;

-- Every attribute in every type: which types hold it.
CREATE FUNCTION holds(attribute text, type text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	message text;
BEGIN
	EXECUTE format('CREATE FOREIGN TABLE declared (it %s OPTIONS (attribute %L)) SERVER types_server', type, attribute);
	EXECUTE 'EXPLAIN SELECT FROM declared';
	RAISE SQLSTATE 'HELD0';
EXCEPTION
	WHEN SQLSTATE 'HELD0' THEN RETURN true;
	WHEN fdw_invalid_data_type THEN
		GET STACKED DIAGNOSTICS message = PG_EXCEPTION_DETAIL;
		IF message NOT LIKE format('Attribute "%s" fits into: %%.', attribute) THEN
			RAISE;
		END IF;
		RETURN false;
END $$;
IMPORT FOREIGN SCHEMA nflow FROM SERVER types_server INTO public OPTIONS (table_name 'all_attributes',
	n_dissections '20', udps 'of_my_own', system_visibility_mode '1');
CREATE TABLE held AS SELECT attribute, array_agg(type ORDER BY n) AS types
	FROM (SELECT attname FROM pg_attribute WHERE attrelid = 'all_attributes'::regclass AND attnum > 0
		UNION ALL SELECT 'source_file') attributes (attribute),
	unnest('{boolean,smallint,integer,bigint,numeric,real,double precision,interval,timestamptz,timestamp,date,time,
		inet,cidr,macaddr,macaddr8,text,varchar,character(9),name,"\"char\"",bytea,json,jsonb,smallint[],integer[],bigint[],
		numeric[],text[],double precision[],money,oid,uuid,bit(8)}'::text[]) WITH ORDINALITY types (type, n)
	WHERE holds(attribute, type) GROUP BY attribute;
SELECT types, string_agg(attribute, ', ' ORDER BY attribute) AS attributes FROM (
	SELECT types, regexp_replace(attribute, '^(bidirectional|src2dst|dst2src)_(min|max|mean|stddev)?', '..._\2') AS attribute
	FROM held GROUP BY 1, 2) grouped GROUP BY types ORDER BY types;
SELECT count(*) FROM held;
-- The type that IMPORT declares is one of them.
SELECT attribute, format_type(atttypid, atttypmod) FROM held
	JOIN pg_attribute ON attname = attribute AND attrelid = 'all_attributes'::regclass
	WHERE NOT format_type(atttypid, atttypmod) = ANY (types);
DROP TABLE held;
DROP FUNCTION holds;

-- Addresses: inet without a netmask, or text.
CREATE FOREIGN TABLE addresses (
	id bigint,
	src_ip inet, src_ip_text text OPTIONS (attribute 'src_ip'),
	dst_ip varchar(15), dst_ip_char char(16) OPTIONS (attribute 'dst_ip'),
	src_mac macaddr, dst_mac text, src_oui text, dst_oui varchar
) SERVER types_server;
SELECT id, src_ip, masklen(src_ip), family(src_ip), src_ip_text, dst_ip, dst_ip_char || '|' AS dst_ip_char
	FROM addresses;
SELECT src_ip_text = host(src_ip) AS as_inet_prints, src_ip << '10.0.0.0/8' AS private FROM addresses;
SELECT src_mac, dst_mac, src_oui, dst_oui, trunc(src_mac) FROM addresses;

-- Whole numbers.
CREATE FOREIGN TABLE numbers (
	id int, expiration_id smallint,
	small smallint OPTIONS (attribute 'protocol'), int int OPTIONS (attribute 'src_port'),
	big bigint OPTIONS (attribute 'src_port'),
	num numeric OPTIONS (attribute 'src_port'), num_7_2 numeric(7,2) OPTIONS (attribute 'src_port'),
	real real OPTIONS (attribute 'src_port'), double float8 OPTIONS (attribute 'src_port'),
	src_port smallint, src2dst_bytes numeric(4,0), bidirectional_max_ps smallint
) SERVER types_server;
SELECT id, expiration_id, small, int, big, num, num_7_2, real, double FROM numbers;
SELECT said('SELECT src_port FROM numbers');
SELECT said('SELECT src2dst_bytes FROM numbers');
SELECT said('SELECT bidirectional_max_ps FROM numbers');

-- Means and deviations.
CREATE FOREIGN TABLE means (
	bidirectional_mean_ps float8, src2dst_stddev_ps float8,
	real real OPTIONS (attribute 'bidirectional_mean_ps'),
	num numeric OPTIONS (attribute 'bidirectional_mean_ps'),
	num_8_1 numeric(8,1) OPTIONS (attribute 'bidirectional_mean_ps'),
	num_4_1 numeric(4,1) OPTIONS (attribute 'bidirectional_mean_ps')
) SERVER types_server;
SELECT bidirectional_mean_ps, src2dst_stddev_ps, real, num, num_8_1 FROM means;
SELECT said('SELECT num_4_1 FROM means');

-- Times: ms since 1970, or an instant.  A direction without a packet has 0.
CREATE FOREIGN TABLE times (
	bidirectional_first_seen_ms timestamptz,
	to_the_second timestamptz(0) OPTIONS (attribute 'bidirectional_first_seen_ms'),
	ms bigint OPTIONS (attribute 'bidirectional_first_seen_ms'),
	num numeric OPTIONS (attribute 'bidirectional_first_seen_ms'),
	double float8 OPTIONS (attribute 'bidirectional_first_seen_ms'), dst2src_first_seen_ms timestamptz
) SERVER types_server;
SELECT * FROM times;
SELECT bidirectional_first_seen_ms = to_timestamp(num / 1000) AS same FROM times;

-- Durations: numbers, or intervals to the microsecond, half to even.
CREATE FOREIGN TABLE durations (
	bidirectional_duration_ms interval, int int OPTIONS (attribute 'bidirectional_duration_ms'),
	bidirectional_mean_piat_ms interval, mean float8 OPTIONS (attribute 'bidirectional_mean_piat_ms'),
	src2dst_stddev_piat_ms interval, src2dst_max_piat_ms interval,
	to_the_tenth interval(1) OPTIONS (attribute 'src2dst_max_piat_ms')
) SERVER types_server;
SELECT * FROM durations;

-- Lists.
CREATE FOREIGN TABLE lists (
	splt_direction smallint[], splt_ps int[],
	big bigint[] OPTIONS (attribute 'splt_ps'), json jsonb OPTIONS (attribute 'splt_ps'),
	splt_piat_ms jsonb, small smallint[] OPTIONS (attribute 'splt_ps')
) SERVER types_server;
SELECT splt_direction, splt_ps, big, json, splt_piat_ms FROM lists;
SELECT splt_ps[1], array_length(splt_ps, 1), array_lower(splt_ps, 1), json -> 2 AS third FROM lists;
SELECT said('SELECT small FROM lists');
ALTER FOREIGN TABLE lists OPTIONS (ADD splt_analysis '65535');
SELECT said('SELECT small FROM lists');
SELECT array_length(splt_ps, 1), splt_ps[17:19], big[65535], jsonb_array_length(json), json -> 65534 AS last,
	splt_direction[65535] FROM lists WHERE splt_piat_ms ->> 0 = '0';
CREATE DOMAIN short_list AS int[] CHECK (array_length(VALUE, 1) < 100);
ALTER FOREIGN TABLE lists ALTER COLUMN splt_ps TYPE short_list;
SELECT said('SELECT splt_ps FROM lists');

-- Labels: a guess is a number or a boolean.  What the options turn off is NULL.
CREATE FOREIGN TABLE labels (
	application_is_guessed boolean, guessed int OPTIONS (attribute 'application_is_guessed'), application_name text,
	user_agent varchar(5), process_pid int, udps jsonb, prediction float8 OPTIONS (attribute 'udps.model_prediction')
) SERVER types_server;
SELECT * FROM labels;
ALTER FOREIGN TABLE labels OPTIONS (ADD n_dissections '20');
SELECT application_is_guessed = (guessed = 1) AS same, application_name <> '' AS named, user_agent, process_pid
	FROM labels;
ALTER FOREIGN TABLE labels OPTIONS (ADD statistical_analysis 'false');
ALTER FOREIGN TABLE labels ADD COLUMN bidirectional_mean_ps float8;
SELECT bidirectional_mean_ps FROM labels;

-- Which capture.
CREATE FOREIGN TABLE captures (
	id bigint, source_file text, short varchar(3) OPTIONS (attribute 'source_file')
) SERVER types_server;
SELECT id, source_file = :'capture' AS same FROM captures;
SELECT short FROM captures LIMIT 0;

-- Domains are what they stand for, and are checked.
CREATE DOMAIN port AS int CHECK (VALUE < 50000);
CREATE DOMAIN short_text AS varchar(8);
CREATE DOMAIN known_text AS text NOT NULL;
CREATE FOREIGN TABLE domains (
	id bigint, src_port port, dst_port port,
	oui short_text OPTIONS (attribute 'src_oui'), mac short_text OPTIONS (attribute 'src_mac'),
	application_name known_text
) SERVER types_server;
SELECT id, dst_port, oui FROM domains;
SELECT said('SELECT src_port FROM domains');
SELECT said('SELECT mac FROM domains');
SELECT said('SELECT application_name FROM domains');

-- A string that is too long is an error.
ALTER FOREIGN TABLE addresses ALTER COLUMN src_oui TYPE varchar(4);
SELECT said('SELECT src_oui FROM addresses');

-- A generated column would have to be computed here; its expression is never passed over.
CREATE FOREIGN TABLE generated (id bigint, twice bigint GENERATED ALWAYS AS (id * 2) STORED) SERVER types_server;
SELECT id FROM generated;
\echo :SQLSTATE
CREATE FOREIGN TABLE generated_attribute (id bigint GENERATED ALWAYS AS (7) STORED, src_port int) SERVER types_server;
SELECT * FROM generated_attribute;

-- Dropped columns, whole rows, system columns, no columns at all.
ALTER FOREIGN TABLE addresses DROP COLUMN src_oui, DROP COLUMN src_ip;
SELECT a FROM addresses a;
SELECT tableoid::regclass, id FROM addresses;
SELECT count(*) FROM addresses;

SET client_min_messages = warning;
DROP SERVER types_server CASCADE;
DROP FUNCTION said;
DROP DOMAIN port, short_text, known_text, short_list;
