# shellcheck shell=bash disable=SC2154
# Sourced after common.sh and cluster.sh: an empty database on a cluster that goes with the script.

# throwaway_database: starts a cluster on a free port and exports where it is: DATABASE_URL and
# TEST_DATABASE_URL (the superuser's; more databases and roles may be made there), POSTGRES_PASSWORD.
throwaway_database() {
  local port
  make_scratch
  chmod 711 "$scratch" # PostgreSQL's user passes through it
  port=$(free_tcp_port)
  POSTGRES_PASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  on_exit cluster_remove "$scratch/postgres"
  step 'Starting a database for this run' start_throwaway "$port"
  DATABASE_URL=postgresql://postgres:$POSTGRES_PASSWORD@127.0.0.1:$port/streamvibe
  TEST_DATABASE_URL=$DATABASE_URL
  export DATABASE_URL TEST_DATABASE_URL POSTGRES_PASSWORD
}

free_tcp_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_throwaway() {
  local setting
  PGPASSWORD=$POSTGRES_PASSWORD cluster_create "$scratch/postgres" "$1" streamvibe
  # Nothing here outlives the run, so nothing waits for the disk.
  for setting in fsync full_page_writes; do
    PGPASSWORD=$POSTGRES_PASSWORD psql -XqAt "$(cluster_url "$1" streamvibe)" -c "alter system set $setting = off"
  done
  PGPASSWORD=$POSTGRES_PASSWORD psql -XqAt "$(cluster_url "$1" streamvibe)" -c 'select pg_reload_conf()'
}
