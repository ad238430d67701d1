-- Hashes in the place of values: functions, and columns that are only ever seen hashed.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
CREATE SCHEMA anonymize;
SET search_path = anonymize, public;
CREATE SERVER anonymize_server FOREIGN DATA WRAPPER nfstream_fdw;
CREATE ROLE anonymize_owner SUPERUSER;
CREATE ROLE anonymize_reader;
GRANT USAGE ON SCHEMA anonymize TO anonymize_owner, anonymize_reader;
GRANT CREATE ON SCHEMA anonymize TO anonymize_owner;

-- BLAKE2b: RFC 7693, appendix A; the other two are Python's hashlib.blake2b's.
SELECT nfstream_blake2b('abc');
SELECT nfstream_blake2b('abc', 'key', 20);
SELECT nfstream_blake2b('');
SELECT length(nfstream_blake2b('abc', decode(repeat('ff', 64), 'hex'), 1));
SELECT nfstream_blake2b(NULL), nfstream_blake2b('abc', NULL), nfstream_blake2b('abc', 'key', NULL);
SELECT nfstream_blake2b('abc', decode(repeat('ff', 65), 'hex'));
\echo :SQLSTATE
SELECT nfstream_blake2b('abc', 'key', 65);
SELECT nfstream_blake2b('abc', 'key', 0);

-- With a given key: hashlib.blake2b(str(value).encode(), key=b'key', digest_size=64).
SELECT nfstream_anonymize('10.0.0.1', 'key');
SELECT nfstream_anonymize(inet '10.0.0.1', 'key') = nfstream_anonymize('10.0.0.1', 'key') AS inet,
	nfstream_anonymize(inet 'fd00::1', 'key') = nfstream_anonymize('fd00::1', 'key') AS inet6,
	nfstream_anonymize(macaddr '02:00:00:00:00:01', 'key') = nfstream_anonymize('02:00:00:00:00:01', 'key') AS mac,
	nfstream_anonymize(443, 'key') = nfstream_anonymize('443', 'key') AS number,
	nfstream_anonymize(''::text, 'key') <> '' AS empty;
SELECT nfstream_anonymize(NULL::inet, 'key'), nfstream_anonymize(NULL::inet), nfstream_anonymize(NULL);
SELECT nfstream_anonymize('x', '');
\echo :SQLSTATE
SELECT nfstream_anonymize('x', decode(repeat('ff', 65), 'hex'));
-- A key that is a text is read as a bytea's literal is, which makes all of these one.
SELECT count(*), count(DISTINCT hash) AS hashes FROM (VALUES
	(nfstream_anonymize('10.0.0.1', 'key')), (nfstream_anonymize('10.0.0.1', 'key'::text)), (nfstream_anonymize('10.0.0.1', 'key'::bytea)),
	(nfstream_anonymize('10.0.0.1', '\x6b6579')), (nfstream_anonymize('10.0.0.1', '\x6b6579'::text)),
	(nfstream_anonymize('10.0.0.1'::text, 'key'::varchar)), (nfstream_anonymize('10.0.0.1'::varchar, 'key'::name)),
	(nfstream_anonymize('10.0.0.1'::name, 'key'::char(3))), (nfstream_anonymize(inet '10.0.0.1', 'key'::text)),
	(nfstream_anonymize('10.0.0.1'::char(8), '\x6b6579'::bytea))) hashes (hash);
SELECT nfstream_anonymize(1, ''::text);
SELECT nfstream_anonymize(1, '\x6'::text);
SELECT nfstream_anonymize(1, NULL::text), nfstream_anonymize(1, NULL);

-- With this session's key: the same as long as it is not rotated, and another one in another session.
SELECT nfstream_anonymize('10.0.0.1') AS before \gset
SELECT nfstream_anonymize(inet '10.0.0.1') = :'before' AS same, length(:'before'), :'before' ~ '^[0-9a-f]+$' AS hex;
SELECT nfstream_rotate_key();
SELECT nfstream_anonymize('10.0.0.1') = :'before' AS same;
SELECT nfstream_anonymize('10.0.0.1') AS before \gset
\c -
SET search_path = anonymize, public;
SELECT nfstream_anonymize('10.0.0.1') = :'before' AS same;
SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, provolatile, proparallel,
	has_function_privilege('anonymize_reader', oid, 'EXECUTE') AS everyones
FROM pg_proc WHERE proname ~ '^nfstream_(blake2b|anonymize|rotate_key|to_)' ORDER BY 1, 2;

-- Columns of a table. IMPORT declares them as text, whatever their attributes' types are.
IMPORT FOREIGN SCHEMA nflow FROM SERVER anonymize_server INTO anonymize
	OPTIONS (table_name 'plain', source :'tls');
