#!/usr/bin/env bash
# The official Python and TypeScript clients and the MCP Inspector's command line use every feature of the reference
# server, mcp-protocol-features: stdio and HTTP, at both revisions.
# Usage: scripts/features.sh [python|typescript|inspector...]    (without a client: all of them)
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
exec .tools/npm/node_modules/.bin/node tests/judges/features.mjs "$@"
