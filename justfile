# Recipes for development; `just` lists them. Users need only cargo.

default:
    @just --list

# The main experiment with its defaults
binary *ARGS:
    cargo run --example mnist_binary -- {{ARGS}}

# The functions of the paper, into docs/figures
shapes:
    cargo run --example function_shapes -- --out docs/figures

# What the README's tables and figure come from: all heads once, two heads with five seeds
results:
    cargo run --example mnist_binary
    for seed in 0 1 2 3 4; do \
        cargo run --example mnist_binary -- \
            --heads sigmoid,dome --seed $seed --out runs/seeds/$seed || exit 1; \
    done
    just readme

# README's tables and figure again, from the folders of `just results`
readme:
    mkdir -p docs/figures
    for file in svg png; do cp runs/mnist_binary/embedding.$file docs/figures/mnist_binary.$file; done
    cargo run --bin mnist-experiments -- summary runs/mnist_binary --into README.md --marker heads
    cargo run --bin mnist-experiments -- summary runs/seeds/* --into README.md --marker seeds

# The README's test command
test:
    cargo test --workspace

# Sums of 1e8 elements; needs 2 GiB
test-large:
    cargo test --workspace --test fused -- --ignored

# Every device; wgpu needs an adapter, Mesa's software Vulkan is enough
test-devices:
    CUBECL_AUTOTUNE_LEVEL=minimal cargo test --workspace --features ndarray,wgpu --test devices --test wgpu --test golden

# Fused operations, composed ones and Burn's tanh and sigmoid on the CPU; `just bench pdome` for a
# part. The first time it builds Burn once more, in release mode.
bench *ARGS:
    cargo bench --manifest-path crates/dome-burn/benches/Cargo.toml --target-dir target/benches -- {{ARGS}}

# What CI checks besides the tests
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# All of CI
ci:
    bash .ci/run
