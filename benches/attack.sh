#!/usr/bin/env bash
# Measures what wrong credentials cost those who have right ones: pulls with a token and logins by password, alone at first, then
# beside a flood of wrong passwords and tokens from a thousand addresses; and the memory after a million failures, each from
# another address with another secret. In one run, on the same cores. Needs wrk, curl and a release build.
#
# The addresses are those that a trusted proxy names: wrk itself has only one.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-20} failures=${2:-1000000}
for tool in wrk curl; do
  command -v "$tool" >/dev/null || { echo "benches/attack.sh: $tool is missing" >&2; exit 1; }
done
# With the examples of the other benchmark, so that a second build of the same program is not needed.
cargo build --release --quiet --bin wharfinger --example seed --example floor
program=$(realpath "${CARGO_TARGET_DIR:-target}/release/wharfinger")
work=$(mktemp -d)
service='' flood=''
finish() {
  for process in $flood $service; do kill "$process" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
cat >wharfinger.toml <<'TOML'
[log]
requests = "failures"
[token]
listen = "127.0.0.1:15001"
trusted_proxies = ["127.0.0.1"]
[admin]
listen = "127.0.0.1:15002"
[ops]
listen = "127.0.0.1:15003"
TOML
"$program" serve 2>log &
service=$!
until "$program" health >/dev/null 2>&1; do sleep 0.2; done
for name in alice bob; do echo "correct horse $name" | "$program" user create "$name" --password-stdin >/dev/null 2>&1; done
token=$("$program" token create --user alice --name bench --scope read_registry 2>/dev/null)
url='http://127.0.0.1:15001/jwt/auth?service=container_registry&scope=repository:alice/app:pull'

basic() { printf '%s' "$1" | base64 -w0; }
cat >flood.lua <<'LUA'
-- Each thread has its own numbers. With `few` passwords and tokens from 1000 addresses, else tokens, each from a new one.
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
local count = 0
local b = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local function base64(text)
  return ((text:gsub(".", function(x)
    local r, byte = "", x:byte()
    for i = 8, 1, -1 do r = r .. (byte % 2 ^ i - byte % 2 ^ (i - 1) > 0 and "1" or "0") end
    return r
  end) .. "0000"):gsub("%d%d%d?%d?%d?%d?", function(x)
    if #x < 6 then return "" end
    local c = 0
    for i = 1, 6 do c = c + (x:sub(i, i) == "1" and 2 ^ (6 - i) or 0) end
    return b:sub(c + 1, c + 1)
  end) .. ({ "", "==", "=" })[#text % 3 + 1])
end
function request()
  count = count + 1
  local number = count * 8 + id
  local address = few and number % 1000 or number
  local secret = few and number % 2 == 0 and "wrong-" .. number or "glpat-" .. string.format("%020d", number)
  return wrk.format("GET", nil, {
    ["authorization"] = "Basic " .. base64("alice:" .. secret),
    ["x-forwarded-for"] = string.format("10.%d.%d.%d", math.floor(address / 65536) % 256, math.floor(address / 256) % 256, address % 256),
  })
end
LUA
{ echo 'few = true'; cat flood.lua; } >few.lua
memory() { awk '/^VmRSS/ { printf "%.0f", $2 / 1000 }' "/proc/$service/status"; }

# p99 in ms, and replies other than 200, of pulls with the token.
pulls() {
  wrk -t1 -c4 -d"${seconds}s" --latency -H "authorization: Basic $(basic "alice:$token")" -H 'x-forwarded-for: 203.0.113.1' "$url" >pulls.txt
  awk '/ 99%/ { p99 = $2 } /Non-2xx/ { bad = $NF } END { print p99, bad + 0 }' pulls.txt
}
# The same of logins by password, one after the other.
logins() {
  local end=$((SECONDS + seconds)) file=$1
  : >"$file"
  while [ $SECONDS -lt $end ]; do
    curl -s -o /dev/null -w '%{http_code} %{time_total}\n' -u "bob:correct horse bob" -H 'x-forwarded-for: 203.0.113.2' "$url" >>"$file"
  done
  sort -n -k2 "$file" | awk '$1 != 200 { bad++ } { took[NR] = $2 } END {
    at = int(NR * 0.99); if (at < 1) at = 1
    printf "%.1fms %d of %d\n", 1000 * took[at], bad, NR
  }'
}
row() { printf '%-44s %s\n' "$1" "$2"; }
both() {
  logins logins.txt >logins.result &
  local waiting=$!
  row "$1: pulls, p99 and refused" "$(pulls)"
  wait "$waiting"
  row "$1: logins by password, p99 and refused" "$(cat logins.result)"
}
curl -s -o /dev/null -u "bob:correct horse bob" -H 'x-forwarded-for: 203.0.113.2' "$url"
both alone
row "memory, MB" "$(memory)"
wrk -t2 -c32 -d$((seconds + 2))s -s few.lua "$url" >flood.txt &
flood=$!
sleep 1
both "beside the flood"
wait "$flood"
flood=''
row "the flood, a second" "$(awk '/Requests\/sec/ { print $2 }' flood.txt), not 200: $(awk '/Non-2xx/ { print $NF }' flood.txt)"
row "memory, MB" "$(memory)"
done_before=0
while [ "$done_before" -lt "$failures" ]; do
  wrk -t2 -c32 -d10s -s flood.lua "$url" >flood.txt
  done_before=$((done_before + $(awk '/requests in/ { print $1 }' flood.txt)))
  row "memory after $done_before failures, MB" "$(memory)"
done
