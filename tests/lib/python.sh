# shellcheck shell=bash
# The programs in Python that the end-to-end tests use, in environments of their own.

ENVIRONMENTS=(
  "tests/python/requirements.txt:target/python"
  "tests/python/gitlabform.txt:target/gitlabform"
)

# Makes the environments with what their lists name, unless they are there.
prepare_python() {
  local entry
  for entry in "${ENVIRONMENTS[@]}"; do
    prepare_environment "${entry%%:*}" "${entry#*:}"
  done
}

# Prints the environments that are not there as their lists want them, one a line.
missing_python() {
  local entry
  for entry in "${ENVIRONMENTS[@]}"; do
    cmp --silent "${entry%%:*}" "${entry#*:}/requirements.txt" || echo "${entry#*:}"
  done
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