IMPORT FOREIGN SCHEMA nflow FROM SERVER anonymize_server INTO anonymize
	OPTIONS (table_name 'hidden', source :'tls', columns_to_anonymize '{src_ip,dst_ip,src_mac,src_port,bidirectional_bytes}');
SELECT attname, atttypid::regtype FROM pg_attribute
WHERE attrelid = 'hidden'::regclass AND attname ~ '^(src_ip|dst_ip|src_mac|src_oui|src_port|dst_port|bidirectional_bytes)$'
ORDER BY attnum;
SELECT count(*), min(length(src_ip)), max(length(src_port)), bool_and(bidirectional_bytes ~ '^[0-9a-f]{128}$') FROM hidden;

-- Equal values have equal hashes, and others others: who talked to whom can still be told.
SELECT count(*) AS rows, count(DISTINCT (p.src_ip, h.src_ip)) = count(DISTINCT p.src_ip) AS src,
	count(DISTINCT h.src_ip) = count(DISTINCT p.src_ip) AS src_too,
	count(DISTINCT (p.dst_ip, h.dst_ip)) = count(DISTINCT p.dst_ip) AS dst,
	count(*) FILTER (WHERE p.application_name <> h.application_name) AS others
FROM plain p JOIN hidden h USING (id);
SELECT count(*) FROM hidden a JOIN plain b USING (id) WHERE a.src_ip = host(b.src_ip);

-- A list is hashed with all of its elements: here read twice it goes on behind those of the first time.
\set ssh '{' :pcaps '/ssh.pcap}'
\set twice '{' :pcaps '/ssh.pcap,' :pcaps '/ssh.pcap}'
CREATE FOREIGN TABLE lists (id bigint, splt_ps text)
	SERVER anonymize_server OPTIONS (source :'ssh', splt_analysis '100', columns_to_anonymize '{splt_ps}');
SELECT splt_ps AS before FROM lists WHERE id = 0 \gset
SELECT splt_ps = :'before' AS same FROM lists WHERE id = 0;
ALTER FOREIGN TABLE lists OPTIONS (SET source :'twice');
SELECT splt_ps = :'before' AS same FROM lists WHERE id = 0;

-- A column of another name is known by its attribute as well as by its name.
CREATE FOREIGN TABLE renamed (id bigint, client text OPTIONS (attribute 'src_ip'), server text OPTIONS (attribute 'dst_ip'))
	SERVER anonymize_server OPTIONS (source :'tls', columns_to_anonymize '{src_ip,server}');
SELECT count(*) FROM renamed WHERE length(client) = 128 AND length(server) = 128;
SELECT count(DISTINCT client) FROM renamed;

-- Two tables have two keys, one table one: it stays until the key is rotated.
SELECT count(*) FROM hidden JOIN renamed USING (id) WHERE src_ip = client;
SELECT src_ip AS before FROM hidden WHERE id = 0 \gset
SELECT src_ip = :'before' AS same FROM hidden WHERE id = 0;
SELECT nfstream_rotate_key();
SELECT src_ip = :'before' AS same FROM hidden WHERE id = 0;

-- What a table hides must be text, and be there.
ALTER FOREIGN TABLE hidden ALTER COLUMN src_ip TYPE inet;
SELECT count(*) FROM hidden;
\echo :SQLSTATE
ALTER FOREIGN TABLE hidden ALTER COLUMN src_ip TYPE varchar(200);
SELECT count(*) FROM hidden;
ALTER FOREIGN TABLE hidden ALTER COLUMN src_ip TYPE text;
ALTER FOREIGN TABLE hidden OPTIONS (SET columns_to_anonymize '{src_ip,dest_ip}');
SELECT count(*) FROM hidden;
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA nflow FROM SERVER anonymize_server INTO anonymize
	OPTIONS (table_name 'never', source :'tls', columns_to_anonymize '{dest_ip}');
ALTER FOREIGN TABLE hidden OPTIONS (SET columns_to_anonymize '{src_ip,dst_ip,src_mac,src_port,bidirectional_bytes}');

-- On a server it is for all of its tables, those too that lack one of the columns; a table's own list takes its place.
ALTER SERVER anonymize_server OPTIONS (ADD columns_to_anonymize '{src_ip,user_agent}');
CREATE FOREIGN TABLE of_server (id bigint, src_ip text) SERVER anonymize_server OPTIONS (source :'tls');
SELECT min(length(src_ip)) FROM of_server;
SELECT count(*) FROM plain;
ALTER FOREIGN TABLE of_server OPTIONS (ADD columns_to_anonymize '{}');
SELECT max(length(src_ip)) < 128 AS plain FROM of_server;
ALTER SERVER anonymize_server OPTIONS (DROP columns_to_anonymize);

