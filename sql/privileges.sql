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
