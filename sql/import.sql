-- IMPORT FOREIGN SCHEMA, and comments on what it made.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;
CREATE SCHEMA imported;
SET search_path = imported, public;
CREATE SERVER import_server FOREIGN DATA WRAPPER nfstream_fdw;

CREATE VIEW columns_of AS
	SELECT c.relname AS flows, a.attnum AS n, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
		col_description(c.oid, a.attnum) AS comment
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relkind = 'f' AND c.relnamespace = 'imported'::regnamespace AND a.attnum > 0
	ORDER BY 1, 2;
CREATE VIEW options_of AS
	SELECT ftrelid::regclass AS flows, ftoptions AS options FROM pg_foreign_table ORDER BY ftrelid::regclass::text;

-- As many columns as NFStream has with the same options.
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (source '/nowhere/a.pcap');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported
	OPTIONS (table_name 'everything', source '/nowhere/a.pcap', statistical_analysis 'true', splt_analysis '10');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported
	OPTIONS (table_name 'no_labels', source '/nowhere/a.pcap', n_dissections '0');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported
	OPTIONS (table_name 'no_tunnels', source '/nowhere/a.pcap', decode_tunnels 'false');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported
	OPTIONS (table_name 'extended', source '/nowhere/a.pcap', udps 'of_my_own', system_visibility_mode '1');
SELECT flows, count(*) AS columns FROM columns_of GROUP BY flows ORDER BY flows;
SELECT "column", type FROM columns_of WHERE flows = 'everything';
SELECT "column", type FROM columns_of WHERE flows = 'extended' AND n > 38;
SELECT "column" FROM columns_of WHERE flows = 'flows' EXCEPT SELECT "column" FROM columns_of WHERE flows = 'no_tunnels';
SELECT flows, options FROM options_of;

-- Types: NFStream's, the server's own, or such as every client knows; and columns beyond NFStream's.
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (table_name 'typed_nfstream', source '/nowhere/a.pcap',
	statistical_analysis 'true', splt_analysis '10', types 'nfstream', extra_columns 'false');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (table_name 'typed_postgres', source '/nowhere/a.pcap',
	statistical_analysis 'true', splt_analysis '10', types 'postgres');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (table_name 'typed_portable', source '/nowhere/a.pcap',
	statistical_analysis 'true', splt_analysis '10', types 'portable');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (table_name 'typed_extra', source '/nowhere/a.pcap',
	statistical_analysis 'true', splt_analysis '10', extra_columns 'true');
SELECT flows, n, "column", type FROM columns_of WHERE flows LIKE 'typed_%'
	EXCEPT SELECT t, n, "column", type FROM columns_of, unnest('{typed_nfstream,typed_postgres,typed_portable,typed_extra}'::text[]) t
		WHERE flows = 'everything'
	ORDER BY 1, 2;
SELECT flows, count(*) AS columns FROM columns_of WHERE flows LIKE 'typed_%' GROUP BY flows ORDER BY flows;
SELECT flows, options FROM options_of WHERE flows::text LIKE 'typed_%';
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (source '/nowhere/a.pcap', types 'mysql');

-- A table to read.
IMPORT FOREIGN SCHEMA conn FROM SERVER import_server INTO imported OPTIONS (source '/nowhere/a.pcap');
SELECT nfstream_comment('conn');
SELECT c."column", c.type, attfdwoptions AS options, c.comment FROM columns_of c
	JOIN pg_attribute a ON attrelid = 'conn'::regclass AND attnum = c.n WHERE c.flows = 'conn';
IMPORT FOREIGN SCHEMA conn LIMIT TO (talks) FROM SERVER import_server INTO imported
	OPTIONS (source '/nowhere/a.pcap', types 'portable', extra_columns 'true', columns_to_anonymize '{server_name,bidirectional_duration_ms}');
SELECT "column", type FROM columns_of WHERE flows = 'talks' AND (n > 14 OR type <> ALL ('{bigint,integer}'));
IMPORT FOREIGN SCHEMA conn FROM SERVER import_server INTO imported
	OPTIONS (table_name 'conn_no_labels', source '/nowhere/a.pcap', n_dissections '0');
SELECT count(*) FROM columns_of WHERE flows = 'conn_no_labels';
IMPORT FOREIGN SCHEMA conn FROM SERVER import_server INTO imported
	OPTIONS (table_name 'none', source '/nowhere/a.pcap', columns_to_anonymize '{server_nam}');
