-- What a source may be taken for, and what its error says to do: each text beside its words.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
\getenv pcaps NFSTREAM_TEST_PCAPS
\set tls :pcaps '/tls.pcap'
\set http :pcaps '/http.pcap'
CREATE SCHEMA sources;
SET search_path = sources, public;
CREATE SERVER sources_server FOREIGN DATA WRAPPER nfstream_fdw;
CREATE FOREIGN TABLE flows (id bigint) SERVER sources_server OPTIONS (source '/');
CREATE FUNCTION said_of(source text, query text DEFAULT 'SELECT id FROM sources.flows LIMIT 0; SELECT count(*) FROM sources.flows')
	RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text; message text; detail text; hint text;
BEGIN
	EXECUTE format('ALTER FOREIGN TABLE sources.flows OPTIONS (SET source %L)', source);
	EXECUTE query;
	RETURN 'read';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
		detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', state || ': ' || message, 'DETAIL: ' || nullif(detail, ''), 'HINT: ' || nullif(hint, ''));
END $$;

\pset tuples_only on
\pset format unaligned
\pset recordsep '\n\n'
SELECT source, said_of(source) FROM (VALUES
	('~/monday.pcap'), ('~analyst/monday.pcap'), ('$HOME/monday.pcap'), ('~/*.pcap'),
	('http://captures.test/monday.pcap'), ('https://captures.test/a?b=c'), ('file:///captures/monday.pcap'), ('s3://bucket/monday.pcap'),
	('C:\captures\monday.pcap'), ('c:/captures/monday.pcap'), ('C:\captures\*.pcap'), ('\\host\captures\monday.pcap'),
	('''/captures/monday.pcap'''), ('"/captures/monday.pcap"'), ('{''/captures/monday.pcap''}'),
	('/nowhere/a.pcap,/nowhere/b.pcap'), ('/nowhere/a.pcap; /nowhere/b.pcap'), ('[/nowhere/a.pcap,/nowhere/b.pcap]'),
	('["/nowhere/a.pcap"]'), ('{/nowhere/a.pcap'), ('/nowhere/a.pcap}'), ('{"/nowhere/a.pcap}'), ('{/nowhere/a.pcap,/nowhere/b.pcap}'),
	('{}'), (' /nowhere/a.pcap'), ('/nowhere/a.pcap '), (E'/nowhere/a.pcap\n'),
	('nowhere.pcap'), ('nowhere/*.pcap'), ('/nowhere/a.pcap'), ('/nowhere/*.pcap'), ('/nowhere/[ab.pcap'), ('{/nowhere/?.pcap,/nowhere/b.pcap}'),
	('/'), ('/dev/null'), ('/dev/nul?'), ('/proc/self/mem'), ('/proc/version'), ('/proc/self/root/proc/version'), ('{/proc/versio[n]}'),
	('interface:nowhere0'), ('nowhere0'), ('{interface:nowhere0,lo}'), ('{lo,interface:nowhere0}'), ('')) texts (source);

-- Which of several it is.
SELECT replace(source, :'pcaps', '...'), replace(said_of(source), :'pcaps', '...') FROM (VALUES
	(format('{%s,/nowhere/a.pcap}', :'tls')), (format('{%s,/nowhere/*}', :'tls')), (format('{%s,%s}', :'tls', :'pcaps')),
	(format('%s,%s', :'tls', :'http')), (format('{%s,%s', :'tls', :'http')), (format('{%s,%s}', :'http', :'tls'))) texts (source);
\pset format aligned
\pset tuples_only off
\pset recordsep '\n'

-- Without the right to files: what would open a capture to this role, by name where there is something.
CREATE ROLE regress_analyst;
GRANT USAGE ON SCHEMA sources TO regress_analyst;
ALTER FOREIGN TABLE flows OPTIONS (SET source :'tls');
ALTER FOREIGN TABLE flows OWNER TO regress_analyst;
SELECT * FROM flows;
CREATE SERVER sources_lab FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '/captures/lab');
CREATE SERVER sources_field FOREIGN DATA WRAPPER nfstream_fdw OPTIONS (directory '/captures/field');
GRANT USAGE ON FOREIGN SERVER sources_lab TO regress_analyst;
SELECT * FROM flows;
GRANT USAGE ON FOREIGN SERVER sources_field TO regress_analyst;
SELECT * FROM flows;
\echo :SQLSTATE

-- ANALYZE says why it passes over a table, and goes on with others.
CREATE TABLE plain (id bigint);
ANALYZE flows, plain;
ALTER FOREIGN TABLE flows OWNER TO CURRENT_USER;
ALTER FOREIGN TABLE flows OPTIONS (SET source '/nowhere/*');
ANALYZE flows, plain;
ALTER FOREIGN TABLE flows OPTIONS (SET source '/dev/null');
ANALYZE flows;
ALTER FOREIGN TABLE flows OPTIONS (SET source 'interface:lo');
ANALYZE flows;
ALTER FOREIGN TABLE flows OPTIONS (DROP source);
ANALYZE flows;
CREATE FOREIGN TABLE elsewhere (id bigint) SERVER sources_lab OPTIONS (source 'a.pcap');
ANALYZE elsewhere;
ALTER SERVER sources_lab OPTIONS (SET directory '/');
ALTER FOREIGN TABLE elsewhere OPTIONS (SET source '../etc/passwd');
ANALYZE elsewhere;

DROP SERVER sources_server, sources_lab, sources_field CASCADE;
DROP SCHEMA sources CASCADE;
DROP ROLE regress_analyst;
