#!/bin/sh
# Installs what this machine lacks: "deps.sh run" a Postgres server, "deps.sh test" also Chromium, Redis, nginx and PgBouncer,
# "deps.sh engines" also Firefox and WebKitGTK.
# Uses the system's package manager (Debian, Ubuntu: apt-get; macOS: Homebrew), and says what it installs and why.
set -eu
what=${1:-run}

have_postgres() {
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then return 0; fi
  done
  command -v initdb >/dev/null 2>&1 && command -v postgres >/dev/null 2>&1
}
have_browser() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then return 0; fi
  done
  [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] || [ -x "/Applications/Chromium.app/Contents/MacOS/Chromium" ]
}

debian='' brew='' missing=''
need() { # what for, Debian's package, Homebrew's package
  missing="$missing
  $1"
  debian="$debian $2"
  brew="$brew $3"
}
have_postgres || need "Postgres (keeps everything; runs privately, only while Parley runs)" postgresql postgresql@17
if [ "$what" = test ] || [ "$what" = engines ]; then
  have_browser || need "Chromium (the tests use the product as a person does)" chromium "--cask chromium"
  command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || need "nginx (the tests restart servers behind a real one)" nginx-light nginx
  command -v pgbouncer >/dev/null 2>&1 || [ -x /usr/sbin/pgbouncer ] || need "PgBouncer (the tests go to Postgres through a real one)" pgbouncer pgbouncer
  command -v redis-server >/dev/null 2>&1 || need "Redis (the tests carry notifications through a real one)" redis-server redis
fi
if [ "$what" = engines ]; then
  command -v firefox >/dev/null 2>&1 || command -v firefox-esr >/dev/null 2>&1 || [ -x /Applications/Firefox.app/Contents/MacOS/firefox ] ||
    need "Firefox (the tests use the product in a second browser engine)" firefox-esr "--cask firefox"
  if [ "$(uname)" = Linux ]; then # WebKitGTK is not made for other systems
    command -v WebKitWebDriver >/dev/null 2>&1 || need "WebKitGTK with its driver (the tests use the product in a third browser engine)" webkit2gtk-driver ''
    command -v Xvfb >/dev/null 2>&1 || [ -n "${DISPLAY:-}" ] || need "Xvfb (WebKitGTK needs a screen)" xvfb ''
  fi
fi
[ -n "$missing" ] || exit 0
echo "This machine lacks:$missing"

if command -v apt-get >/dev/null 2>&1; then
  sudo=''
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "Please install as root: apt-get install$debian" >&2; exit 1; }
    sudo=sudo
  fi
  echo "Installing with apt-get:$debian"
  # A private Postgres is started when it is needed; the package need not start one of its own.
  case "$debian" in *postgresql*)
    $sudo mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.d/parley.conf >/dev/null
  esac
  # Services that come with the packages are not needed either.
  policy=/usr/sbin/policy-rc.d
  made=''
  if [ ! -e "$policy" ]; then
    made=1
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod +x "$policy"
  fi
  status=0
  { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $debian >/dev/null; } || status=$?
  if [ -n "$made" ]; then $sudo rm -f "$policy"; fi
  if [ "$status" != 0 ]; then
    echo "apt-get could not install them; its messages are above. Install$debian by hand and try again." >&2
    exit 1
  fi
elif command -v brew >/dev/null 2>&1; then
  echo "Installing with Homebrew:$brew"
  brew install $brew
else
  echo "Please install these by your system's means and try again; apt-get and Homebrew are the ones this script knows." >&2
  exit 1
fi
