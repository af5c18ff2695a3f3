#!/usr/bin/env bash
# The official conformance suite against every lesson's HTTP server, at both revisions.
# Usage: scripts/conformance.sh [--probe] [package...]    (without a package: every lesson)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
exec .tools/npm/node_modules/.bin/node tests/judges/conformance.mjs "$@"
