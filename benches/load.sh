#!/usr/bin/env bash
# Measures what a token costs, in one run and on the same cores: the two things that no token endpoint can do without (an HTTP
# server that answers, and a signature), one program that does both, and then the service. Prints CPU microseconds a request,
# and ratios to the sum of the two (the floor) and to the one program. Under the first, the load program never sleeps, so that
# no reply has to wake it: the one program takes more than the sum.
#
# Needs wrk and curl. Absolute numbers are this machine's; compare ratios.
set -euo pipefail
cd "$(dirname "$0")/.."
. benches/verdicts.sh

usage() {
  cat <<'TEXT'
usage: benches/load.sh [--tokens N] [--seconds N] [--connections N] [--database URL] [--lists] [--minutes N]
  --tokens N       personal access tokens in the database (default 100000)
  --seconds N      of each measurement (default 8)
  --connections N  of the load (default 16)
  --database URL   an empty PostgreSQL or MariaDB database, after SQLite in a new folder; may be given several times
  --lists          the lists of the admin API too
  --minutes N      then load of all kinds in turns for so long (8 or more), with the memory each minute; it fails if the average of
                   the last third is more than 1 % above that of the middle third
A request that was refused or got no answer is a failure too. What fails is told at once, and the run goes on; its status at the end is 1.
TEXT
}

tokens=100000 seconds=8 connections=16 databases=(sqlite) lists='' minutes=0
while [ $# -gt 0 ]; do
  case $1 in
    --tokens) tokens=$2; shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    --connections) connections=$2; shift 2 ;;
    --database) databases+=("$2"); shift 2 ;;
    --lists) lists=yes; shift ;;
    --minutes) minutes=$2; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
must_be_enough "$minutes" || exit 2
for tool in wrk curl; do
  command -v "$tool" >/dev/null || { echo "benches/load.sh: $tool is missing" >&2; exit 1; }
done

