# shellcheck shell=bash
# PostgreSQL and MariaDB of our own, in a folder of their own, on free ports of the loopback; each with
# an empty database for the storage story, one for the session of an administrator, two for services, and
# one for a backup of another kind of database.
# shellcheck disable=SC2034 # the URLs are for whoever reads this file in

# Prints a port that is free now.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null ||
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport, "\n"'
}

# Makes a certificate for a database server of the user $2 in folder $1: clients then encrypt by themselves, as with most servers.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -keyout "$1/tls.key" -out "$1/tls.crt" 2>/dev/null
  chown "$2" "$1/tls.key" "$1/tls.crt"
  chmod 600 "$1/tls.key"
}

# Starts PostgreSQL in folder $1 and sets POSTGRES_URL, and POSTGRES_SESSION_URL, _SERVICE_URL, _MODEL_URL and _BACKUP_URL.
start_postgres() {
  local folder=$1/postgres port bin name
  bin=$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1)")
  port=$(free_port)
  mkdir -p "$folder"
  chown postgres "$folder"
  make_certificate "$folder" postgres
  # Whatever the language of the machine is, or none: every text is to fit.
  runuser -u postgres -- "$bin/initdb" -D "$folder/data" -A trust -U postgres --no-sync \
    --encoding=UTF8 --locale=C.UTF-8 >"$folder/log"
  # Not on the command line, so that tests can change it.
  printf "%s\n" "ssl = on" "ssl_cert_file = '$folder/tls.crt'" "ssl_key_file = '$folder/tls.key'" \
    >>"$folder/data/postgresql.conf"
  runuser -u postgres -- "$bin/pg_ctl" -w -D "$folder/data" -l "$folder/server.log" \
    -o "-c listen_addresses=127.0.0.1 -p $port -k $folder -c fsync=off" start >>"$folder/log"
  POSTGRES_PID=$(head -n 1 "$folder/data/postmaster.pid")
  POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres
  for name in session service model backup; do
    "$bin/createdb" -h 127.0.0.1 -p "$port" -U postgres "$name"
  done
  POSTGRES_SESSION_URL=postgres://postgres@127.0.0.1:$port/session
  POSTGRES_SERVICE_URL=postgres://postgres@127.0.0.1:$port/service
  POSTGRES_MODEL_URL=postgres://postgres@127.0.0.1:$port/model
  POSTGRES_BACKUP_URL=postgres://postgres@127.0.0.1:$port/backup
}

# Starts MariaDB in folder $1 and sets MYSQL_URL, and MYSQL_SESSION_URL, _SERVICE_URL, _MODEL_URL and _BACKUP_URL.
start_mariadb() {
  local folder=$1/mariadb port tries
  port=$(free_port)
  mkdir -p "$folder"
  chown mysql "$folder"
  make_certificate "$folder" mysql
  mariadb-install-db --no-defaults --user=mysql --datadir="$folder/data" \
    --auth-root-authentication-method=normal --skip-test-db >"$folder/log"
  mariadbd --no-defaults --user=mysql --datadir="$folder/data" --port="$port" --socket="$folder/s.sock" \
    --ssl-cert="$folder/tls.crt" --ssl-key="$folder/tls.key" \
    --tmpdir="$folder" --pid-file="$folder/pid" --bind-address=127.0.0.1 >"$folder/server.log" 2>&1 &
  MARIADB_PID=$!
  for tries in $(seq 100); do
    if mariadb --no-defaults --socket="$folder/s.sock" -u root -e 'create database story; create database session; create database service; create database model; create database backup' 2>/dev/null; then
      MYSQL_URL=mysql://root@127.0.0.1:$port/story
      MYSQL_SESSION_URL=mysql://root@127.0.0.1:$port/session
      MYSQL_SERVICE_URL=mysql://root@127.0.0.1:$port/service
      MYSQL_MODEL_URL=mysql://root@127.0.0.1:$port/model
      MYSQL_BACKUP_URL=mysql://root@127.0.0.1:$port/backup
      return 0
    fi
    sleep 0.2
  done
  echo "tests/run.sh: MariaDB did not start in $((tries / 5)) s" >&2
  tail "$folder/server.log" >&2
  return 1
}

# Stops what was started, and waits until it has ended: its folder is deleted next.
stop_databases() {
  local pid tries
  # PostgreSQL would wait for its clients otherwise.
  kill -INT ${POSTGRES_PID:+"$POSTGRES_PID"} 2>/dev/null || true
  kill ${MARIADB_PID:+"$MARIADB_PID"} 2>/dev/null || true
  for pid in ${POSTGRES_PID:+"$POSTGRES_PID"} ${MARIADB_PID:+"$MARIADB_PID"}; do
    for tries in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  done
}
