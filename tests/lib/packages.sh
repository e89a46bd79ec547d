# shellcheck shell=bash
# Debian packages that the tests use, and the commands by which they are known to be there.

PACKAGES=(
  "docker-registry:/usr/bin/docker-registry"
  "docker.io:/usr/sbin/dockerd"
  "containerd:/usr/bin/ctr"
  "docker-compose:/usr/bin/docker-compose"
  "nginx-light:/usr/sbin/nginx"
  "fcgiwrap:/usr/sbin/fcgiwrap"
  "curl:/usr/bin/curl"
  "git:/usr/lib/git-core/git-http-backend"
  "skopeo:/usr/bin/skopeo"
  "podman:/usr/bin/podman"
  "buildah:/usr/bin/buildah"
  "busybox-static:/bin/busybox"
  "pgbouncer:/usr/sbin/pgbouncer"
  "postgresql:/usr/lib/postgresql/*/bin/initdb"
  "mariadb-server:/usr/sbin/mariadbd"
  "openssl:/usr/bin/openssl"
  "python3-venv:/usr/lib/python3.*/ensurepip/__init__.py"
  "gitlabracadabra:/usr/bin/gitlabracadabra"
  "prometheus:/usr/bin/promtool"
  "chromium:/usr/bin/chromium"
  "chromium-driver:/usr/bin/chromedriver"
  "shellcheck:/usr/bin/shellcheck"
)

# The packages that only the long tests use.
LONG_PACKAGES=(
  "haproxy:/usr/sbin/haproxy"
  "libfaketime:/usr/lib/*/faketime/libfaketimeMT.so.1"
)

# Counts these too from now on.
use_long_packages() {
  PACKAGES+=("${LONG_PACKAGES[@]}")
}

# Prints the packages whose command is missing, one a line.
missing_packages() {
  local entry
  for entry in "${PACKAGES[@]}"; do
    compgen -G "${entry#*:}" >/dev/null || echo "${entry%%:*}"
  done
}

# Installs what is missing; starts no service.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" -eq 0 ]; then
    return 0
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "tests/run.sh: installing needs root; run: sudo apt-get install ${missing[*]}" >&2
    return 1
  fi
  echo "== installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Debian starts services on installation; tests start their own, on ports of their own.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    # shellcheck disable=SC2064 # the path is known now
    trap "rm -f '$policy'" RETURN
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
