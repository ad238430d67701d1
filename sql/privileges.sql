-- Who may read captures: the owner of what the source stands on, not the reader.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
CREATE ROLE regress_nfstream_nobody;
CREATE ROLE regress_nfstream_reader;
CREATE ROLE regress_nfstream_files IN ROLE pg_read_server_files;
CREATE SCHEMA rights;
GRANT ALL ON SCHEMA rights TO public;
SET search_path = rights, public;
CREATE SERVER rights_server FOREIGN DATA WRAPPER nfstream_fdw;
GRANT USAGE ON FOREIGN SERVER rights_server TO public;

-- Without rights nothing is said about a file, whether it is there or not, and however it is named.
SET ROLE regress_nfstream_nobody;
CREATE FOREIGN TABLE of_nobody (id bigint) SERVER rights_server OPTIONS (source '/nowhere/a.pcap');
SELECT * FROM of_nobody;
\echo :SQLSTATE
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source '/etc/passwd');
SELECT * FROM of_nobody;
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source '/etc/*');
SELECT * FROM of_nobody;
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source '{/etc/passwd}');
SELECT * FROM of_nobody;
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source 'lo');
SELECT * FROM of_nobody;
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source 'interface:lo');
SELECT * FROM of_nobody;
\echo :SQLSTATE
-- Nor does the planner's estimate say anything.
CREATE FUNCTION rows_planned() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) SELECT * FROM of_nobody' INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$;
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source '/nowhere/a.pcap');
SELECT rows_planned() AS for_none \gset
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source '/proc/self/exe');
SELECT rows_planned() = :'for_none' AS same_estimate;

-- The owner's rights count, also for a superuser who reads.
GRANT SELECT ON of_nobody TO public;
RESET ROLE;
SELECT * FROM of_nobody;
ALTER FOREIGN TABLE of_nobody OWNER TO regress_nfstream_files;
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source '/nowhere/a.pcap');
SET ROLE regress_nfstream_reader;
SELECT * FROM of_nobody;
\echo :SQLSTATE
RESET ROLE;
-- pg_read_server_files reads files, and captures from no interface.
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source 'lo');
SELECT * FROM of_nobody;
\echo :SQLSTATE
ALTER FOREIGN TABLE of_nobody OPTIONS (SET source 'interface:lo');
SELECT * FROM of_nobody;
\echo :SQLSTATE

-- A source on the server is the server's owner's.
ALTER SERVER rights_server OPTIONS (ADD source '/nowhere/b.pcap');
SET ROLE regress_nfstream_nobody;
CREATE FOREIGN TABLE by_server (id bigint) SERVER rights_server;
SELECT * FROM by_server;
\echo :SQLSTATE
RESET ROLE;
GRANT USAGE ON FOREIGN DATA WRAPPER nfstream_fdw TO regress_nfstream_nobody;
ALTER SERVER rights_server OWNER TO regress_nfstream_nobody;
SELECT * FROM by_server;
\echo :SQLSTATE
-- A source on the table is not, though the server has one.
CREATE FOREIGN TABLE by_superuser (id bigint) SERVER rights_server OPTIONS (source '/nowhere/c.pcap');
SELECT * FROM by_superuser;
\echo :SQLSTATE

-- IMPORT asks its caller, if the statement names a source.
SET ROLE regress_nfstream_nobody;
IMPORT FOREIGN SCHEMA nflow FROM SERVER rights_server INTO rights OPTIONS (source '/nowhere/a.pcap');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA nflow FROM SERVER rights_server INTO rights OPTIONS (source 'interface:lo');
IMPORT FOREIGN SCHEMA nflow FROM SERVER rights_server INTO rights;
SET ROLE regress_nfstream_files;
IMPORT FOREIGN SCHEMA nflow FROM SERVER rights_server INTO rights
	OPTIONS (table_name 'allowed', source '/nowhere/a.pcap');

-- Comments are the table's owner's.
SELECT nfstream_comment('flows');
\echo :SQLSTATE
SELECT nfstream_comment('allowed');
RESET ROLE;

