#!/usr/bin/env bash
# Packs target/gpu-kit.tar.gz: the tests, benchmark and trainings of a GPU as one program, for a
# machine without a toolchain. `just gpu-kit` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

limit=40000000
kit=target/gpu-kit
archive=$kit.tar.gz

# The whole workspace, with the features that the tests of all devices have: Burn is built once.
program=$(
    cargo test --workspace --features ndarray,wgpu --test gpu_kit --no-run \
        --message-format=json-render-diagnostics | python3 -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line) if line.startswith("{") else {}
    if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "gpu_kit":
        print(message["executable"])
'
)
[ -x "$program" ] || { echo "cargo named no program gpu_kit: '$program'" >&2; exit 1; }

rm -rf "$kit" "$archive"
mkdir -p "$kit/datasets/mnist"
strip -o "$kit/gpu-kit" "$program"
cp gpu-kit/run.sh gpu-kit/README.md "$kit/"
cp datasets/mnist/*.gz "$kit/datasets/mnist/"
git describe --always --dirty > "$kit/version" 2> /dev/null || echo unknown > "$kit/version"

# For machines whose driver has no Vulkan loader beside it.
loader=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2> /dev/null | sed -n 's/.*libvulkan\.so\.1 .*=> //p')
if [ -n "$loader" ]; then
    mkdir "$kit/lib"
    cp -L "${loader%%$'\n'*}" "$kit/lib/libvulkan.so.1"
else
    echo "note: no libvulkan.so.1 here to pack, so the machine needs its own" >&2
fi

tar -C target -cf - gpu-kit | gzip -9 > "$archive"
bytes=$(wc -c < "$archive")
if [ "$bytes" -gt "$limit" ]; then
    echo "$archive has $bytes bytes, but at most $limit are allowed" >&2
    exit 1
fi
glibc=$(objdump -T "$kit/gpu-kit" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
cat << TEXT
$archive: $((bytes / 1000000)) MB; needs $(uname -m) Linux, ${glibc/_/ } and a GPU driver with Vulkan.
There:  tar xzf gpu-kit.tar.gz && sh gpu-kit/run.sh    (8 minutes; --short on software Vulkan)
Then the section that it prints, gpu-kit/verdict.md, goes into docs/benchmarks-gpu.md.
TEXT
