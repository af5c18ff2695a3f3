#!/usr/bin/env bash
# Parses every Bicep file with an outside parser (scripts/tools.sh installs it). Microsoft's own compiler, which checks types
# too, is no package; where it is installed, `az bicep build --file FILE` says more.
set -euo pipefail
cd "$(dirname "$0")/.."

.tools/python/bin/python - crates/*/deploy/*.bicep <<'PYTHON'
import pathlib, sys
from pycep import BicepParser

for name in sys.argv[1:]:
    found = BicepParser().parse(file_path=pathlib.Path(name))
    assert found["resources"], f"{name}: no resource"
    print(f"{name}: {len(found['resources'])} resources, {len(found['parameters'])} parameters")
PYTHON