-- Without SELECT there is no way around.
REVOKE SELECT ON of_nobody FROM public;
SET ROLE regress_nfstream_reader;
SELECT * FROM of_nobody;
RESET ROLE;

SET client_min_messages = warning;
DROP SERVER rights_server CASCADE;
DROP SCHEMA rights CASCADE;
REVOKE ALL ON FOREIGN DATA WRAPPER nfstream_fdw FROM regress_nfstream_nobody;
DROP ROLE regress_nfstream_nobody, regress_nfstream_reader, regress_nfstream_files;

-- Plugins in Python: who makes them is granted it, who changes them is their owner, and everybody sees that they are there.
CREATE ROLE regress_nfstream_maker;
CREATE ROLE regress_nfstream_other;
GRANT EXECUTE ON FUNCTION nfstream_alter_plugin, nfstream_drop_plugin TO regress_nfstream_maker, regress_nfstream_other;
INSERT INTO nfstream_python_plugins (name, owner, source, class, help) VALUES
	('regress_mine', 'regress_nfstream_maker', 'class A(NFPlugin): pass', 'A', 'one');
SET ROLE regress_nfstream_other;
SELECT nfstream_create_plugin('regress_new', 'class A(NFPlugin): pass');
\echo :SQLSTATE
SELECT count(*) FROM nfstream_python_plugins;
\echo :SQLSTATE
SELECT name, kind, owner, class, help, source FROM nfstream_plugins WHERE kind = 'python';
SELECT nfstream_alter_plugin('regress_mine', help => 'mine now');
\echo :SQLSTATE
SELECT nfstream_drop_plugin('regress_mine');
\echo :SQLSTATE
SET ROLE regress_nfstream_maker;
SELECT name, owner, source FROM nfstream_plugins WHERE kind = 'python';
SELECT nfstream_alter_plugin('regress_mine', help => 'two');
-- To a role of which he is no member it cannot be given, which servers say in words of their own.
\set VERBOSITY sqlstate
SELECT nfstream_alter_plugin('regress_mine', owner => 'regress_nfstream_other');
\set VERBOSITY default
\echo :SQLSTATE
SELECT name, owner, help FROM nfstream_plugins WHERE kind = 'python';
-- A read-only transaction changes nothing; what is rolled back did not happen.
BEGIN READ ONLY;
SELECT nfstream_drop_plugin('regress_mine');
\echo :SQLSTATE
ROLLBACK;
BEGIN;
SAVEPOINT before;
SELECT nfstream_drop_plugin('regress_mine');
SELECT count(*) FROM nfstream_plugins WHERE kind = 'python';
ROLLBACK TO before;
SELECT nfstream_alter_plugin('regress_mine', help => '');
COMMIT;
SELECT name, help FROM nfstream_plugins WHERE kind = 'python';
RESET ROLE;
-- The owner goes: then it is a superuser's, who may give it to somebody.
REVOKE EXECUTE ON FUNCTION nfstream_alter_plugin, nfstream_drop_plugin FROM regress_nfstream_maker;
DROP ROLE regress_nfstream_maker;
SELECT name, owner FROM nfstream_plugins WHERE kind = 'python';
SET ROLE regress_nfstream_other;
SELECT nfstream_drop_plugin('regress_mine');
\echo :SQLSTATE
RESET ROLE;
SELECT nfstream_alter_plugin('regress_mine', owner => 'regress_nfstream_other');
SET ROLE regress_nfstream_other;
SELECT nfstream_drop_plugin('regress_mine');
SELECT count(*) FROM nfstream_plugins WHERE kind = 'python';
RESET ROLE;

-- A parameter's query runs as the owner of the table, or of the server where that has the option, and not as the reader.
CREATE SCHEMA queries;
GRANT ALL ON SCHEMA queries TO public;
CREATE TABLE queries.limits AS SELECT 3 AS n;
CREATE ROLE regress_nfstream_owner IN ROLE pg_read_server_files;
CREATE SERVER queries FOREIGN DATA WRAPPER nfstream_fdw;
GRANT USAGE ON FOREIGN SERVER queries TO regress_nfstream_owner;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set http :pcaps /http.pcap
SET ROLE regress_nfstream_owner;
CREATE FOREIGN TABLE queries.flows (n bigint OPTIONS (attribute 'bidirectional_packets')) SERVER queries
	OPTIONS (source :'http', udps '[{"plugin": "flow_slicer", "limit": {"query": "SELECT n FROM limits"}}]');
