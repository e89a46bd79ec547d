# shellcheck shell=bash
# The programs in Python that the end-to-end tests use, in an environment of their own.

# Makes target/python with what tests/python/requirements.txt names, unless it is there.
prepare_python() {
  local wanted=tests/python/requirements.txt made=target/python
  if cmp --silent "$wanted" "$made/requirements.txt"; then
    return 0
  fi
  echo "== installing what tests/python/requirements.txt names"
  rm -rf "$made"
  /usr/bin/python3 -m venv "$made"
  "$made/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$made/requirements.txt"
}
