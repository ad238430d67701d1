-- Servers as boundaries: who may set `directory` and `interfaces`, in which form, and what the owner of such a server may do.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
CREATE ROLE regress_nfstream_owner;
CREATE ROLE regress_nfstream_files IN ROLE pg_read_server_files;
GRANT USAGE ON FOREIGN DATA WRAPPER nfstream_fdw TO regress_nfstream_owner, regress_nfstream_files;

-- Forms.
CREATE SERVER bounds_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '/nowhere', interfaces '{}');
ALTER SERVER bounds_server OPTIONS (SET directory 'nowhere');
\echo :SQLSTATE
ALTER SERVER bounds_server OPTIONS (SET directory '');
ALTER SERVER bounds_server OPTIONS (SET directory './nowhere');
ALTER SERVER bounds_server OPTIONS (SET interfaces 'eth0');
\echo :SQLSTATE
ALTER SERVER bounds_server OPTIONS (SET interfaces '{eth0,NULL}');
ALTER SERVER bounds_server OPTIONS (SET interfaces '{eth0,a_name_that_no_interface_has}');
ALTER SERVER bounds_server OPTIONS (SET interfaces '{{eth0}}');
ALTER SERVER bounds_server OPTIONS (SET interfaces '{eth0,"wlan 0"}');
ALTER SERVER bounds_server OPTIONS (SET interfaces '{eth0,eth0:1}');
ALTER SERVER bounds_server OPTIONS (SET interfaces '{eth0,"wlan,0"}');
CREATE FOREIGN TABLE bounds_table (id bigint) SERVER bounds_server OPTIONS (directory '/nowhere');
IMPORT FOREIGN SCHEMA nflow FROM SERVER bounds_server INTO public OPTIONS (interfaces '{eth0}');

-- A member of pg_read_server_files sets a directory, and no interfaces.
SET ROLE regress_nfstream_files;
CREATE SERVER bounds_files FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '/nowhere');
ALTER SERVER bounds_files OPTIONS (SET directory '/elsewhere', ADD idle_timeout '60');
ALTER SERVER bounds_files OPTIONS (ADD interfaces '{eth0}');
\echo :SQLSTATE
ALTER SERVER bounds_files OPTIONS (ADD interfaces '{}');
CREATE SERVER bounds_more FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (interfaces '{eth0}');

-- Others set neither.
SET ROLE regress_nfstream_owner;
CREATE SERVER bounds_more FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '/nowhere');
\echo :SQLSTATE
CREATE SERVER bounds_more FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (interfaces '{eth0}');
CREATE SERVER bounds_more FOREIGN DATA WRAPPER nfstream_fdw;
ALTER SERVER bounds_more OPTIONS (ADD directory '/nowhere');
ALTER SERVER bounds_more OPTIONS (ADD interfaces '{}');
-- The form is checked first.
ALTER SERVER bounds_more OPTIONS (ADD directory 'nowhere');

-- The owner of a server that has them, without the right: he may drop them, both at once, rename the server and grant its
-- use, and change no other option while one of them stands.
RESET ROLE;
ALTER SERVER bounds_server OWNER TO regress_nfstream_owner;
SET ROLE regress_nfstream_owner;
ALTER SERVER bounds_server OPTIONS (ADD idle_timeout '60');
\echo :SQLSTATE
ALTER SERVER bounds_server OPTIONS (SET directory '/');
ALTER SERVER bounds_server OPTIONS (DROP directory);
ALTER SERVER bounds_server OPTIONS (DROP interfaces);
ALTER SERVER bounds_server VERSION '1';
GRANT USAGE ON FOREIGN SERVER bounds_server TO regress_nfstream_files;
REVOKE USAGE ON FOREIGN SERVER bounds_server FROM regress_nfstream_files;
ALTER SERVER bounds_server RENAME TO bounds_renamed;
SELECT srvname, srvoptions FROM pg_foreign_server WHERE srvname LIKE 'bounds%' ORDER BY srvname;
ALTER SERVER bounds_renamed OPTIONS (DROP directory, DROP interfaces, ADD idle_timeout '60');
ALTER SERVER bounds_renamed OPTIONS (ADD directory '/nowhere');
RESET ROLE;

