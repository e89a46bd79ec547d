# shellcheck shell=bash
# Counts tests.

# Runs a command, and keeps what it says at the end of the file $1.
kept() {
  local log=$1
  shift
  "$@" 2>&1 | tee -a "$log"
}

# Prints the number of tests that passed, as the results in the file $1 say.
passed() {
  awk '/^test result: ok\. [0-9]+ passed/ { sum += $4 } END { print sum + 0 }' "$1"
}
