//! The Rust side of `benchmarks/run.py`: measures what it is asked to, a line in and a line out.
//!
//! ```text
//! time SECONDS KIND NAME SIZES...    calls the case for so long; says the seconds of a call
//! memory                             says the largest resident size so far, in KiB
//! device                             says what the device calls itself
//! forget                             drops all cases and their inputs
//! ```
//!
//! KIND and SIZES are `forward N`, `backward N` (forward + backward), `copy N`, `loss CLASSES BATCH`,
//! `layer BATCH` and `training BATCH`.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Context, bail};
use burn::tensor::Device;
use dome_burn_benches::activations::{Inputs, OPS};
use dome_burn_benches::{Case, copy, layers, losses, training};
use mnist_experiments::allocator::keep_freed_buffers;
use mnist_experiments::device::{DeviceSpec, adapter};

fn main() -> anyhow::Result<()> {
    keep_freed_buffers(); // as the experiments do
    let name = std::env::args().nth(1).unwrap_or_else(|| "flex".into());
    let mut cases = Cases::new(name.parse::<DeviceSpec>()?.open()?);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words.as_slice() {
            ["time", seconds, case @ ..] => format!("{:e}", cases.time(case, seconds.parse()?)?),
            ["memory"] => peak_memory_kib()?.to_string(),
            ["device"] => adapter(&cases.device).unwrap_or_else(|| name.clone()),
            ["forget"] => {
                cases.forget();
                "0".into()
            }
            _ => bail!("unknown request: {line}"),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

struct Cases {
    device: Device,
    cases: HashMap<String, Case>,
    inputs: HashMap<usize, Inputs>,
}

impl Cases {
    fn new(device: Device) -> Self {
        Self {
            device,
            cases: HashMap::new(),
            inputs: HashMap::new(),
        }
    }

    fn forget(&mut self) {
        self.cases.clear();
        self.inputs.clear();
    }

    /// Mean seconds of a call, of as many as fill `least` seconds; a new case is warmed up.
    fn time(&mut self, words: &[&str], least: f64) -> anyhow::Result<f64> {
        let key = words.join(" ");
        if !self.cases.contains_key(&key) {
            let mut case = self.case(words).with_context(|| format!("case {key:?}"))?;
            case();
            case();
            self.device.sync()?;
            self.cases.insert(key.clone(), case);
        }
        let case = self.cases.get_mut(&key).expect("just inserted");
        let start = Instant::now();
        let mut calls = 0;
        loop {
            case();
            calls += 1;
            if start.elapsed().as_secs_f64() >= least {
                break;
            }
        }
        self.device.sync()?;
        Ok(start.elapsed().as_secs_f64() / f64::from(calls))
    }

    fn case(&mut self, words: &[&str]) -> anyhow::Result<Case> {
        let device = &self.device;
        let mut inputs = |count: &str| -> anyhow::Result<Inputs> {
            let count = count.parse()?;
            let inputs = self.inputs.entry(count);
            Ok(inputs.or_insert_with(|| Inputs::new(count, device)).clone())
        };
        let op = |name| OPS.into_iter().find(|(other, _)| *other == name);
        let case = match *words {
            ["forward", name, count] => {
                let (_, op) = op(name).context("no such operation")?;
                Some(inputs(count)?.forward(op))
            }
            ["backward", name, count] => {
                let (_, op) = op(name).context("no such operation")?;
                Some(inputs(count)?.backward(op))
            }
            ["copy", _, count] => Some(copy::case(count.parse()?)),
            ["loss", name, classes, batch] => {
                losses::case(name, classes.parse()?, batch.parse()?, device)
            }
            ["layer", name, batch] => layers::case(name, batch.parse()?, device),
            ["training", name, batch] => training::case(name, batch.parse()?, device),
            _ => None,
        };
        case.context("no such case")
    }
}

/// The largest resident size so far, where Linux tells it.
fn peak_memory_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.context("no VmHWM")?.parse()?)
}
