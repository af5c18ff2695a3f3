#!/usr/bin/env bash
# Microsoft's client libraries (MSAL for Node and for Python) sign in against the stand-in tenant of mcp-entra-id, over
# TLS, and jose and PyJWT verify its tokens.
# Usage: scripts/entra.sh
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
exec .tools/npm/node_modules/.bin/node tests/judges/msal.mjs "$@"
