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
# that user cannot reach DIR (a clone under /root), DIR is opened for it and named by its descriptor.
# The server listens on 127.0.0.1 and on a socket in DIR/run (under /tmp where DIR's path is too long
# for one, or out of reach); every connection needs a SCRAM password. A cluster that is there already
# is given PGPASSWORD as its superuser's.

cluster_say() { printf 'cluster: %s\n' "$*" >&2; }

cluster_bin() {
    local version='' bin
    if [[ -n ${PG_BIN:-} ]]; then
        printf '%s\n' "$PG_BIN"
        return
    fi
    if [[ -n ${1:-} && -r $1/PG_VERSION ]]; then
        version=$(<"$1/PG_VERSION")
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

# cluster_as DIR COMMAND...: run it as the server's user, in a folder that this user can enter, with
# DIR open as descriptor 9.
cluster_as() {
    local dir=$1
    shift
    if ((EUID != 0)); then
        "$@"
    else
        (exec 9<"$dir" && cd / && exec runuser -u "$(cluster_user)" -- "$@")
    fi
}

# cluster_place DIR: DIR by a name that holds for the server's user.
cluster_place() {
    if cluster_as "$1" test -w "$1" -a -x "$1"; then
        printf '%s\n' "$1"
    else
        echo /proc/self/fd/9
    fi
}

# cluster_prepare DIR: an empty folder of the server's user's, if there is none.
cluster_prepare() {
    mkdir -p "$1"
    chmod 700 "$1"
    if ((EUID == 0)); then chown "$(cluster_user):" "$1"; fi
}

cluster_port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

cluster_url() { printf 'postgresql://postgres@127.0.0.1:%s/%s\n' "$1" "$2"; }

cluster_is_running() {
    [[ -e $1/postmaster.pid ]] || return 1
    cluster_as "$1" "$(cluster_bin "$1")/pg_ctl" status -D "$(cluster_place "$1")" >/dev/null
}

# cluster_socket_dir DIR: a folder for the socket, within reach, whose path fits into 107 bytes.
cluster_socket_dir() {
    if ((${#1} <= 80)) && [[ $(cluster_place "$1") == "$1" ]]; then
        printf '%s/run\n' "$1"
    else
        printf '/tmp/streamvibe-%s\n' "$(printf '%s' "$1" | sha256sum | cut -c 1-12)"
    fi
}

# cluster_configure DIR PORT DATABASE: the settings that the project relies on.
cluster_configure() {
    local sockets place
    place=$(cluster_place "$1")
    sockets=$(cluster_socket_dir "$1")
    cluster_as "$1" mkdir -p -m 700 "$sockets"
    cluster_as "$1" tee "$place/streamvibe.conf" >/dev/null <<CONF
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
# Secrets may be among what is bound, and in the text of DO and CALL.
log_parameter_max_length = 0
pg_stat_statements.track_utility = off
CONF
}

cluster_start() {
    local dir=$1 port=$2 database=$3 place bin
    bin=$(cluster_bin "$dir")
    if cluster_is_running "$dir"; then
        cluster_say "already running in $dir"
        return 1
    fi
    if ! cluster_port_is_free "$port"; then
        cluster_say "port $port is taken: choose another for PostgreSQL"
        return 1
    fi
    place=$(cluster_place "$dir")
    cluster_configure "$dir" "$port" "$database"
    if [[ -e $dir/server.log ]]; then
        cluster_as "$dir" mv -f "$place/server.log" "$place/server.log.1"
    fi
    if ! cluster_as "$dir" "$bin/pg_ctl" start -w -t 60 -s -D "$place" -l "$place/server.log"; then
        cluster_as "$dir" tail -n 20 "$place/server.log" >&2
        cluster_say "the server did not start (log: $dir/server.log)"
        return 1
    fi
}

# cluster_set_password DIR: PGPASSWORD becomes the superuser's, on a server that is not running.
cluster_set_password() {
    if ! cluster_as "$1" "$(cluster_bin "$1")/postgres" --single -D "$(cluster_place "$1")" \
        -c log_min_error_statement=panic postgres >/dev/null 2>>"$1/server.log" \
        <<<"alter role postgres password '${PGPASSWORD//\'/\'\'}'"; then
        cluster_say "could not set the superuser's password (log: $1/server.log)"
        return 1
    fi
}

cluster_create() {
    local dir=$1 port=$2 database=$3 place bin secret failed=''
    if [[ -z ${PGPASSWORD:-} ]]; then
        cluster_say 'PGPASSWORD must hold the password for the superuser'
        return 1
    fi
    cluster_prepare "$dir"
    place=$(cluster_place "$dir")
    bin=$(cluster_bin)
    if ! cluster_as "$dir" test -e "$place/PG_VERSION"; then
        # the collation is the bytes' own, so that a prefix can use any index
        secret=$(cluster_as "$dir" mktemp)
        cluster_as "$dir" tee "$secret" >/dev/null <<<"$PGPASSWORD"
        cluster_as "$dir" "$bin/initdb" -D "$place" -U postgres --pwfile="$secret" \
            --auth=scram-sha-256 --encoding=UTF8 --lc-collate=C --lc-ctype=C.UTF-8 \
            --no-sync --no-instructions >/dev/null || failed=yes
        rm -f "$secret"
        if [[ -n $failed ]]; then
            cluster_say "initdb failed in $dir"
            return 1
        fi
        cluster_as "$dir" tee -a "$place/postgresql.conf" >/dev/null <<<"include = 'streamvibe.conf'"
        cluster_as "$dir" "$bin/initdb" --sync-only -D "$place" >/dev/null 2>&1
    elif ! cluster_as "$dir" grep -qs "^include = 'streamvibe.conf'" "$place/postgresql.conf"; then
        cluster_say "$dir holds a cluster that this did not make, or did not finish: remove it"
        return 1
    elif ! cluster_is_running "$dir"; then
        cluster_set_password "$dir"
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
    local dir=$1 mode=${2:-fast} sockets
    [[ -d $dir ]] || return 0
    sockets=$(cluster_socket_dir "$dir")
    if cluster_is_running "$dir"; then
        cluster_as "$dir" "$(cluster_bin "$dir")/pg_ctl" stop -w -t 60 -s -D "$(cluster_place "$dir")" -m "$mode"
    fi
    if [[ $sockets == /tmp/* ]]; then rm -rf "$sockets"; fi
}

cluster_remove() {
    [[ -e $1 ]] || return 0
    cluster_stop "$1" immediate
    rm -rf "$1"
}