-- What is off stays NULL.
CREATE FOREIGN TABLE off (application_name text) SERVER anonymize_server
	OPTIONS (source :'tls', n_dissections '0', columns_to_anonymize '{application_name}');
SELECT DISTINCT application_name FROM off;

-- A key of the table's owner's user mapping lasts beyond the session. It is never the reader's.
ALTER FOREIGN TABLE renamed OWNER TO anonymize_owner;
ALTER FOREIGN TABLE hidden OWNER TO anonymize_owner;
GRANT SELECT ON renamed, hidden TO anonymize_reader;
CREATE USER MAPPING FOR anonymize_owner SERVER anonymize_server OPTIONS (anonymization_key '000102030405');
SELECT client AS before FROM renamed WHERE id = 0 \gset
\c -
SET search_path = anonymize, public;
SELECT client = :'before' AS same FROM renamed WHERE id = 0;
GRANT USAGE ON FOREIGN SERVER anonymize_server TO anonymize_reader;
SET ROLE anonymize_reader;
CREATE USER MAPPING FOR anonymize_reader SERVER anonymize_server OPTIONS (anonymization_key 'ff');
SELECT client = :'before' AS same FROM renamed WHERE id = 0;
SELECT nfstream_rotate_key();
SELECT client = :'before' AS same FROM renamed WHERE id = 0;
SELECT umoptions FROM pg_user_mappings WHERE srvname = 'anonymize_server' AND usename = 'anonymize_owner';
SELECT option_value FROM information_schema.user_mapping_options
WHERE foreign_server_name = 'anonymize_server' AND authorization_identifier = 'anonymize_owner';
RESET ROLE;
ALTER USER MAPPING FOR anonymize_owner SERVER anonymize_server OPTIONS (SET anonymization_key '000102030406');
SELECT client = :'before' AS same FROM renamed WHERE id = 0;

-- With a key from the mapping a value has one hash in all tables of that owner and server, made today or anew, as a restored dump
-- does; and whoever knows the key has it too, by RFC 7693 alone.
CREATE FOREIGN TABLE again (id bigint, src_ip text, dst_ip text)
	SERVER anonymize_server OPTIONS (source :'tls', columns_to_anonymize '{src_ip,dst_ip}');
ALTER FOREIGN TABLE again OWNER TO anonymize_owner;
SELECT count(*) AS joined FROM again JOIN hidden USING (id, src_ip, dst_ip) JOIN renamed ON client = again.src_ip AND renamed.id = again.id;
SELECT src_ip AS before FROM again WHERE id = 0 \gset
DROP FOREIGN TABLE again;
CREATE FOREIGN TABLE again (dst_ip text, src_ip text, id bigint)
	SERVER anonymize_server OPTIONS (source :'tls', columns_to_anonymize '{src_ip,dst_ip}');
ALTER FOREIGN TABLE again OWNER TO anonymize_owner;
SELECT src_ip = :'before' AS same FROM again WHERE id = 0;
CREATE SERVER anonymize_other FOREIGN DATA WRAPPER nfstream_fdw;
CREATE USER MAPPING FOR anonymize_owner SERVER anonymize_other OPTIONS (anonymization_key '000102030406');
CREATE FOREIGN TABLE restored (id bigint, src_ip text) SERVER anonymize_other OPTIONS (source :'tls', columns_to_anonymize '{src_ip}');
ALTER FOREIGN TABLE restored OWNER TO anonymize_owner;
SELECT src_ip = :'before' AS same FROM restored WHERE id = 0;
SELECT count(*) AS known FROM again JOIN plain USING (id) WHERE
	again.src_ip = nfstream_anonymize(plain.src_ip, nfstream_blake2b('nfstream_fdw columns_to_anonymize', '\x000102030406'));
SELECT count(*) AS known FROM again JOIN plain USING (id) WHERE
	again.src_ip = nfstream_anonymize(plain.src_ip, '\x000102030406');
-- Without one it is the table's own, and with another it is another.
ALTER FOREIGN TABLE again OWNER TO CURRENT_USER;
SELECT src_ip = :'before' AS same FROM again WHERE id = 0;
ALTER USER MAPPING FOR anonymize_owner SERVER anonymize_other OPTIONS (SET anonymization_key '00010203040600');
SELECT src_ip = :'before' AS same FROM restored WHERE id = 0;
-- A mapping that came past the validator.
UPDATE pg_user_mapping SET umoptions = '{anonymization_key=0}' WHERE umserver = (SELECT oid FROM pg_foreign_server WHERE srvname = 'anonymize_other');
SELECT src_ip FROM restored;
\echo :SQLSTATE
DROP SERVER anonymize_other CASCADE;
DROP FOREIGN TABLE again;

