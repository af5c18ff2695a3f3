#!/usr/bin/env bash
# Holds every Kubernetes manifest against the schemas that Kubernetes publishes, which come with an outside validator
# (scripts/tools.sh installs it). Strict: a field that no schema knows is an error. There are no custom resources here,
# whose schemas would be their owners'. What schemas cannot say, such as that selectors meet, is for the lesson's own tests.
set -euo pipefail
cd "$(dirname "$0")/.."

# The oldest version that clouds still sell for long-term support, and the newest that the validator knows.
versions=(1.32 1.37)
validate=.tools/python/bin/kubernetes-validate

for manifest in crates/*/deploy/kubernetes.yaml; do
    for version in "${versions[@]}"; do
        "$validate" --strict --kubernetes-version "$version" "$manifest"
    done
done

# A validator that passes everything proves nothing: each of these has one mistake.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
manifest=crates/scaling/deploy/kubernetes.yaml
for mistake in 's/minReplicas:/minimalReplicas:/' 's/minAvailable: 2/minAvailable: [2]/' 's/podSelector:/podSelektor:/' \
    's/runAsNonRoot: true/runAsNonRoot: "yes"/' 's/averageValue: "50"/averageValue: {}/'; do
    sed "$mistake" "$manifest" >"$folder/wrong.yaml"
    ! cmp -s "$manifest" "$folder/wrong.yaml" || { echo "$mistake changes nothing"; exit 1; }
    if "$validate" --strict --quiet "$folder/wrong.yaml" >/dev/null 2>&1; then
        echo "not found: $mistake"
        exit 1
    fi
done
echo "five mistakes, made one at a time, were found"
