#!/usr/bin/env bash
# Three nodes of lesson 5.7 behind real nginx and on real Redis, under load: a node is killed with -9 each second for 20
# seconds, and what was lost is counted. Needs redis-server and nginx. More flags go to `mcp-scaling chaos`.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in redis-server nginx; do
    command -v "$program" >/dev/null || { echo "$program is missing: apt-get install redis-server nginx-light" >&2; exit 1; }
done

folder=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$folder"
}
trap finish EXIT

cargo build --quiet --package mcp-scaling
program=${CARGO_TARGET_DIR:-target}/debug/mcp-scaling

mkdir "$folder/redis" "$folder/nginx"
redis-server --bind 127.0.0.1 --port 6390 --save '' --appendonly yes --appendfsync always --dir "$folder/redis" \
    >"$folder/redis.log" &
pids+=($!)
nginx -p "$folder/nginx/" -c "$PWD/crates/scaling/deploy/nginx.conf" -g 'daemon off;' 2>"$folder/nginx.log" &
pids+=($!)

REDIS_URL=redis://127.0.0.1:6390 "$program" chaos --front http://127.0.0.1:8000/mcp --first-port 8001 \
    --deeds kill --store-pause 0 --peace 4 --seconds 28 "$@"
