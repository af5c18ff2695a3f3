#!/usr/bin/env bash
# Strangers judge mcp-oauth2: the official conformance suite, a certified OpenID provider as the issuer of its tokens, a
# certified client, and Chromium for the pages. Set CHROMIUM where the browser is not called chromium.
# Usage: scripts/identity.sh [set...]    (without a set: all of them; an unknown one lists them)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
exec .tools/npm/node_modules/.bin/node tests/judges/identity.mjs "$@"
