#!/usr/bin/env bash
# Runs the tests; with --long those too that take minutes. With --install it first installs what the tests use
# (Debian packages, and programs in Python in target); without, it says what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/lib/packages.sh
. tests/lib/packages.sh
# shellcheck source=tests/lib/databases.sh
. tests/lib/databases.sh
# shellcheck source=tests/lib/python.sh
. tests/lib/python.sh
# shellcheck source=tests/lib/axe.sh
. tests/lib/axe.sh
# shellcheck source=tests/lib/count.sh
. tests/lib/count.sh

usage() {
  echo "usage: tests/run.sh [--install] [--long]"
  echo "  --install  install what is missing: Debian packages, and what the lists in tests/python name"
  echo "  --long     also run what takes minutes: processes that are killed and stopped under load, databases that"
  echo "             hang, clocks that are wrong, restarts behind haproxy and nginx, ten times as many hang-ups and answers"
}

install=no long=no
for argument in "$@"; do
  case $argument in
    --install) install=yes ;;
    --long) long=yes ;;
    --help | -h) usage; exit 0 ;;
    *) echo "tests/run.sh: unknown option $argument" >&2; usage >&2; exit 2 ;;
  esac
done

echo "== the tests; on two cores this takes about 20 minutes, 10 of them to build what was not built before"
if [ "$long" = yes ]; then
  echo "== and --long about 20 minutes more"
  use_long_packages
fi
if [ "$install" = yes ]; then
  install_packages
fi
lacking=$(missing_packages | tr '\n' ' ')
if [ -n "$lacking" ]; then
  echo "tests/run.sh: these Debian packages are missing: $lacking" >&2
  echo "Run tests/run.sh --install, or: apt-get install $lacking" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "tests/run.sh: the Docker engine and the databases of the tests need root" >&2
  exit 1
fi
if [ "$install" = yes ]; then
  prepare_python
  prepare_axe
fi
lacking=$({ missing_python; missing_axe; } | tr '\n' ' ')
if [ -n "$lacking" ]; then
  echo "tests/run.sh: these folders are missing, or are not as the lists in tests/python want them: $lacking" >&2
  echo "Run tests/run.sh --install, which makes them" >&2
  exit 1
fi

work=$(mktemp -d)
chmod 755 "$work"
finish() {
  stop_databases
  rm -rf "$work" || true
}
trap finish EXIT

log=$work/tests.log
echo "== unit and integration tests, on SQLite"
kept "$log" cargo test --workspace

# Runs the test $3 on the database of which the variable $1 has the address $2; a test that was not found, or that ran on a
# database of another kind, is a failure too.
on_server() {
  local told=$work/server.log
  : >"$told"
  (
    export "$1=$2"
    kept "$told" cargo test --test it -- --exact "$3"
  )
  grep -q '^test result: ok\. 1 passed' "$told" || { echo "tests/run.sh: there is no test $3" >&2; return 1; }
  grep -qF "$1 leads to ${2%%:*}" "$told" || { echo "tests/run.sh: $3 ran on another database" >&2; return 1; }
  cat "$told" >>"$log"
}
# Runs the storage story on the database at $2.
story() {
  echo "== the storage story on $1"
  on_server TEST_DATABASE_URL "$2" storage::story::the_storage_story_holds
}
export TEST_HANG_UPS=300 TEST_MODEL_SECONDS=
if [ "$long" = yes ]; then
  TEST_HANG_UPS=3000 TEST_MODEL_SECONDS=120
fi
# Runs a service on the empty database at $2, whose clients hang up.
hang_ups() {
  echo "== clients that hang up, on $1"
  on_server TEST_SERVICE_DATABASE_URL "$2" cli::hang_ups::a_change_is_made_although_its_client_hangs_up
}
# Compares the answers of services on the empty database at $2 with the model.
model() {
  echo "== answers that the model allows, on $1"
  on_server TEST_SERVICE_DATABASE_URL "$2" model::every_answer_is_one_that_was_right_a_second_ago_or_since
}
start_postgres "$work"
story PostgreSQL "$POSTGRES_URL"
hang_ups PostgreSQL "$POSTGRES_SERVICE_URL"
model PostgreSQL "$POSTGRES_MODEL_URL"
start_mariadb "$work"
story MariaDB "$MYSQL_URL"
hang_ups MariaDB "$MYSQL_SERVICE_URL"
model MariaDB "$MYSQL_MODEL_URL"

echo "== end to end, with a real registry and real clients"
export WHARFINGER_E2E=1 SESSION_DATABASE_URLS="$POSTGRES_SESSION_URL $MYSQL_SESSION_URL"
export BACKUP_DATABASE_URLS="$POSTGRES_BACKUP_URL $MYSQL_BACKUP_URL"
kept "$log" cargo test --test e2e
if [ "$long" = yes ]; then
  echo "== misfortunes that take minutes to show what they do"
  WHARFINGER_LONG=1 kept "$log" cargo test --test long
fi
echo "== all $(passed "$log") tests passed"
