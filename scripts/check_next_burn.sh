#!/usr/bin/env bash
# Whether the library compiles with Burn's newest version after the one that it follows, pre-releases included.
# The packaged crate is checked, in a folder of its own, so that nothing here changes.
set -euo pipefail
cd "$(dirname "$0")/.."

next=">=0.23.0-0"
target=$PWD/target/next-burn
mkdir -p "$target"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cargo package --package dome-burn --no-verify --allow-dirty --target-dir "$target" --quiet
tar xzf "$target"/package/dome-burn-*.crate -C "$folder" --strip-components=1
cd "$folder"
rm -f Cargo.lock
sed -i '/^\[dependencies.burn\(-cubecl\)\?\]\|^\[dev-dependencies.burn\]/,/^version/ s/^version = .*/version = "'"$next"'"/' Cargo.toml
# Burn 0.23 has no NdArray backend any more.
sed -i '/^ndarray = \[/,/^\]/d' Cargo.toml
cargo update --quiet
version=$(cargo tree --depth 1 --prefix none | sed -n 's/^burn v\([^ ]*\).*/\1/p' | head -n 1)
echo "dome-burn with Burn $version"
cargo check --features "${1:-flex}" --target-dir "$target"
