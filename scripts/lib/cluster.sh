# shellcheck shell=bash
# The project's own PostgreSQL cluster in a data folder. Sourced, not run:
#
#   cluster_create DIR PORT DATABASE   make the cluster (PGPASSWORD: the superuser's password) and
#                                      start it; DATABASE is made, and pg_cron ticks there
#   cluster_start DIR PORT DATABASE    start it on PORT; fails clearly when PORT is taken
#   cluster_stop DIR [MODE]            stop it (fast, or immediate as a crash would) and wait
#   cluster_remove DIR                 stop it and delete all of it
#   cluster_is_running DIR             true while its server runs
#   cluster_url PORT DATABASE          the superuser's connection string, without the password
#   cluster_bin [DIR]                  the folder of the server's programs (PG_BIN overrides it)
#   cluster_port_is_free PORT          true when nothing listens on 127.0.0.1:PORT
#
# The server refuses to run as root, so root runs it as the user `postgres` (else `nobody`). When
# that user cannot reach DIR (a clone under /root), the files are kept under /var/lib/streamvibe and
# DIR is a link to them. The server listens on 127.0.0.1 and on a socket in DIR/run (a short path
# under /tmp where DIR's is too long for one); every connection needs a SCRAM password.

cluster_say() { printf 'cluster: %s\n' "$*" >&2; }

cluster_bin() {
    local version='' bin
    if [[ -n ${PG_BIN:-} ]]; then
        printf '%s\n' "$PG_BIN"
        return
    fi
    if [[ -n ${1:-} ]]; then
        version=$(cluster_as "$1" cat "$1/PG_VERSION" 2>/dev/null || true)
    fi
    if [[ -n $version && -x /usr/lib/postgresql/$version/bin/postgres ]]; then
        printf '/usr/lib/postgresql/%s/bin\n' "$version"
        return
    fi
    # the newest that has pg_cron beside it
    while IFS= read -r bin; do
        if [[ -x $bin/postgres && -e ${bin%/bin}/lib/pg_cron.so && $(basename "${bin%/bin}") -ge 15 ]]; then
            printf '%s\n' "$bin"
            return
        fi
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
    cluster_say 'PostgreSQL 15 or newer with pg_cron is not installed (Debian: postgresql-15 postgresql-15-cron)'
    return 1
}

# The user that runs the server: whoever calls, unless that is root.
cluster_user() {
    if ((EUID != 0)); then
        id -un
    elif getent passwd postgres >/dev/null; then
        echo postgres
    else
        echo nobody
    fi
}

# cluster_as DIR COMMAND...: run it as the server's user, in a folder that this user can enter.
cluster_as() {
    shift
    if ((EUID != 0)); then
        "$@"
    else
        (cd / && runuser -u "$(cluster_user)" -- "$@")
    fi
}

cluster_port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

cluster_url() { printf 'postgresql://postgres@127.0.0.1:%s/%s\n' "$1" "$2"; }

cluster_is_running() {
    [[ -e $1/postmaster.pid ]] || cluster_as "$1" test -e "$1/postmaster.pid" || return 1
    cluster_as "$1" "$(cluster_bin "$1")/pg_ctl" status -D "$1" >/dev/null
}

# Where the files of DIR really are: DIR itself, or a folder that the server's user can reach.
cluster_place() {
    local dir=$1 away
    if [[ -L $dir ]]; then
        readlink "$dir"
        return
    fi
    mkdir -p "$dir"
    if ((EUID != 0)); then
        chmod 700 "$dir"
        printf '%s\n' "$dir"
        return
    fi
    chown "$(cluster_user):" "$dir"
    if cluster_as "$dir" test -w "$dir" -a -x "$dir"; then
        chmod 700 "$dir"
        printf '%s\n' "$dir"
        return
    fi
    away=/var/lib/streamvibe/$(printf '%s' "$(realpath "$dir")" | sha256sum | cut -c 1-12)
    mkdir -p /var/lib/streamvibe
    install -d -m 700 -o "$(cluster_user)" "$away"
    rmdir "$dir"
    ln -s "$away" "$dir"
    cluster_say "the user $(cluster_user) cannot enter $dir: its files are in $away"
    printf '%s\n' "$away"
}

