-- Every statement that the extension builds and runs, or hands to the server, and what a user could put into it: names, values,
-- and what his search_path leads to.  The list is in doc/security.md.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
CREATE SCHEMA attacks;
SET search_path = attacks, public;
CREATE ROLE regress_attacker;
CREATE TABLE victim (secret text);
INSERT INTO victim VALUES ('kept');
CREATE SERVER attacks_server FOREIGN DATA WRAPPER nfstream_fdw;
CREATE FOREIGN TABLE flows (id bigint, src_ip inet) SERVER attacks_server OPTIONS (source :'tls');

-- A reader with a way to make data sets with an owner's rights: `target` is a name, whatever is in it.
CREATE FUNCTION make_dataset(target text) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = attacks, public
	AS $$ SELECT nfstream_to_table('flows', target) $$;
GRANT USAGE ON SCHEMA attacks TO regress_attacker;
SET ROLE regress_attacker;
SELECT make_dataset('x(a)AS/**/SELECT/**/1;DROP/**/TABLE/**/victim;--');
SELECT make_dataset('x AS SELECT 1; DROP TABLE victim; --');
\echo :SQLSTATE
SELECT make_dataset('"x"(a)AS/**/SELECT/**/1;DROP/**/TABLE/**/victim;--"');
SELECT make_dataset('"x; DROP TABLE victim; --"');
SELECT make_dataset('y();COPY(SELECT/**/1)TO/**/PROGRAM''touch${IFS}nfstream_attacked'';CREATE/**/TABLE/**/z');
SELECT make_dataset(E'x\n;DROP\tTABLE victim');
SELECT make_dataset('"');
SELECT make_dataset('x.');
SELECT make_dataset('.x');
RESET ROLE;
SELECT relname FROM pg_class WHERE relnamespace = 'attacks'::regnamespace AND relkind = 'r' ORDER BY relname COLLATE "C";
SELECT * FROM victim;
SELECT count(*) AS programs_run FROM pg_ls_dir('.') name WHERE name = 'nfstream_attacked';

-- Names as SQL has them: keywords, cases, quotes, schemas, this database.
CREATE SCHEMA "A b";
SELECT name, nfstream_to_table('flows', name), to_regclass(read_as) IS NOT NULL AS made FROM (VALUES
	('user', '"user"'), ('SELECT', '"select"'), ('Mixed', 'mixed'), ('"Mixed"', '"Mixed"'), ('"c""d"', '"c""d"'),
	('"A b"."c""d"', '"A b"."c""d"'), ('attacks . spaced', 'spaced'), ('my-flows', '"my-flows"'), ('"a.b"', '"a.b"'),
	('"$1"', '"$1"')) names (name, read_as);
SELECT nfstream_to_table('flows', format('%I.attacks.here', current_database())), to_regclass('attacks.here') IS NOT NULL AS made;
SELECT nfstream_to_table('flows', name, if_exists => 'append') FROM (VALUES ('user'), ('"A b"."c""d"'), ('"$1"')) names (name);
SET client_min_messages = notice;
SELECT nfstream_to_table('flows', '"A b"."c""d"', '{src_ip}', if_exists => 'replace');
SET client_min_messages = warning;
SELECT count(*), max(length(src_ip)) FROM "A b"."c""d";

-- Names of what is read: a schema, a view and its columns.
CREATE SCHEMA "; DROP TABLE victim; --";
CREATE VIEW "; DROP TABLE victim; --"."x"" AS SELECT 1; DROP TABLE victim; --" AS
	SELECT id AS "id; DROP TABLE victim; --", src_ip AS "$1", src_ip AS "flows", src_ip AS "flows.x", src_ip AS """ FROM victim; --"
	FROM flows;
SELECT oid AS odd FROM pg_class WHERE relname LIKE 'x" AS%' \gset
SELECT nfstream_to_table(:odd, 'of_odd', ARRAY['$1', '" FROM victim; --']);
SELECT nfstream_to_table(:odd, 'of_odd', ARRAY['$1', '" FROM victim; --'], if_exists => 'append');
SELECT count(*), min(length("$1")), min(length(host(flows))) < 128 AS plain, min(length(""" FROM victim; --")) FROM of_odd;
SELECT current_setting('data_directory') || '/nfstream_attacks''; DROP TABLE victim; --.csv' AS csv \gset
SELECT nfstream_to_csv(:odd, :'csv', '{flows}');
SELECT regexp_replace(pg_read_file(:'csv'), E'\n.*', '');
SELECT * FROM victim;

