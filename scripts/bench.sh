#!/usr/bin/env bash
# Measures the servers beside a bare axum handler and the official Python and TypeScript servers, and writes
# docs/performance.md. About fifteen minutes after the build; best on a machine that does nothing else.
# Usage: scripts/bench.sh [--rounds N]      the measurement
#        scripts/bench.sh --quick           that it runs: a debug build, a minute, and the page goes to target/
#        scripts/bench.sh soak [--calls N]  a million calls in each revision, with the memory at every tenth
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
command=run
if [[ ${1:-} == soak ]]; then
    command=soak
    shift
else
    scripts/tools.sh
fi
profile=release
for option in "$@"; do
    if [[ $option == --quick ]]; then
        profile=debug
        set -- "$@" --page "$target/performance.md"
    fi
done
if [[ $profile == release ]]; then
    cargo build --release --package mcp-bench
else
    # With the features that the tests were built with.
    cargo build --workspace --bin mcp-bench
fi
# The load gets a core of its own where there are two; the servers put themselves on the other.
pin=()
if (($(nproc) > 1)); then pin=(taskset -c 1); fi
# Nothing takes longer than this, so nothing hangs.
exec timeout --kill-after=30 3600 "${pin[@]}" "$target/$profile/mcp-bench" "$command" "$@"