-- Its applications have their own names, whatever the server says of those of other tables.
ALTER SERVER import_server OPTIONS (ADD application_names 'full');
IMPORT FOREIGN SCHEMA conn FROM SERVER import_server INTO imported OPTIONS (table_name 'conn_short', source '/nowhere/a.pcap');
IMPORT FOREIGN SCHEMA conn FROM SERVER import_server INTO imported
	OPTIONS (table_name 'conn_full', source '/nowhere/a.pcap', application_names 'full');
SELECT flows, options FROM options_of WHERE flows::text LIKE 'conn%';
ALTER SERVER import_server OPTIONS (DROP application_names);

-- Options of the server count; the table gets only the statement's.
ALTER SERVER import_server OPTIONS (ADD source '/nowhere/b.pcap', ADD splt_analysis '3', ADD n_dissections '0');
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (table_name 'by_server', splt_analysis '0');
IMPORT FOREIGN SCHEMA nflow LIMIT TO (by_limit) FROM SERVER import_server INTO imported;
SELECT flows, count(*) AS columns FROM columns_of WHERE flows LIKE 'by%' GROUP BY flows ORDER BY flows;
SELECT flows, options FROM options_of WHERE flows::text LIKE '%by%';

-- LIMIT TO and EXCEPT, which must leave the table; names and values that need quotes.
DROP FOREIGN TABLE flows;
IMPORT FOREIGN SCHEMA nflow EXCEPT (flows) FROM SERVER import_server INTO imported;
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA nflow EXCEPT (flows) FROM SERVER import_server INTO imported OPTIONS (table_name 'others');
IMPORT FOREIGN SCHEMA conn EXCEPT (flows, others) FROM SERVER import_server INTO imported OPTIONS (table_name 'kept');
IMPORT FOREIGN SCHEMA nflow LIMIT TO (one, another) FROM SERVER import_server INTO imported;
IMPORT FOREIGN SCHEMA nflow LIMIT TO (one) FROM SERVER import_server INTO imported OPTIONS (table_name 'other');
SELECT to_regclass('flows'), to_regclass('one'), to_regclass('another'), to_regclass('other'), to_regclass('others'), to_regclass('kept');
IMPORT FOREIGN SCHEMA nflow LIMIT TO (flows, another) FROM SERVER import_server INTO imported;
IMPORT FOREIGN SCHEMA nflow LIMIT TO ("My ""own"" flows") FROM SERVER import_server INTO imported
	OPTIONS (bpf_filter 'host ''a\b''', source '/nowhere/it''s.pcap');
SELECT to_regclass('flows'), to_regclass('"My ""own"" flows"');
SELECT unnest(options) FROM options_of WHERE flows = '"My ""own"" flows"'::regclass;
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported;

-- What cannot be imported.
IMPORT FOREIGN SCHEMA captures FROM SERVER import_server INTO imported;
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA captures FROM SERVER import_server INTO imported OPTIONS (directory '/nowhere');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA public FROM SERVER import_server INTO imported;
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (tablename 'x');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (table_name '');
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported OPTIONS (splt_analysis 'ten');
ALTER SERVER import_server OPTIONS (DROP source);
IMPORT FOREIGN SCHEMA nflow FROM SERVER import_server INTO imported;
\echo :SQLSTATE
IMPORT FOREIGN SCHEMA conn FROM SERVER import_server INTO imported OPTIONS (table_name 'nothing');
SELECT to_regclass('nothing');

-- Comments: on every column that stands for an attribute, whatever it is called; again is no harm.
SELECT nfstream_comment('everything');
SELECT count(comment) = count(*) AS all_columns FROM columns_of WHERE flows = 'everything';
SELECT "column", comment FROM columns_of WHERE flows = 'everything' AND n IN (1, 2, 18, 50, 80, 81);
CREATE FOREIGN TABLE named (
	sender inet OPTIONS (attribute 'src_ip'), gone int, prediction text OPTIONS (attribute 'udps.x'), unknown int, splt_ps int[]) SERVER import_server;
ALTER FOREIGN TABLE named DROP COLUMN gone;
SELECT nfstream_comment('named') FROM generate_series(1, 2);
SELECT "column", comment FROM columns_of WHERE flows = 'named';
SELECT nfstream_comment('pg_class');
\echo :SQLSTATE
BEGIN READ ONLY;
SELECT nfstream_comment('named');
ROLLBACK;

SET client_min_messages = warning;
DROP SERVER import_server CASCADE;
DROP SCHEMA imported CASCADE;
