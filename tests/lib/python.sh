# shellcheck shell=bash
# The programs in Python that the end-to-end tests use, in environments of their own.

# Makes target/python and target/gitlabform with what their lists in tests/python name, unless they are there.
prepare_python() {
  prepare_environment tests/python/requirements.txt target/python
  prepare_environment tests/python/gitlabform.txt target/gitlabform
}

# Makes the environment $2 with what the list $1 names.
prepare_environment() {
  local wanted=$1 made=$2
  if cmp --silent "$wanted" "$made/requirements.txt"; then
    return 0
  fi
  echo "== installing what $wanted names"
  rm -rf "$made"
  /usr/bin/python3 -m venv "$made"
  "$made/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$made/requirements.txt"
}
