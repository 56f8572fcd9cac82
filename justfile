# Recipes for development; `just` lists them. Users need only cargo.

default:
    @just --list

# The main experiment with its defaults
binary *ARGS:
    cargo run --example mnist_binary -- {{ARGS}}

# The functions of the paper, into docs/figures
shapes:
    cargo run --example function_shapes -- --out docs/figures

# What the tables of even and odd digits come from: all heads once, two heads with five seeds
results: && tables
    cargo run --example mnist_binary
    for seed in 0 1 2 3 4; do \
        cargo run --example mnist_binary -- \
            --heads sigmoid,dome --seed $seed --out runs/seeds/$seed || exit 1; \
    done

# PDOME and others between layers: all activations with three seeds, and 20 layers
activations: && activations-tables
    cargo run --example mnist_activations -- --seeds 0,1,2
    cargo run --example mnist_activations -- --seeds 0,1,2 --networks deep-mlp --epochs 5 \
        --activations relu,tanh,pdome,pdome-channel --out runs/deep_mlp

# The tables and figure of activations again, from the folders of `just activations`
activations-tables:
    cargo run --bin mnist-experiments -- activations-report runs/mnist_activations --into docs/activations.md --marker activations
    cargo run --bin mnist-experiments -- activations-report runs/deep_mlp --into docs/activations.md --marker activations-deep
    cp runs/mnist_activations/losses.svg docs/figures/mnist_activations.svg
    cp runs/mnist_activations/losses.png docs/figures/mnist_activations.png

# A 20-layer MLP with PDOME has to reach 97 %: minutes
deep-mlp:
    cargo test --workspace --test activations -- --ignored --nocapture 20_layer

# Ten classes: all heads once, three heads with five seeds
digits: && digits-tables
    cargo run --example mnist_digits
    for seed in 0 1 2 3 4; do \
        cargo run --example mnist_digits -- \
            --heads softmax,multi-dome-nll,multi-dome-brier --seed $seed --out runs/digits/$seed || exit 1; \
    done

