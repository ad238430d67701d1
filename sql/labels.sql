-- What nDPI knows, and which kind of fingerprint it leaves.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
\getenv pcaps NFSTREAM_TEST_PCAPS
CREATE SCHEMA labels;
SET search_path = labels, public;
CREATE SERVER labels FOREIGN DATA WRAPPER nfstream_fdw;

-- Applications are numbered from 0, each with a name of its own and a category; then come the categories that are none's own.
SELECT min(id), max(id) + 1 = count(*) AS no_gaps, count(DISTINCT id) = count(*) AS ids,
	count(DISTINCT application_name) = count(*) AS names, count(*) > 250 AS many,
	bool_or(application_name = '' OR application_category_name = '') AS empty
FROM nfstream_applications() WHERE id IS NOT NULL;
SELECT count(*) > 5 AS some, count(application_name) AS named, count(DISTINCT application_category_name) = count(*) AS categories,
	bool_or(application_category_name = '') AS empty
FROM nfstream_applications() WHERE id IS NULL;
SELECT id, application_category_name FROM nfstream_applications() WHERE application_category_name IN ('Advertisement', 'Malware');
SELECT * FROM nfstream_applications() WHERE application_name IN ('Unknown', 'DNS', 'HTTP', 'TLS', 'Facebook') ORDER BY id;

-- What flows are called is one of these names, and so is what carries them.
\set source '{' :pcaps '/http.pcap' ',' :pcaps '/tls.pcap' ',' :pcaps '/dns.pcap' ',' :pcaps '/dhcp.pcap' ',' :pcaps '/ssh.pcap' ',' :pcaps '/quic.pcap' '}'
CREATE FOREIGN TABLE flows (
	application_name text, application_protocol text, application_category_name text, client_fingerprint text, server_fingerprint text,
	fingerprint_kind text, source_file text
) SERVER labels OPTIONS (source :'source');
SELECT application_name FROM flows EXCEPT SELECT application_name FROM nfstream_applications();
SELECT application_protocol FROM flows WHERE application_protocol <> ''
EXCEPT SELECT application_name FROM nfstream_applications();
SELECT application_category_name FROM flows EXCEPT SELECT application_category_name FROM nfstream_applications();
SELECT application_name, application_protocol, count(*) FROM flows
WHERE application_name IN ('Facebook', 'TLS', 'QUIC') OR application_protocol <> '' GROUP BY 1, 2 ORDER BY 1, 2;

-- NFStream's names are the two in one.
CREATE FOREIGN TABLE full_names (id bigint, application_name text, application_protocol text, application_category_name text)
	SERVER labels OPTIONS (source :'source', application_names 'full');
ALTER FOREIGN TABLE flows ADD id bigint;
SELECT application_name, count(*) FROM full_names WHERE application_protocol <> '' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS flows, count(*) FILTER (WHERE full_names.application_name <>
	CASE flows.application_protocol WHEN '' THEN '' ELSE flows.application_protocol || '.' END || flows.application_name OR
	full_names.application_protocol <> flows.application_protocol OR
	full_names.application_category_name <> flows.application_category_name) AS others
FROM full_names JOIN flows USING (id);
ALTER SERVER labels OPTIONS (ADD application_names 'full');
SELECT DISTINCT application_name FROM flows WHERE application_name LIKE '%Facebook';
ALTER FOREIGN TABLE flows OPTIONS (ADD application_names 'short');
SELECT DISTINCT application_name FROM flows WHERE application_name LIKE '%Facebook';
ALTER SERVER labels OPTIONS (DROP application_names);
ALTER FOREIGN TABLE flows OPTIONS (SET application_names 'long');
\echo :SQLSTATE

-- A flow with a fingerprint says of which kind; each kind has its form.
SELECT coalesce(nullif(application_protocol, ''), application_name) AS protocol, fingerprint_kind,
	bool_or(client_fingerprint <> '') AS client, bool_or(server_fingerprint <> '') AS server
FROM flows WHERE fingerprint_kind <> '' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM flows
WHERE (fingerprint_kind = '') <> (client_fingerprint = '' AND server_fingerprint = '');
SELECT DISTINCT fingerprint_kind FROM flows
WHERE fingerprint_kind IN ('JA3', 'HASSH') AND concat(client_fingerprint, server_fingerprint) !~* '^([0-9a-f]{32}){1,2}$'
	OR fingerprint_kind = 'DHCP' AND client_fingerprint !~ '^[0-9]+(,[0-9]+)*$';

-- Asked for alone it is the same; without labels it is NULL; no IMPORT declares it.
SELECT fingerprint_kind, count(*) FROM flows GROUP BY 1
EXCEPT SELECT kind, count(*) FROM (SELECT fingerprint_kind AS kind, client_fingerprint, server_fingerprint FROM flows OFFSET 0) f
GROUP BY 1;
ALTER FOREIGN TABLE flows OPTIONS (ADD n_dissections '0');
SELECT DISTINCT fingerprint_kind FROM flows;
IMPORT FOREIGN SCHEMA nflow FROM SERVER labels INTO labels OPTIONS (table_name 'imported', source :'source');
SELECT attname FROM pg_attribute WHERE attrelid = 'imported'::regclass AND attname IN ('fingerprint_kind', 'source_file');

SET client_min_messages = warning;
DROP SERVER labels CASCADE;
DROP SCHEMA labels CASCADE;
