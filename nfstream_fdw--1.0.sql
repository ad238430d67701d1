/* nfstream_fdw--1.0.sql: what CREATE EXTENSION nfstream_fdw runs. */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION nfstream_fdw" to load this file. \quit

CREATE FUNCTION nfstream_fdw_handler()
RETURNS fdw_handler
AS 'MODULE_PATHNAME', 'nfstream_fdw_handler'
LANGUAGE C STRICT;

COMMENT ON FUNCTION nfstream_fdw_handler() IS
	'callbacks of the foreign-data wrapper nfstream_fdw';

CREATE FUNCTION nfstream_fdw_validator(options text[], catalog oid)
RETURNS void
AS 'MODULE_PATHNAME', 'nfstream_fdw_validator'
LANGUAGE C STRICT;

COMMENT ON FUNCTION nfstream_fdw_validator(text[], oid) IS
	'checks the options of servers, foreign tables, columns and user mappings of nfstream_fdw';

CREATE FOREIGN DATA WRAPPER nfstream_fdw
	HANDLER nfstream_fdw_handler
	VALIDATOR nfstream_fdw_validator;

COMMENT ON FOREIGN DATA WRAPPER nfstream_fdw IS
	'network captures as tables of flows';

CREATE FUNCTION nfstream_comment(flows regclass)
RETURNS integer
AS 'MODULE_PATHNAME', 'nfstream_comment'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_comment(regclass) IS
	'puts a comment on each column of a table of flows, for the table''s owner; returns how many';

CREATE FUNCTION nfstream_version(OUT component text, OUT version text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_version'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_version() IS
	'versions of the extension, its meter, nDPI and libpcap';

CREATE FUNCTION nfstream_applications(OUT id integer, OUT application_name text, OUT application_category_name text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'nfstream_applications'
LANGUAGE C STRICT VOLATILE;

COMMENT ON FUNCTION nfstream_applications() IS
	'applications that the meter''s nDPI knows, with their categories';
