# Node.js and the packages of the tests' authorization server (tests/oidc) and of the browser tests (tests/browser); sourced.
# `node_ready` leaves all in place or fails.

node_install() {
  if command -v node >/dev/null && command -v npm >/dev/null; then return; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Node.js or npm is missing. Install both (Debian, Ubuntu: apt-get install nodejs npm) and run this again." >&2
    return 1
  fi
  echo "installing Node.js" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >&2
}

node_ready() {
  node_install
  if [ "$(node -p 'parseInt(process.versions.node)')" -lt 18 ]; then
    echo "Node.js $(node --version) is too old: the tests' authorization server needs 18 or newer." >&2
    return 1
  fi
  node_packages tests/oidc
  node_packages tests/browser
}

# node_packages FOLDER: what is installed is what is locked; a run that was broken off left no stamp.
node_packages() {
  local folder=$1 locked
  locked=$(cksum <"$folder/package-lock.json")
  if [ "$(cat "$folder/node_modules/.locked" 2>/dev/null)" = "$locked" ]; then return; fi
  echo "installing the packages of $folder" >&2
  (cd "$folder" && npm ci --no-audit --no-fund >&2)
  printf '%s' "$locked" >"$folder/node_modules/.locked"
}
