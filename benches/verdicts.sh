# shellcheck shell=bash
# The verdicts of `benches/load.sh`, for it and for a test.

# The status with which the script ends.
# shellcheck disable=SC2034 # the script reads it
failed=0

# Runs the command $@, and remembers if it fails: what comes after a failure is measured all the same.
remember() { "$@" || failed=1; }

# Fails if wrk told of wrong answers, $2, to the requests of the row $1.
must_be_right() {
  [ -z "$2" ] || { echo "benches/load.sh: $1: wrong answers: $2" >&2; return 1; }
}

# Fails if $1 is neither 0 nor enough minutes to tell what grows from what is being filled.
must_be_enough() {
  case $1 in
    0) return 0 ;;
    '' | *[!0-9]*) ;;
    *) [ "$1" -lt 8 ] || return 0 ;;
  esac
  echo "benches/load.sh: --minutes needs 8 or more: in less nobody can tell what grows from what is being filled" >&2
  return 1
}

# Fails if the output of wrk in file $1 tells of a request that was refused, or that got no answer.
must_be_answered() {
  awk '/ requests in / { n += $1 } /Non-2xx/ { refused += $NF }
    /Socket errors:/ { gsub(/[^0-9 ]/, ""); lost += $1 + $2 + $3 + $4 }
    END {
      printf "%-34s %8d, %d of them refused, %d without an answer\n", "requests in these minutes", n, refused, lost
      if (n == 0 || refused + lost > 0) {
        print "benches/load.sh: not every request was answered" > "/dev/stderr"; exit 1
      }
    }' "$1"
}

# Fails if the memory in file $1, a line for each minute, grows. The first third fills what is bounded.
must_not_grow() {
  awk '{ memory[NR] = $2 } END {
    third = int(NR / 3)
    for (i = 1; i <= third; i++) { middle += memory[NR - 2 * third + i]; last += memory[NR - third + i] }
    middle /= third; last /= third
    printf "%-34s %8.1f MB, then %.1f MB\n", "memory in the last two thirds", middle, last
    if (last > middle * 1.01) {
      printf "benches/load.sh: the memory grew from %.1f to %.1f MB\n", middle, last > "/dev/stderr"; exit 1
    }
  }' "$1"
}
