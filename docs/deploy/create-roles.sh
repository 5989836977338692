#!/bin/sh
# Create the two roles and their databases, as a superuser of PostgreSQL. It may run again.
#
#     OWNER_PASSWORD=… WEB_PASSWORD=… sh create-roles.sh
set -eu
: "${OWNER_PASSWORD:?}" "${WEB_PASSWORD:?}"

psql --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres --quiet \
    --set=owner_password="$OWNER_PASSWORD" --set=web_password="$WEB_PASSWORD" <<'SQL'
SELECT 'CREATE ROLE ' || name || ' LOGIN' FROM (VALUES ('returns_owner'), ('returns_web')) roles (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE returns_owner PASSWORD :'owner_password';
ALTER ROLE returns_web PASSWORD :'web_password';
-- The second one is for trying whether a backup can be restored.
SELECT 'CREATE DATABASE ' || name || ' OWNER returns_owner ENCODING ''UTF8'' TEMPLATE template0'
FROM (VALUES ('returns'), ('returns_drill')) databases (name)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
SQL