-- Functions of a user's own, in the extension's schema and before it: none is called, and none sees a value.
CREATE TABLE seen (value text);
CREATE FUNCTION public.nfstream_anonymize(inet) RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO attacks.seen VALUES ($1::text); RETURN 'mine'; END $$;
CREATE FUNCTION public.nfstream_anonymize(bigint) RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO attacks.seen VALUES ($1::text); RETURN 'mine'; END $$;
CREATE FUNCTION attacks.nfstream_anonymize(anyelement) RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN INSERT INTO attacks.seen VALUES ($1::text); RETURN 'mine'; END $$;
SELECT nfstream_to_table('flows', 'hashed', '{id,src_ip}');
SELECT nfstream_to_table('flows', 'hashed', '{id,src_ip}', if_exists => 'append');
SELECT nfstream_to_csv('flows', :'csv', '{id,src_ip}');
SELECT count(*), min(length(id)), min(length(src_ip)) FROM hashed;
SELECT split_part(pg_read_file(:'csv'), E'\n', 2) ~ '^[0-9a-f]{128},[0-9a-f]{128}$' AS hashed;
SELECT * FROM seen;
DROP FUNCTION public.nfstream_anonymize(inet), public.nfstream_anonymize(bigint), attacks.nfstream_anonymize(anyelement);

-- Types, operators and functions of the system's names, before the system's.
CREATE DOMAIN attacks.inet AS text CHECK (VALUE = 'never');
CREATE DOMAIN attacks.macaddr AS integer;
CREATE DOMAIN attacks.text AS integer;
CREATE FUNCTION attacks.mine(pg_catalog.text, pg_catalog.text) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 > 0';
CREATE OPERATOR attacks.= (LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text, FUNCTION = attacks.mine);
SET search_path = attacks, public, pg_catalog;
IMPORT FOREIGN SCHEMA nflow FROM SERVER attacks_server INTO attacks OPTIONS (table_name 'imported', source :'tls');
IMPORT FOREIGN SCHEMA conn FROM SERVER attacks_server INTO attacks OPTIONS (source :'tls');
SELECT nfstream_comment('imported') > 30 AS commented;
SELECT nfstream_to_table('imported', 'of_imported', '{src_ip}', if_exists => 'fail') > 0 AS made;
SELECT nfstream_to_table('imported', 'of_imported', '{src_ip}', if_exists => 'replace') > 0 AS made;
SELECT nfstream_to_csv('imported', :'csv', '{src_ip}') > 0 AS written;
SET search_path = attacks, public;
SELECT attrelid::regclass, attname, atttypid::regtype FROM pg_attribute
	WHERE attrelid IN ('imported'::regclass, 'conn'::regclass) AND attname ~ '^(src|src_ip|src_mac|application|application_name)$'
	ORDER BY attrelid, attnum;
DROP OPERATOR attacks.= (pg_catalog.text, pg_catalog.text);
DROP DOMAIN attacks.inet, attacks.text, attacks.macaddr;

-- IMPORT hands a CREATE FOREIGN TABLE to the server: its name, its server's, and the values of its options.
CREATE SERVER "s OPTIONS (source '/'); DROP TABLE victim; --" FOREIGN DATA WRAPPER nfstream_fdw;
IMPORT FOREIGN SCHEMA nflow FROM SERVER "s OPTIONS (source '/'); DROP TABLE victim; --" INTO attacks
	OPTIONS (table_name 'i" (a text); DROP TABLE victim; --', source E'\\''); DROP TABLE victim; --\n"', bpf_filter E'\\'' OR');
SET standard_conforming_strings = off;
SET escape_string_warning = off;
IMPORT FOREIGN SCHEMA nflow FROM SERVER "s OPTIONS (source '/'); DROP TABLE victim; --" INTO attacks
	OPTIONS (table_name 'j', source '\\\'); DROP TABLE victim; --', bpf_filter '\\');
RESET standard_conforming_strings;
RESET escape_string_warning;
IMPORT FOREIGN SCHEMA nflow LIMIT TO ("k""; DROP TABLE victim; --") FROM SERVER attacks_server INTO attacks OPTIONS (source :'tls');
SELECT relname, regexp_replace(ftoptions::text, '/[^,]*/', '.../') FROM pg_foreign_table JOIN pg_class ON pg_class.oid = ftrelid
	WHERE relname ~ '^([ik]\W.*|j)$' ORDER BY relname COLLATE "C";
SELECT nfstream_comment('"k""; DROP TABLE victim; --"') > 30 AS commented;
SELECT * FROM victim;

DO $$ BEGIN EXECUTE format('COPY (SELECT) TO PROGRAM %L',
	'cat > /dev/null; rm -f ' || quote_literal(current_setting('data_directory')) || '/nfstream_attacks*'); END $$;
DROP SERVER attacks_server, "s OPTIONS (source '/'); DROP TABLE victim; --" CASCADE;
DROP SCHEMA attacks, "A b", "; DROP TABLE victim; --" CASCADE;
DROP ROLE regress_attacker;
