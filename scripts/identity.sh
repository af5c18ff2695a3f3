#!/usr/bin/env bash
# Strangers judge mcp-oauth2: the official conformance suite, a certified OpenID provider as the issuer of its tokens, a
# certified client and the official one, and Chromium for the pages. Set CHROMIUM where it is not called chromium.
# Usage: scripts/identity.sh [set...]    (without a set: all of them; an unknown one lists them)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
# A judge opens a database with the SQLite of Node 22, which calls itself experimental.
exec .tools/npm/node_modules/.bin/node --disable-warning=ExperimentalWarning tests/judges/identity.mjs "$@"
