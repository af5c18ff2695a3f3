#!/usr/bin/env bash
# The official conformance suite, at both revisions: its server and client sets against the fixtures of lesson 5.16 and
# the workspace's client, and the scenarios that fit any server against every lesson.
# Usage: scripts/conformance.sh [--probe] [package...]    (without a package: every lesson)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
exec .tools/npm/node_modules/.bin/node tests/judges/conformance.mjs "$@"