# The tables and figures of ten classes again, from the folders of `just digits`
digits-tables:
    for file in svg png; do \
        cp runs/mnist_digits/projection.$file docs/figures/mnist_digits.$file; \
        cp runs/mnist_digits/embedding.$file docs/figures/mnist_digits_plane.$file; \
    done
    cargo run --bin mnist-experiments -- compare runs/mnist_digits --into docs/results.md --marker digits
    cargo run --bin mnist-experiments -- compare runs/digits/* --into docs/results.md --marker digits-seeds

# Badly scaled embeddings with and without calibration, ten seeds
plateau: && plateau-tables
    cargo run --bin mnist-experiments -- train plateau

# The table of badly scaled embeddings again, from the folder of `just plateau`
plateau-tables:
    cargo run --bin mnist-experiments -- compare runs/plateau --into docs/results.md --marker plateau

# Resumable: a second call goes on where the first one ended. `--quick` takes ten minutes, `--full` days.
# Every head, set and seed, evaluated and attacked, into docs/study and docs/study.md; about six hours
study *ARGS:
    cargo run --bin mnist-experiments -- study {{ARGS}}

# Settings of heads, chosen on validation images of both sets, into docs/study-settings.md: an hour
choose-settings *ARGS:
    cargo build --example mnist_digits
    python3 scripts/choose_settings.py {{ARGS}}

# MultiDome's losses from ten to a hundred thousand classes, beside softmax cross-entropy
many-classes:
    cargo run --example many_classes

# The tables and figure again, from the folders of `just results`
tables:
    mkdir -p docs/figures
    for file in svg png; do cp runs/mnist_binary/embedding.$file docs/figures/mnist_binary.$file; done
    for file in README.md docs/results.md; do \
        cargo run --bin mnist-experiments -- compare runs/mnist_binary --into $file --marker heads || exit 1; \
    done
    cargo run --bin mnist-experiments -- compare runs/seeds/* --into docs/results.md --marker seeds

# The page of `report`, bundled into the crate and into docs/report.html; needs node
report-page:
    cd report-page && npm ci && npm run build

# The page in headless Chromium ($CHROMIUM, or /usr/bin/chromium): docs/report.html, or another one, `REPORT=run.html`
report-test:
    cd report-page && npm ci && npm test

# How long the page takes to open, and its frames a second, on a machine that does nothing else
report-measure:
    cd report-page && npm ci && npm run measure

# The page in docs and its pictures again
report-docs:
    cargo run --example mnist_digits -- --limit-train 12000 --epochs 4 --keep-epochs --out runs/report
    cargo run --bin mnist-experiments -- attack runs/report --eps 0.02,0.05,0.1,0.15 --attacks fgsm,pgd --images 200
    cargo run --bin mnist-experiments -- attack runs/report --norm l2 --eps 0.5,1,2 --attacks fgsm,pgd --images 200
    cargo run --bin mnist-experiments -- report runs/report --images 2000 --out docs/report.html
    cd report-page && npm ci && node test/screenshots.mjs ../docs/figures

# The README's test command
test:
    cargo test --workspace

# Sums of 1e8 elements; needs 2 GiB
test-large:
    cargo test --workspace --test fused -- --ignored

# Every device; wgpu needs an adapter, Mesa's software Vulkan is enough
test-devices:
    bash gpu-kit/pack.sh
    sh target/gpu-kit/run.sh --tests

# The library as a user of it alone gets it, without features: all composed of Burn's operations
test-composed:
    cargo test --workspace --test composed

# `just bench pdome` for a part, criterion's options too; the first time it builds Burn once more, in release mode.
# Fused operations, composed ones and Burn's tanh, sigmoid and cross-entropy on the CPU
bench *ARGS:
    CRITERION_HOME={{justfile_directory()}}/target/criterion \
        cargo bench --manifest-path crates/dome-burn/benches/Cargo.toml --target-dir target/benches -- {{ARGS}}

# The convolution block beside Burn's layers and by vector instructions, into its README; on a machine that does nothing else
conv-block:
    mkdir -p target
    cargo run --example conv_block > target/conv-block.md
    sed -i -e '/benchmark:begin/,/benchmark:end/{//!d}' -e '/benchmark:begin/r target/conv-block.md' \
        crates/conv-block/README.md

# The fused operations beside Burn's fusion on the best GPU, into docs/benchmarks-gpu-operations.md; minutes
bench-gpu:
    cargo run --example fused_on_gpu --features wgpu > docs/benchmarks-gpu-operations.md

# What a machine with a GPU needs to check the kernels, without network or toolchain, into target/gpu-kit.tar.gz
gpu-kit:
    bash gpu-kit/pack.sh

# On a machine that does nothing else; needs benchmarks/requirements.txt. `--quick` for a check.
# The fused operations and training steps beside PyTorch, into docs/benchmarks.md; ten minutes
bench-peers *ARGS:
    python3 benchmarks/run.py {{ARGS}}

# What CI checks besides the tests
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# All of CI
ci:
    bash .ci/run

# Runs that are interrupted, by five signals at five moments
test-interruptions:
    cargo test --workspace --test interruptions -- --ignored

# A hundred runs that are killed and twenty on a full disk (as root), each gone on with; half an hour
kill-runs *ARGS:
    cargo build --workspace --bins
    python3 scripts/kill_runs.py {{ARGS}}

# Needs `pip install -r scripts/requirements.txt`.
# Losses and gradients of heads beside pytorch-metric-learning's and pytorch-ood's
check-heads:
    HEADS_JSON={{justfile_directory()}}/runs/heads.json cargo test --workspace --test export_heads -- --ignored
    python3 scripts/check_heads.py runs/heads.json

# What a release needs: the package as a registry would get it, licences, and no break against the tag of the last one;
# needs `cargo install cargo-deny cargo-semver-checks`
release-check TAG="":
    cargo publish --dry-run --package dome-burn
    cargo deny check
    if [ -n "{{TAG}}" ]; then cargo semver-checks --package dome-burn --baseline-rev {{TAG}}; fi

# Whether the library compiles with the next Burn, pre-releases included
next-burn:
    bash scripts/check_next_burn.sh

# Rows of crates/dome-burn/docs/accuracy.md for new functions; a bound that is there is lowered, never raised
accuracy:
    cargo test --workspace accuracy::write -- --ignored
    cargo test --workspace --test accuracy write -- --ignored

# A DOME head in Burn's own training, with its dashboard
burn-learner *ARGS:
    cargo run --release --example burn_learner --features train -- {{ARGS}}

# The recipes below need it, too: a small run with all that its checks look at.
# A run of three heads on 4,000 images, evaluated and exported, for the checks
check-run:
    cargo run --bin mnist-experiments -- train digits --heads softmax,multi-dome-brier,cosface --limit-train 4000 \
        --epochs 4 --out runs/check
    cargo run --bin mnist-experiments -- evaluate runs/check
    cargo run --bin mnist-experiments -- export runs/check --outliers

# After `just check-run`: weights, embeddings and measures beside PyTorch, numpy and scikit-learn
check-export:
    python3 scripts/check_export.py runs/check/export

# After `just check-run`: detectors of outliers beside pytorch-ood, AUROC and the like beside scikit-learn
check-detectors:
    python3 scripts/check_detectors.py runs/check/export

# After `just check-run`; it takes long, most of it for theirs: each attack alone beside AutoAttack
check-attacks:
    for attack in fgsm pgd apgd-ce apgd-t fab-t square; do \
        for eps in "linf 0.05" "l2 0.7"; do \
            set -- $eps; \
            cargo run --bin mnist-experiments -- attack runs/check --heads softmax,multi-dome-brier \
                --norm $1 --eps $2 --images 500 --attacks $attack || exit 1; \
        done; \
    done
    python3 scripts/check_attacks.py runs/check
