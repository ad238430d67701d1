-- The interfaces of the server's host.  Which there are, who knows; every host has lo, and `any` stands for all.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
CREATE ROLE regress_nfstream_analyst;
CREATE ROLE regress_nfstream_monitor IN ROLE pg_monitor;

SELECT name, link_type, may_capture FROM nfstream_interfaces() WHERE name IN ('lo', 'any') ORDER BY name;
SELECT pg_typeof(addresses) AS addresses, up IS NOT NULL AS up, addresses IS NOT NULL AS known FROM nfstream_interfaces() WHERE name = 'lo';
SELECT up, addresses FROM nfstream_interfaces() WHERE name = 'any';
SELECT name FROM nfstream_interfaces() GROUP BY 1 HAVING count(*) > 1;
-- lo that is up has its addresses, each with its network.
SELECT up, addresses FROM nfstream_interfaces() WHERE name = 'lo' AND up AND NOT '127.0.0.1/8' = ANY (addresses);
-- A superuser may capture from all.
SELECT name FROM nfstream_interfaces() WHERE may_capture IS NOT TRUE;

-- Who may not does not learn which there are, unless he looks after the server.
SET ROLE regress_nfstream_analyst;
SELECT count(*) FROM nfstream_interfaces();
SET ROLE regress_nfstream_monitor;
SELECT name, may_capture FROM nfstream_interfaces() WHERE name IN ('lo', 'any') ORDER BY name;
RESET ROLE;

-- A server opens interfaces to those who may use it.
CREATE SERVER interfaces_server FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (interfaces '{lo,none0}');
SET ROLE regress_nfstream_analyst;
SELECT count(*) FROM nfstream_interfaces();
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER interfaces_server TO regress_nfstream_analyst, regress_nfstream_monitor;
SET ROLE regress_nfstream_analyst;
SELECT name, may_capture FROM nfstream_interfaces() ORDER BY name;
SET ROLE regress_nfstream_monitor;
SELECT name, may_capture FROM nfstream_interfaces() WHERE name IN ('lo', 'any') ORDER BY name;
RESET ROLE;
-- Several servers open the interfaces of all of them; another wrapper's says nothing.
CREATE SERVER interfaces_more FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (interfaces '{any}');
CREATE FOREIGN DATA WRAPPER interfaces_wrapper;
CREATE SERVER interfaces_other FOREIGN DATA WRAPPER interfaces_wrapper OPTIONS (interfaces '{lo}');
REVOKE USAGE ON FOREIGN SERVER interfaces_server FROM regress_nfstream_analyst;
GRANT USAGE ON FOREIGN SERVER interfaces_more, interfaces_other TO regress_nfstream_analyst;
SET ROLE regress_nfstream_analyst;
SELECT name, may_capture FROM nfstream_interfaces() ORDER BY name;
RESET ROLE;
GRANT USAGE ON FOREIGN SERVER interfaces_server TO regress_nfstream_analyst;
SET ROLE regress_nfstream_analyst;
SELECT name, may_capture FROM nfstream_interfaces() ORDER BY name;
RESET ROLE;
-- A server whose list is empty opens none.
ALTER SERVER interfaces_more OPTIONS (SET interfaces '{}');
ALTER SERVER interfaces_server OPTIONS (DROP interfaces);
SET ROLE regress_nfstream_analyst;
SELECT count(*) FROM nfstream_interfaces();
RESET ROLE;

SET client_min_messages = warning;
DROP SERVER interfaces_server, interfaces_more CASCADE;
DROP FOREIGN DATA WRAPPER interfaces_wrapper CASCADE;
DROP ROLE regress_nfstream_analyst, regress_nfstream_monitor;
