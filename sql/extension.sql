-- What CREATE EXTENSION makes: every object is described, and what is everyone's is known.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS nfstream_fdw;
RESET client_min_messages;

-- The types of a relation's rows, which later servers count among an extension's objects, are no objects of their own.
CREATE VIEW objects AS
	SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object
	FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
	WHERE e.extname = 'nfstream_fdw' AND d.deptype = 'e' AND d.classid <> 'pg_type'::regclass;
SELECT object FROM objects ORDER BY object COLLATE "C";
SELECT object FROM objects WHERE obj_description(objid, classid::regclass::name) IS NULL;
SELECT object FROM objects
	WHERE classid = 'pg_proc'::regclass AND has_function_privilege('public', objid, 'EXECUTE')
	ORDER BY object COLLATE "C";
SELECT object FROM objects
	WHERE classid = 'pg_foreign_data_wrapper'::regclass
		AND has_foreign_data_wrapper_privilege('public', objid, 'USAGE');

-- It goes without a trace.
DROP VIEW objects;
SET client_min_messages = warning;
DROP EXTENSION nfstream_fdw CASCADE;
SELECT proname FROM pg_proc WHERE proname LIKE 'nfstream%';
CREATE EXTENSION nfstream_fdw;
