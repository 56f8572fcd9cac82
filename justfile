# Recipes for development; `just` lists them. Users need only cargo.

default:
    @just --list

# The main experiment with its defaults
binary *ARGS:
    cargo run --example mnist_binary -- {{ARGS}}

# The functions of the paper, into docs/figures
shapes:
    cargo run --example function_shapes -- --out docs/figures

# What the README's table comes from: five seeds, half an hour on two cores
seeds:
    for seed in 0 1 2 3 4; do \
        cargo run --example mnist_binary -- --seed $seed --out runs/seeds/$seed || exit 1; \
    done
    just results

# README's table, README's figure and docs/results, again, from the folders of `just seeds`
results:
    cargo run -p mnist-experiments --bin mnist-experiments -- summary runs/seeds/* --into README.md
    mkdir -p docs/figures docs/results
    cp runs/seeds/0/embedding.svg docs/figures/mnist_binary.svg
    cp runs/seeds/0/embedding.png docs/figures/mnist_binary.png
    for seed in 0 1 2 3 4; do cp runs/seeds/$seed/metrics.json docs/results/mnist_binary-seed$seed.json; done

# The README's test command
test:
    cargo test --workspace

# Every device; wgpu needs an adapter, Mesa's software Vulkan is enough
test-devices:
    CUBECL_AUTOTUNE_LEVEL=minimal cargo test --workspace --features ndarray,wgpu --test devices --test wgpu --test golden

# What CI checks besides the tests
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# All of CI
ci:
    bash .ci/run
