# Chromium and chromedriver for the browser tests; sourced. `chromium_ready` leaves both in place or fails.

chromium_ready() {
  if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then return; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Chromium or chromedriver is missing. Install both (Debian: apt-get install chromium chromium-driver) and run this again." >&2
    return 1
  fi
  echo "installing Chromium" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver >&2
}
