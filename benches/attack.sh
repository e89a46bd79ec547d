#!/usr/bin/env bash
# Measures what wrong credentials cost those who have right ones: pulls with a token and logins by password, alone at first, then
# beside a flood of wrong passwords and tokens from a thousand addresses; and the memory after a million failures, each from
# another address with another token. In one run, on the same cores. It fails if a right credential is refused, if a p99 beside the
# flood is more than twice what it was alone, or if the memory grows with the failures. Needs wrk, curl and a release build.
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
service='' flood='' bad=''
finish() {
  for process in $flood $service; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
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
until "$program" health >/dev/null 2>&1; do
  kill -0 "$service" || { cat log >&2; exit 1; }
  sleep 0.2
done
for name in alice bob; do echo "correct horse $name" | "$program" user create "$name" --password-stdin >/dev/null 2>&1; done
token=$("$program" token create --user alice --name bench --scope read_registry 2>/dev/null)
url='http://127.0.0.1:15001/jwt/auth?service=container_registry&scope=repository:alice/app:pull'

basic() { printf '%s' "$1" | base64 -w0; }
# Every request has another number: ROUND tells the runs apart, and the threads count in turns. With `few` a thousand addresses send
# wrong passwords and well-formed tokens that nobody made, else each number is another address with another such token.
cat >flood.lua <<'LUA'
local bit = require("bit")
local threads, known = 0, {}
function setup(thread) thread:set("id", threads); threads = threads + 1; known[threads] = thread end
local count, round = 0, tonumber(os.getenv("ROUND") or "0")
judged, turned_away, others = 0, 0, 0
local letters64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local letters62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
local function base64(text)
  local out = {}
  for at = 1, #text, 3 do
    local a, b, c = text:byte(at, at + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    for place = 0, 3 do
      local six = math.floor(n / 64 ^ (3 - place)) % 64
      out[#out + 1] = (place == 2 and not b or place == 3 and not c) and "=" or letters64:sub(six + 1, six + 1)
    end
  end
  return table.concat(out)
end
-- The token's checksum: CRC-32 in base 62.
local function checksum(text)
  local crc = -1
  for at = 1, #text do
    crc = bit.bxor(crc, text:byte(at))
    for _ = 1, 8 do crc = bit.bxor(bit.rshift(crc, 1), bit.band(-bit.band(crc, 1), 0xEDB88320)) end
  end
  local rest, digits = bit.bnot(crc) % 4294967296, ""
  for _ = 1, 6 do
    digits, rest = letters62:sub(rest % 62 + 1, rest % 62 + 1) .. digits, math.floor(rest / 62)
  end
  return digits
end
function request()
  count = count + 1
  local number = round * 1000000 + count * 2 + id
  local address = few and number % 1000 or number
  local secret = "wrong-" .. number
  if not few or count % 2 == 0 then
    local body = "whf_pat_" .. string.format("%040d", number)
    secret = body .. checksum(body)
  end
  return wrk.format("GET", nil, {
    ["authorization"] = "Basic " .. base64("alice:" .. secret),
    ["x-forwarded-for"] = string.format("10.%d.%d.%d", math.floor(address / 65536) % 256, math.floor(address / 256) % 256, address % 256),
  })
end
function response(status)
  if status == 401 or status == 429 then judged = judged + 1
  elseif status == 503 then turned_away = turned_away + 1
  else others = others + 1 end
end
function done()
  local sums = { judged = 0, turned_away = 0, others = 0 }
  for _, thread in ipairs(known) do
    for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
  end
  print(string.format("sums: %d %d %d", sums.judged, sums.turned_away, sums.others))
end
LUA
{ echo 'few = true'; cat flood.lua; } >few.lua
memory() { awk '/^VmRSS/ { printf "%.0f", $2 / 1000 }' "/proc/$service/status"; }

# p99 in ms, and replies other than 200, of pulls with the token.
pulls() {
  wrk -t1 -c4 -d"${seconds}s" --latency -H "authorization: Basic $(basic "alice:$token")" -H 'x-forwarded-for: 203.0.113.1' "$url" >pulls.txt
  awk '/ 99%/ { p99 = $2; unit = p99; sub(/[0-9.]+/, "", unit); p99 += 0
      if (unit == "us") p99 /= 1000; if (unit == "s") p99 *= 1000 }
    /Non-2xx/ { refused = $NF } END { printf "%.2f %d\n", p99, refused }' pulls.txt
}
# The same of logins by password, one after the other.
logins() {
  local end=$((SECONDS + seconds)) file=$1
  : >"$file"
  while [ $SECONDS -lt $end ]; do
    curl -s -o /dev/null -w '%{http_code} %{time_total}\n' -u "bob:correct horse bob" -H 'x-forwarded-for: 203.0.113.2' "$url" >>"$file"
  done
  sort -n -k2 "$file" | awk '$1 != 200 { refused++ } { took[NR] = $2 } END {
    at = int(NR * 0.99); if (at < 1) at = 1
    printf "%.2f %d %d\n", 1000 * took[at], refused, NR
  }'
}
row() { printf '%-46s %s\n' "$1" "$2"; }
both() {
  local waiting refused
  logins logins.txt >"$1.logins" &
  waiting=$!
  pulls >"$1.pulls"
  wait "$waiting"
  row "$2: pulls" "p99 $(cut -d' ' -f1 "$1.pulls") ms, refused $(cut -d' ' -f2 "$1.pulls")"
  row "$2: logins by password" "p99 $(cut -d' ' -f1 "$1.logins") ms, refused $(cut -d' ' -f2 "$1.logins") of $(cut -d' ' -f3 "$1.logins")"
  refused=$(cut -d' ' -f2 "$1.pulls" "$1.logins" | sort -n | tail -1)
  [ "$refused" = 0 ] || bad="$bad; right credentials were refused"
}
# The ratio of the flood's p99 of $1 to that alone.
ratio() {
  local ratio
  ratio=$(paste -d' ' beside."$1" alone."$1" | awk -v columns="$2" '{ printf "%.2f", $1 / $(columns + 1) }')
  row "$1: the p99 beside the flood to that alone" "$ratio"
  awk -v ratio="$ratio" 'BEGIN { exit ratio > 2 }' || bad="$bad; the p99 of $1 is more than twice what it was alone"
}
curl -s -o /dev/null -u "bob:correct horse bob" -H 'x-forwarded-for: 203.0.113.2' "$url"
both alone alone
row "memory, MB" "$(memory)"
wrk -t2 -c32 -d$((seconds + 2))s -s few.lua "$url" >flood.txt &
flood=$!
sleep 1
both beside "beside the flood"
wait "$flood"
flood=''
ratio pulls 2
ratio logins 3
row "the flood: failures, turned away, others" "$(sed -n 's/^sums: //p' flood.txt) in $((seconds + 2)) s"
row "memory, MB" "$(memory)"
sum=0 round=1 first=''
while [ "$sum" -lt "$failures" ]; do
  ROUND=$round wrk -t2 -c32 -d10s -s flood.lua "$url" >flood.txt
  read -r judged away others < <(sed -n 's/^sums: //p' flood.txt)
  [ "$others" = 0 ] || bad="$bad; $others wrong credentials had other answers than 401, 429 and 503"
  sum=$((sum + judged)) round=$((round + 1))
  row "memory after $sum failures, MB" "$(memory) ($away turned away)"
  # The tables are full after 65 536.
  if [ -z "$first" ] && [ "$sum" -gt 150000 ]; then first=$(memory); fi
done
if [ -n "$first" ] && [ "$(memory)" -gt $((first + first / 5)) ]; then bad="$bad; the memory grew from $first to $(memory) MB"; fi
[ -z "$bad" ] || { echo "benches/attack.sh: ${bad#; }" >&2; exit 1; }