-- Whatever a reader does, no address is seen: the addresses of the capture are looked for in all that can be had.
CREATE TABLE addresses AS SELECT DISTINCT host(unnest(ARRAY[src_ip, dst_ip])) AS address FROM plain;
GRANT SELECT ON addresses TO anonymize_reader;
CREATE FUNCTION shows_an_address(said text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS
	$$ SELECT EXISTS (SELECT FROM anonymize.addresses WHERE strpos(said, address) > 0) $$;
ANALYZE hidden;
CREATE FUNCTION said_by(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	lines text := '';
	detail text;
	context text;
BEGIN
	FOR line IN EXECUTE statement LOOP
		lines := lines || line || E'\n';
	END LOOP;
	RETURN lines;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
	RETURN SQLERRM || detail || context;
END $$;
SELECT shows_an_address(said_by('SELECT p::text FROM plain p')) AS it_would_be_found;
SET ROLE anonymize_reader;
SELECT statement, shows_an_address(said_by(statement)) AS shows, said_by(statement) <> '' AS says FROM (VALUES
	('SELECT h::text FROM hidden h'),
	('SELECT row_to_json(h)::text FROM hidden h'),
	('SELECT src_ip::inet::text FROM hidden'),
	('SELECT src_ip::int::text FROM hidden'),
	('SELECT (src_ip || dst_ip)::numeric::text FROM hidden'),
	('SELECT (1 / (length(src_ip) - 128))::text FROM hidden'),
	('SELECT min(src_ip) || max(dst_ip) FROM hidden'),
	('SELECT string_agg(src_ip, dst_ip ORDER BY src_ip) FROM hidden'),
	('EXPLAIN (VERBOSE) SELECT * FROM hidden WHERE src_ip > ''1'' AND dst_ip LIKE ''10.%'''),
	('EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT src_ip FROM hidden WHERE src_ip <> '''''),
	('SELECT pg_stats::text FROM pg_stats WHERE tablename = ''hidden'''),
	('SELECT encode(convert_to(src_ip, ''UTF8''), ''escape'') FROM hidden'),
	('SELECT server || client FROM renamed'),
	('SELECT t.said FROM hidden, LATERAL (SELECT src_ip || bidirectional_bytes AS said) t')
) AS tries (statement);

-- The dictionary attack: every address of the capture, hashed in all the ways that a reader can hash.
SELECT count(*) AS found FROM addresses, hidden
WHERE src_ip IN (nfstream_anonymize(address), nfstream_anonymize(address::inet),
		encode(nfstream_blake2b(address::bytea), 'hex'), nfstream_anonymize(address, '\xff'))
	OR dst_ip IN (nfstream_anonymize(address), nfstream_anonymize(address::inet),
		encode(nfstream_blake2b(address::bytea), 'hex'), nfstream_anonymize(address, '\xff'));
SELECT count(*) AS found FROM addresses, renamed
WHERE client IN (nfstream_anonymize(address), nfstream_anonymize(address, '\xff'))
	OR server IN (nfstream_anonymize(address), nfstream_anonymize(address, '\xff'));
RESET ROLE;

-- A Community ID tells addresses and ports to who tries them all: it is hashed with them, under whatever names they have.
CREATE FOREIGN TABLE told (id bigint, src_ip text, known text OPTIONS (attribute 'community_id'))
	SERVER anonymize_server OPTIONS (source :'tls');
CREATE FOREIGN TABLE told_port (id bigint, p text OPTIONS (attribute 'src_port'), community_id text)
	SERVER anonymize_server OPTIONS (source :'tls', columns_to_anonymize '{p}');
SELECT DISTINCT known ~ '^1:.{28}$' AS is_plain FROM told;
SELECT DISTINCT length(community_id) AS hashed FROM told_port;
ALTER FOREIGN TABLE told OPTIONS (ADD columns_to_anonymize '{src_ip}');
SELECT DISTINCT length(known) AS hashed FROM told;
ALTER FOREIGN TABLE told OPTIONS (SET columns_to_anonymize '{id}');
ALTER FOREIGN TABLE told ALTER id TYPE text;
SELECT DISTINCT known ~ '^1:.{28}$' AS is_plain FROM told;

SET client_min_messages = warning;
DROP SERVER anonymize_server CASCADE;
DROP SCHEMA anonymize CASCADE;
DROP OWNED BY anonymize_owner, anonymize_reader;
DROP ROLE anonymize_owner, anonymize_reader;
