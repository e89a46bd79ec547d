# shellcheck shell=bash
# The rules of axe-core, by which the tests judge whether pages can be used by everybody.

# Prints target/axe if it is not there as its list wants it.
missing_axe() {
  cmp --silent tests/python/axe.txt target/axe/axe.txt || echo target/axe
}

# Makes target/axe with the package in tests/python/axe.txt, unless it is there. Its other packages are not needed: the
# tests have a browser of their own.
prepare_axe() {
  local wanted=tests/python/axe.txt made=target/axe
  if cmp --silent "$wanted" "$made/axe.txt"; then
    return 0
  fi
  echo "== installing what $wanted names"
  rm -rf "$made"
  target/python/bin/pip install --quiet --disable-pip-version-check --no-deps --target "$made" --requirement "$wanted"
  cp "$wanted" "$made/axe.txt"
}
