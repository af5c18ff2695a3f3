#!/usr/bin/env bash
# The official Python and TypeScript clients against every lesson: stdio and HTTP, at both revisions.
# Usage: scripts/clients.sh [--probe] [package...]    (without a package: every lesson)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
exec .tools/npm/node_modules/.bin/node tests/judges/clients.mjs "$@"