cargo build --release --quiet --bin wharfinger --example seed --example floor
target=${CARGO_TARGET_DIR:-target}/release
program=$(realpath "$target/wharfinger")
floor=$(realpath "$target/examples/floor")
seed=$(realpath "$target/examples/seed")
work=$(mktemp -d)
service='' hello=''
finish() {
  [ -z "$service" ] || kill "$service" 2>/dev/null || true
  [ -z "$hello" ] || kill "$hello" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
token=127.0.0.1:15001 ops=127.0.0.1:15003

# The CPU time of a process, in microseconds.
cpu() { awk -v tick="$(getconf CLK_TCK)" '{ printf "%.0f\n", ($14 + $15) * 1e6 / tick }' "/proc/$1/stat"; }
# The memory of a process that is in RAM, in megabytes, with $2 decimals.
memory() { awk -v decimals="${2:-0}" '/^VmRSS/ { printf "%.*f", decimals, $2 / 1000 }' "/proc/$1/status"; }

# Waits until the service is idle: a second after its start it deletes the days of usage and the refresh tokens that are old already in a
# new seed, which is no request's work, and whose memory it keeps.
settle() {
  local before after
  sleep 2
  for _ in $(seq 60); do
    before=$(cpu "$service")
    sleep 1
    after=$(cpu "$service")
    [ "$((after - before))" -gt 30000 ] || return 0
  done
}

# Prints $1 / $2, if there is a $2.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }

# Loads process $2 at URL $3 with more arguments for wrk, and prints a row named $1. Sets `each`.
measure() {
  local name=$1 pid=$2 url=$3; shift 3
  wrk --threads 1 --connections "$connections" --duration 2 "$@" "$url" >/dev/null
  local before after
  before=$(cpu "$pid")
  wrk --threads 1 --connections "$connections" --duration "$seconds" --latency "$@" "$url" >wrk.out
  after=$(cpu "$pid")
  local requests wrong
  requests=$(awk '/ requests in / { print $1 }' wrk.out)
  wrong=$(awk '/Non-2xx/ { print $NF } /Socket errors/ { print }' wrk.out)
  remember must_be_right "$name" "$wrong"
  each=$(awk -v a="$before" -v b="$after" -v n="$requests" 'BEGIN { printf "%.1f", (n > 0 ? (b - a) / n : 0) }')
  printf '%-34s %8s %8s %8s %8s %8s %8s %6s\n' "$name" "$each" "$(ratio "$each" "${base:-}")" "$(ratio "$each" "${one:-}")" \
    "$(awk '/^Requests\/sec/ { printf "%.0f", $2 }' wrk.out)" \
    "$(awk '$1 == "50%" { print $2 }' wrk.out)" "$(awk '$1 == "99%" { print $2 }' wrk.out)" "$(memory "$pid")"
}

start() {
  cat >wharfinger.toml <<TEXT
[log]
format = "json"
[token]
listen = "$token"
public_url = "http://localhost:15001"
[admin]
listen = "127.0.0.1:15002"
public_url = "http://localhost:15002"
[ops]
listen = "$ops"
[database]
url = "$url"
$1
TEXT
  local begin=$EPOCHREALTIME
  : >log
  "$program" >>log 2>&1 &
  service=$!
  until curl -fs "http://$ops/readyz" >/dev/null 2>&1; do
    kill -0 "$service" || { cat log >&2; exit 1; }
    sleep 0.01
  done
  started=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", (b - a) * 1000 }')
}
stop() { kill "$service"; wait "$service" || true; service=''; }

at="http://$token/jwt/auth?service=container_registry"
two="$at&scope=repository:images/private/app:pull&scope=repository:images/private/other:pull,push"
basic() { printf 'Authorization: Basic %s' "$(printf '%s:%s' "$1" "$2" | base64 --wrap 0)"; }
# Every request another token, and a repository that its owner may push to.
cat >many.lua <<'TEXT'
local paths, heads, next = {}, {}, 0
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local function base64(text)
  return ((text:gsub(".", function(x)
    local r, b = "", x:byte()
    for i = 8, 1, -1 do r = r .. (b % 2 ^ i - b % 2 ^ (i - 1) > 0 and "1" or "0") end
    return r
  end) .. "0000"):gsub("%d%d%d?%d?%d?%d?", function(x)
    if #x < 6 then return "" end
    local c = 0
    for i = 1, 6 do c = c + (x:sub(i, i) == "1" and 2 ^ (6 - i) or 0) end
    return letters:sub(c + 1, c + 1)
  end) .. ({ "", "==", "=" })[#text % 3 + 1])
end
function init()
  for line in io.lines("credentials.tsv") do
    local _, secret, user, repository = line:match("([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)")
    heads[#heads + 1] = { Authorization = "Basic " .. base64(user .. ":" .. secret) }
    paths[#paths + 1] = "/jwt/auth?service=container_registry&scope=repository:" .. repository ..
      ":pull&scope=repository:" .. repository .. "/other:pull,push"
  end
end
function request()
  next = next % #paths + 1
  return wrk.format("GET", paths[next], heads[next])
end
TEXT

printf '%s tokens; %s connections, %s s each; %s\n' \
  "$tokens" "$connections" "$seconds" "$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) cores"
printf '%-34s %8s %8s %8s %8s %8s %8s %6s\n' "" "CPU us" "x floor" "x one" "req/s" p50 p99 MB
# Measures the bare server that does $1, as a row named $2.
bare() {
  "$floor" "$1" 127.0.0.1:15009 &
  hello=$!
  sleep 0.3
  measure "$2" "$hello" http://127.0.0.1:15009/
  kill "$hello"; hello=''
}
bare hello "axum hello"
http=$each
signature=$("$floor" sign 40000)
base=$(awk -v a="$http" -v b="$signature" 'BEGIN { print a + b }')
printf '%-34s %8s\n%-34s %8.1f %8s\n' "one ES256 signature" "$signature" "the floor: their sum" "$base" 1.00
bare both "one program that does both"
one=$each

user=bench password=a-long-password-of-the-bench
# Fills the database at $url, and adds what the requests below ask for.
fill() {
  "$seed" "$url" --tokens "$tokens" --credentials 1000 >credentials.tsv 2>seed.txt
  administrator=$(sed -n "s/^Token 0 is an administrator's: //p" seed.txt)
  start ""
  "$program" user create "$user" --password-stdin <<<"$password" >/dev/null
  "$program" group create images >/dev/null
  "$program" project create images/private --visibility private >/dev/null
  "$program" project create images/public --visibility public >/dev/null
  "$program" member add images "$user" --level developer >/dev/null
  secret=$("$program" token create --user "$user" --name bench --scope read_registry --scope write_registry)
  settle
  stop
}

# Sends one kind of request with the arguments of wrk that fit it: $1 is the kind, the rest a command that takes them.
send() {
  local kind=$1; shift
  case $kind in
    access) "$@" "$two" -H "$(basic "$user" "$secret")" ;;
    many) "$@" "http://$token" -s "$work/many.lua" ;;
    anonymous) "$@" "$at&scope=repository:images/public/app:pull" ;;
    refresh) "$@" "$two" -H "$(basic "$user" "$refresh")" ;;
  esac
}

# Sets `refresh`.
log_in() { refresh=$(curl -fsS -u "$user:$password" "$at&offline_token=true" | sed 's/.*"refresh_token":"\([^"]*\)".*/\1/'); }

tokens_with_copies() {
  printf '%-34s %8s ms to ready, %s MB at rest\n' "start" "$started" "$(memory "$service")"
  send access measure "warm, access token, 2 scopes" "$service"
  send many measure "warm, 1000 access tokens" "$service"
  send anonymous measure "anonymous, public pull" "$service"
  remember log_in
  send refresh measure "refresh token, 2 scopes" "$service"
}

# Goes on with all these kinds in turns, for a quarter of a minute each, and watches the memory.
grow() {
  local at_minute kind
  for at_minute in $(seq "$minutes"); do
    for kind in access many anonymous refresh; do
      send "$kind" wrk --threads 1 --connections "$connections" --duration 15 >>minutes.out
      # A line of the log for each request would fill the disk.
      : >log
    done
    printf '%d %s\n' "$at_minute" "$(memory "$service" 1)" | tee -a minutes.txt |
      awk '{ printf "%-34s %8s MB\n", "after " $1 " minutes of load", $2 }'
  done
  remember must_be_answered minutes.out
  remember must_not_grow minutes.txt
}

# The median of 15 answers of the admin API, in milliseconds.
list() {
  local name=$1 path=$2
  for _ in {1..15}; do
    curl -fsS -o /dev/null -w '%{time_total}\n' -H "PRIVATE-TOKEN: $administrator" "http://127.0.0.1:15002/api/v4/$path" || exit 1
  done | sort -n | awk -v name="$name" 'NR == 8 { printf "%-34s %8.1f ms\n", name, $1 * 1000 }'
}
admin_lists() {
  local far=$((tokens / 100 < 490 ? tokens / 100 : 490))
  remember list "list: tokens, first page" "personal_access_tokens?per_page=100"
  remember list "list: tokens, page $far" "personal_access_tokens?per_page=100&page=$far"
  remember list "list: tokens, keyset, the last" "personal_access_tokens?per_page=100&pagination=keyset&order_by=id&sort=asc&id_after=$((tokens - 100))"
  remember list "list: projects, first page" "projects?per_page=100"
  remember list "list: projects, keyset, the last" "projects?per_page=100&pagination=keyset&order_by=id&sort=asc&id_after=$((tokens / 10 - 100))"
  remember list "list: users, first page" "users?per_page=100"
  remember list "search: users" "users?search=seed&per_page=20"
  remember list "search: tokens" "personal_access_tokens?search=seed&per_page=20"
}

for database in "${databases[@]}"; do
  mkdir -p "$work/${database%%:*}"
  cd "$work/${database%%:*}"
  url=$database
  [ "$database" != sqlite ] || url="sqlite://$PWD/seed.db?mode=rwc"
  printf 'database: %s\n' "${database%%:*}"
  fill
  start ""
  settle
  tokens_with_copies
  [ "$minutes" = 0 ] || grow
  [ -z "$lists" ] || admin_lists
  stop
  start "cache_megabytes = 0"
  settle
  send many measure "cold (no copies), 1000 tokens" "$service"
  stop
done
[ "$failed" = 0 ]
