#!/usr/bin/env bash
# Installs the outside judges into .tools/: Node 22, the conformance suite, the TypeScript client and server, the MCP
# Inspector, an OpenID provider and client, MSAL, and axe-core (npm), and the Python client and server, MSAL, and readers of
# Bicep and of Kubernetes manifests (pip). What was installed from the same lock file is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

# The lock file is copied in last, so an installation that was cut short does not count.
installed() { cmp -s "$1" "$2"; }

locked=tests/judges/package-lock.json
if ! installed "$locked" .tools/npm/installed.json; then
    rm -rf .tools/npm
    mkdir -p .tools/npm
    cp tests/judges/package.json "$locked" .tools/npm/
    npm ci --prefix .tools/npm --no-audit --no-fund --loglevel=error
    # Node comes through an install script, which npm may have been told not to run.
    .tools/npm/node_modules/.bin/node --version
    cp "$locked" .tools/npm/installed.json
fi

locked=tests/judges/requirements.txt
if ! installed "$locked" .tools/python/installed.txt; then
    rm -rf .tools/python
    python3 -m venv .tools/python
    .tools/python/bin/pip install --quiet --disable-pip-version-check --requirement "$locked"
    .tools/python/bin/python -c 'import importlib.metadata as m; print("mcp", m.version("mcp"))'
    cp "$locked" .tools/python/installed.txt
fi
