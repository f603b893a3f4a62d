#!/bin/sh
# Writes the nginx configuration from its template: render.sh TEMPLATE_FOLDER RUN_FOLDER
# Environment: CHOCO_APP (host:port of the app), CHOCO_OPEN_LISTEN, CHOCO_SERVE_LISTEN (what nginx's `listen` takes),
# CHOCO_SERVE_FROM (the address that Tailscale Serve comes from, and nobody else; `unix:` where it comes by a socket),
# CHOCO_PROXY_SECRET_FILE (a file with the secret that the app knows as CHOCO_ACCESS__PROXY_SECRET; empty: no login counts).
set -eu

from=$1
run=$2
app=${CHOCO_APP:-app:8000}
open=${CHOCO_OPEN_LISTEN:-8080}
serve=${CHOCO_SERVE_LISTEN:-unix:$run/serve.sock}
from_serve=${CHOCO_SERVE_FROM:-unix:}
logs=${CHOCO_NGINX_LOG:-stderr}
secret=
if [ -n "${CHOCO_PROXY_SECRET_FILE:-}" ]; then
  secret=$(tr -d '\r\n' < "$CHOCO_PROXY_SECRET_FILE")
fi

# A value that nginx or sed would read as more than a value is refused, not quoted.
for value in "$app" "$open" "$serve" "$from_serve" "$secret" "$run" "$logs"; do
  case $value in
    *[!A-Za-z0-9._:/@=+-]*) echo "render.sh: a value has characters that are not allowed" >&2; exit 2 ;;
  esac
done
if [ -n "$secret" ] && [ "${#secret}" -lt 16 ]; then
  echo "render.sh: the secret has fewer than 16 characters" >&2
  exit 2
fi

umask 077
mkdir -p "$run"
sed -e "s|@APP@|$app|g" -e "s|@OPEN@|$open|g" -e "s|@SERVE@|$serve|g" -e "s|@FROM@|$from_serve|g" \
  -e "s|@SECRET@|$secret|g" -e "s|@RUN@|$run|g" -e "s|@LOGS@|$logs|g" "$from/nginx.conf.template" > "$run/nginx.conf"
sed -e "s|include passed.conf;|include $run/passed.conf;|" "$from/doors.conf" > "$run/doors.conf"
cp "$from/passed.conf" "$run/passed.conf"
