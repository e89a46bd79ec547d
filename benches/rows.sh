#!/usr/bin/env bash
# Measures what a token costs with more and more rows, by benches/load.sh, and draws the result as docs/cost-by-rows.svg.
#
# usage: benches/rows.sh [options of benches/load.sh]
set -euo pipefail
cd "$(dirname "$0")/.."

results=$(mktemp)
trap 'rm -f "$results"' EXIT
for tokens in 1000 10000 100000 1000000; do
  benches/load.sh --tokens "$tokens" "$@" | tee /dev/stderr | awk -v tokens="$tokens" '
    /^one program/   { one = $6 }
    /^warm, access/  { warm = $6 }
    /^cold/          { cold = $6 }
    END { print tokens, one, warm, cold }' >>"$results"
done
# Both axes are logarithmic: 1000 to 1000000 tokens, 10 to 1000 microseconds.
awk '
  function x(tokens) { return 90 + (log(tokens) / log(10) - 3) * 160 }
  function y(cost) { return 230 - (log(cost) / log(10) - 1) * 100 }
  function line(name, colour, points, last) {
    printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>\n", colour, points
    printf "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s: %s</text>\n", 582, y(last) + 4, colour, name, last
  }
  { one = one x($1) "," y($2) " "; warm = warm x($1) "," y($3) " "; cold = cold x($1) "," y($4) " "; o = $2; w = $3; c = $4 }
  END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 290\" font-family=\"sans-serif\" font-size=\"13\">"
    print "<title>CPU time of a token against the number of personal access tokens in the database</title>"
    print "<rect width=\"760\" height=\"290\" fill=\"white\"/>"
    for (cost = 10; cost <= 1000; cost *= 10) {
      printf "<line x1=\"90\" x2=\"570\" y1=\"%d\" y2=\"%d\" stroke=\"#ddd\"/>", y(cost), y(cost)
      printf "<text x=\"82\" y=\"%d\" text-anchor=\"end\">%d µs</text>\n", y(cost) + 4, cost
    }
    for (tokens = 1000; tokens <= 1000000; tokens *= 10)
      printf "<text x=\"%d\" y=\"252\" text-anchor=\"middle\">%d</text>\n", x(tokens), tokens
    print "<text x=\"330\" y=\"278\" text-anchor=\"middle\">personal access tokens in the database</text>"
    line("no copies", "#b45309", cold, c)
    line("with copies", "#1d4ed8", warm, w)
    line("only signs", "#4b5563", one, o)
    print "</svg>"
  }' "$results" >docs/cost-by-rows.svg