-- What was set stands when its setter loses the right, and USAGE is asked for at each scan, of the owner of the table.
ALTER SERVER bounds_files OWNER TO regress_nfstream_owner;
REVOKE pg_read_server_files FROM regress_nfstream_files;
GRANT USAGE ON FOREIGN SERVER bounds_files TO regress_nfstream_files;
CREATE SCHEMA bounds AUTHORIZATION regress_nfstream_files;
SET ROLE regress_nfstream_files;
CREATE FOREIGN TABLE bounds.flows (id bigint) SERVER bounds_files OPTIONS (source 'a.pcap');
SELECT * FROM bounds.flows;
\echo :SQLSTATE
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER bounds_files FROM regress_nfstream_files;
SELECT * FROM bounds.flows;
\echo :SQLSTATE
-- Also where the source is the server's, whose owner may use it.
ALTER FOREIGN TABLE bounds.flows OPTIONS (DROP source);
ALTER SERVER bounds_files OPTIONS (ADD source 'a.pcap');
SELECT * FROM bounds.flows;
\echo :SQLSTATE
REVOKE USAGE ON FOREIGN SERVER bounds_files FROM regress_nfstream_owner;
SELECT * FROM bounds.flows;
GRANT USAGE ON FOREIGN SERVER bounds_files TO regress_nfstream_owner;
-- On a server without a directory that is the server's owner's business alone.
ALTER SERVER bounds_files OWNER TO CURRENT_USER;
ALTER SERVER bounds_files OPTIONS (DROP directory, SET source '/nowhere/a.pcap');
SELECT * FROM bounds.flows;
\echo :SQLSTATE

-- Interfaces: those of the list for whoever may use the server, and no others, whoever asks.  There is none of this name.
CREATE SERVER bounds_wire FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (interfaces '{nowhere0}');
GRANT USAGE ON FOREIGN SERVER bounds_wire TO regress_nfstream_files;
SET ROLE regress_nfstream_files;
CREATE FOREIGN TABLE bounds.wire (id bigint) SERVER bounds_wire OPTIONS (source 'interface:nowhere0');
SELECT * FROM bounds.wire;
\echo :SQLSTATE
ALTER FOREIGN TABLE bounds.wire OPTIONS (SET source 'nowhere0');
SELECT * FROM bounds.wire;
\echo :SQLSTATE
ALTER FOREIGN TABLE bounds.wire OPTIONS (SET source 'interface:lo');
SELECT * FROM bounds.wire;
\echo :SQLSTATE
ALTER FOREIGN TABLE bounds.wire OPTIONS (SET source '/nowhere/a.pcap');
SELECT * FROM bounds.wire;
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER bounds_wire FROM regress_nfstream_files;
ALTER FOREIGN TABLE bounds.wire OPTIONS (SET source 'interface:nowhere0');
SELECT * FROM bounds.wire;
\echo :SQLSTATE
CREATE FOREIGN TABLE bounds.super (id bigint) SERVER bounds_wire OPTIONS (source 'interface:lo');
SELECT * FROM bounds.super;
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA nflow FROM SERVER bounds_wire INTO bounds OPTIONS (source 'interface:lo');
\echo :SQLSTATE

SET client_min_messages = warning;
DROP SERVER bounds_renamed, bounds_files, bounds_more, bounds_wire CASCADE;
DROP SCHEMA bounds CASCADE;
REVOKE ALL ON FOREIGN DATA WRAPPER nfstream_fdw FROM regress_nfstream_owner, regress_nfstream_files;
DROP ROLE regress_nfstream_owner, regress_nfstream_files;
