#!/usr/bin/env bash
# Ejects every lesson, as `cargo xtask eject` does for one. All are tested in a workspace of their own, so that what they
# depend on is built once; meanwhile each is checked alone, with no more features than it has there.
# Usage: scripts/eject.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# Dependencies that are alike are built already.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
folder=$(mktemp -d)
tests=
finish() {
    if [[ -n $tests ]]; then kill "$tests" 2>/dev/null || true; fi
    wait
    rm -rf "$folder"
}
trap finish EXIT

for manifest in $(grep -l '^\[package.metadata.lesson\]' crates/*/Cargo.toml); do
    lesson=$(basename "$(dirname "$manifest")")
    cargo xtask eject "$lesson" "$folder/alone/$lesson" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
done

mkdir "$folder/together"
cp -r "$folder/alone" "$folder/together/crates"
for manifest in "$folder"/together/crates/*/Cargo.toml; do
    # One that stands alone is a workspace, and none may be in another.
    grep -q '^\[workspace\]$' "$manifest"
    sed -i '/^\[workspace\]$/d; /^\[profile/,$d' "$manifest"
done
cp Cargo.lock "$folder/together"
{
    printf '[workspace]\nresolver = "3"\nmembers = ["crates/*"]\n\n'
    sed -n '/^\[profile/,$p' Cargo.toml
} >"$folder/together/Cargo.toml"
cargo test --workspace --no-run --quiet --manifest-path "$folder/together/Cargo.toml"
cargo test --workspace --manifest-path "$folder/together/Cargo.toml" >"$folder/tests.log" 2>&1 &
tests=$!

for lesson in "$folder"/alone/*; do
    echo "alone: $(basename "$lesson")"
    cargo check --quiet --all-targets --manifest-path "$lesson/Cargo.toml"
done

code=0
wait "$tests" || code=$?
tests=
cat "$folder/tests.log"
exit "$code"