GRANT SELECT ON queries.flows TO regress_nfstream_other;
SELECT max(n) FROM queries.flows;
\echo :SQLSTATE
RESET ROLE;
SELECT max(n) FROM queries.flows;
\echo :SQLSTATE
GRANT SELECT ON queries.limits TO regress_nfstream_owner;
-- Nothing that the reader has comes in between.
SET ROLE regress_nfstream_other;
CREATE TEMP TABLE limits AS SELECT 1 AS n;
GRANT SELECT ON limits TO public;
SELECT max(n) FROM queries.flows;
SELECT n FROM queries.limits;
\echo :SQLSTATE
DROP TABLE limits;
RESET ROLE;
-- EXPLAIN runs none.
ALTER FOREIGN TABLE queries.flows OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": {"query": "SELECT 1/0"}}]');
DO $$ BEGIN EXECUTE 'EXPLAIN SELECT n FROM queries.flows'; END $$;
SELECT max(n) FROM queries.flows;
\echo :SQLSTATE
-- On the server, the server's owner answers.
ALTER FOREIGN TABLE queries.flows OPTIONS (DROP udps);
ALTER SERVER queries OPTIONS (ADD udps '[{"plugin": "flow_slicer", "limit": {"query": "SELECT CASE current_user WHEN ''regress_nfstream_owner'' THEN 2 ELSE 3 END"}}]');
SELECT max(n) FROM queries.flows;
SET ROLE regress_nfstream_other;
SELECT max(n) FROM queries.flows;
RESET ROLE;
-- Nor does what the reader's session has set: each of these would make it 3.
CREATE FUNCTION queries.seen() RETURNS int LANGUAGE sql AS $$
SELECT CASE WHEN timestamptz '2026-01-01 07:00+00' = '2026-01-01 07:00' AND (timestamptz '2026-01-01 07:00+00')::text = '2026-01-01 07:00:00+00'
	AND (interval '1 day')::text = '1 day' AND 0.1::float8::text = '0.1' AND (bytea '\x41')::text = '\x41' AND NOT coalesce(NULL = NULL, false)
	AND ('{null}'::text[])[1] IS NULL AND xml 'a<b/>' IS NOT NULL AND to_tsvector('the cats')::text = '''cats'':2 ''the'':1' THEN 2 ELSE 3 END
$$;
ALTER SERVER queries OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": {"query": "SELECT queries.seen()"}}]');
BEGIN;
SET LOCAL TimeZone = 'Asia/Tokyo';
SET LOCAL DateStyle = 'German';
SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL extra_float_digits = -15;
SET LOCAL bytea_output = 'escape';
SET LOCAL transform_null_equals = on;
SET LOCAL array_nulls = off;
SET LOCAL xmloption = 'document';
SET LOCAL default_text_search_config = 'pg_catalog.english';
SELECT max(n) FROM queries.flows;
ROLLBACK;
-- Once for a scan, also where that is repeated.
ALTER SERVER queries OPTIONS (SET udps '[{"plugin": "flow_slicer", "limit": {"query": "SELECT 2 + (pg_advisory_lock_shared(4711)::text = ''x'')::int"}}]');
BEGIN;
SELECT count(*) FROM (VALUES (1), (2), (3)) v (x), LATERAL (SELECT n FROM queries.flows WHERE n >= x OFFSET 0) f;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711;
SELECT pg_advisory_unlock_shared(4711), pg_advisory_unlock_shared(4711);
ROLLBACK;
SET client_min_messages = warning;
DROP SERVER queries CASCADE;
DROP SCHEMA queries CASCADE;
REVOKE EXECUTE ON FUNCTION nfstream_alter_plugin, nfstream_drop_plugin FROM regress_nfstream_other;
DROP ROLE regress_nfstream_owner, regress_nfstream_other;