# cluster_socket_dir PLACE: a folder for the socket whose path fits into 107 bytes.
cluster_socket_dir() {
    if ((${#1} <= 80)); then
        printf '%s/run\n' "$1"
    else
        printf '/tmp/streamvibe-%s\n' "$(printf '%s' "$1" | sha256sum | cut -c 1-12)"
    fi
}

# cluster_configure PLACE PORT DATABASE: the settings that the project relies on.
cluster_configure() {
    local sockets
    sockets=$(cluster_socket_dir "$1")
    cluster_as "$1" mkdir -p -m 700 "$sockets"
    cluster_as "$1" tee "$1/streamvibe.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $2
unix_socket_directories = '$sockets'
max_connections = 200
shared_preload_libraries = 'pg_cron,pg_stat_statements'
cron.database_name = '$3'
cron.use_background_workers = on
cron.log_statement = off
max_worker_processes = 16
wal_level = logical
max_slot_wal_keep_size = 1GB
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
CONF
}

cluster_start() {
    local dir=$1 port=$2 database=$3 place bin
    place=$(cluster_place "$dir")
    bin=$(cluster_bin "$place")
    if cluster_is_running "$place"; then
        cluster_say "already running in $dir"
        return 1
    fi
    if ! cluster_port_is_free "$port"; then
        cluster_say "port $port is taken: choose another for PostgreSQL"
        return 1
    fi
    cluster_configure "$place" "$port" "$database"
    if cluster_as "$place" test -e "$place/server.log"; then
        cluster_as "$place" mv -f "$place/server.log" "$place/server.log.1"
    fi
    if ! cluster_as "$place" "$bin/pg_ctl" start -w -t 60 -s -D "$place" -l "$place/server.log"; then
        cluster_as "$place" tail -n 20 "$place/server.log" >&2
        cluster_say "the server did not start (log: $place/server.log)"
        return 1
    fi
}

cluster_create() {
    local dir=$1 port=$2 database=$3 place bin secret failed=''
    if [[ -z ${PGPASSWORD:-} ]]; then
        cluster_say 'PGPASSWORD must hold the password for the superuser'
        return 1
    fi
    place=$(cluster_place "$dir")
    bin=$(cluster_bin)
    if ! cluster_as "$place" test -e "$place/PG_VERSION"; then
        secret=$(cluster_as "$place" mktemp)
        cluster_as "$place" tee "$secret" >/dev/null <<<"$PGPASSWORD"
        # the collation is the bytes' own, so that a prefix can use any index
        cluster_as "$place" "$bin/initdb" -D "$place" -U postgres --pwfile="$secret" \
            --auth=scram-sha-256 --encoding=UTF8 --lc-collate=C --lc-ctype=C.UTF-8 \
            --no-sync --no-instructions >/dev/null || failed=yes
        rm -f "$secret"
        if [[ -n $failed ]]; then
            cluster_say "initdb failed in $place"
            return 1
        fi
        cluster_as "$place" tee -a "$place/postgresql.conf" >/dev/null <<<"include = 'streamvibe.conf'"
        cluster_as "$place" "$bin/initdb" --sync-only -D "$place" >/dev/null 2>&1
    elif ! cluster_as "$place" grep -qs "^include = 'streamvibe.conf'" "$place/postgresql.conf"; then
        cluster_say "$dir holds a cluster that this did not make, or did not finish: remove it"
        return 1
    fi
    cluster_start "$dir" "$port" "$database"
    cluster_make_database "$port" "$database"
}

# cluster_make_database PORT DATABASE: make it where it is missing.
cluster_make_database() {
    local known
    known=$(psql -XAtq "$(cluster_url "$1" postgres)" -v name="$2" \
        <<<"select count(*) from pg_catalog.pg_database where datname = :'name';")
    if [[ $known == 0 ]]; then
        psql -Xq "$(cluster_url "$1" postgres)" -v name="$2" <<<'create database :"name";'
    fi
}

cluster_stop() {
    local dir=$1 mode=${2:-fast} place
    place=$(cluster_place "$dir")
    if cluster_is_running "$place"; then
        cluster_as "$place" "$(cluster_bin "$place")/pg_ctl" stop -w -t 60 -s -D "$place" -m "$mode"
    fi
}

cluster_remove() {
    local dir=$1 place
    [[ -e $dir || -L $dir ]] || return 0
    place=$(cluster_place "$dir")
    cluster_stop "$dir" immediate
    rm -rf "$(cluster_socket_dir "$place")" "$place"
    if [[ -L $dir ]]; then
        rm -f "$dir"
    fi
}
