# A throwaway PostgreSQL for tests and benches; sourced. `postgres_start` sets POSTGRES_URL, `postgres_stop` removes all of it.
# Nothing is kept safe on disk, and lists sort by bytes (C), as the server expects.

POSTGRES_DIR=""

# Runs a PostgreSQL program; the server refuses to run as root, so root hands it to the `postgres` user.
postgres_as_owner() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

postgres_install() {
  POSTGRES_BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
  if [ -z "$POSTGRES_BIN" ] && command -v initdb >/dev/null; then POSTGRES_BIN=$(dirname "$(command -v initdb)"); fi
  if [ -n "$POSTGRES_BIN" ]; then return; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "PostgreSQL is missing. Install it (Debian, Ubuntu: apt-get install postgresql) and run this again." >&2
    return 1
  fi
  echo "installing PostgreSQL" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
  POSTGRES_BIN=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
}

postgres_start() {
  local password port options
  postgres_install
  POSTGRES_DIR=$(mktemp -d /tmp/keyway-postgres.XXXXXX)
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s' "$password" >"$POSTGRES_DIR/password"
  if [ "$(id -u)" = 0 ]; then chown -R postgres: "$POSTGRES_DIR"; fi
  postgres_as_owner "$POSTGRES_BIN/initdb" -N -D "$POSTGRES_DIR/data" -U postgres --locale=C --encoding=UTF8 \
    --auth-local=peer --auth-host=password --pwfile="$POSTGRES_DIR/password" >"$POSTGRES_DIR/initdb.log"
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 40000))
    options="-p $port -k $POSTGRES_DIR -c listen_addresses=127.0.0.1 -c max_connections=300"
    options+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    if postgres_as_owner "$POSTGRES_BIN/pg_ctl" -s -w -D "$POSTGRES_DIR/data" -l "$POSTGRES_DIR/server.log" -o "$options" start; then
      export POSTGRES_URL="postgres://postgres:$password@127.0.0.1:$port/postgres"
      return
    fi
  done
  cat "$POSTGRES_DIR/server.log" >&2
  return 1
}

# Stops the server of this folder and no other: `pg_ctl` takes its process id from there.
postgres_stop() {
  if [ -z "$POSTGRES_DIR" ]; then return; fi
  if [ -f "$POSTGRES_DIR/data/postmaster.pid" ]; then
    postgres_as_owner "$POSTGRES_BIN/pg_ctl" -s -D "$POSTGRES_DIR/data" -m immediate stop || true
  fi
  rm -rf "$POSTGRES_DIR"
  POSTGRES_DIR=""
}
