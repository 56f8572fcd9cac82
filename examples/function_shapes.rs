//! Draws the functions of the DOME paper: figures 1b-d (sigmoid, tanh, softmax), 4a and 5 (DOME),
//! 6 (PDOME) and 7 (DOME's two outputs and their components).
//!
//! `cargo run --example function_shapes -- --out docs/figures`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor, activation};
use clap::Parser;
use dome_burn::functional::{dome, pdome};
use mnist_experiments::cli;
use mnist_experiments::plot::{Curve, CurvePanel, draw_curves};
use mnist_experiments::say;

#[derive(Parser)]
#[command(version, about = "Draws the activation functions of the DOME paper")]
struct Cli {
    /// Folder for function_shapes.svg and function_shapes.png
    #[arg(long, value_name = "DIR", default_value = "runs/function_shapes")]
    out: PathBuf,
}

/// Points of a curve.
const POINTS: usize = 601;

fn main() -> ExitCode {
    cli::main(|| draw(&Cli::parse()))
}

/// A function as a curve over `-reach..reach`.
fn curve(
    label: impl Into<String>,
    reach: f64,
    f: impl Fn(Tensor<1>) -> Tensor<1>,
) -> Result<Curve> {
    let at = |i: usize| reach * (2.0 * i as f64 / (POINTS - 1) as f64 - 1.0);
    let xs: Vec<f64> = (0..POINTS).map(at).collect();
    let ys = f(Tensor::from_data(xs.as_slice(), &Device::flex())).try_to_vec_as::<f64>()?;
    Ok(Curve {
        label: label.into(),
        points: xs.into_iter().zip(ys).collect(),
        dashed: false,
    })
}

fn panel(title: &str, curves: Vec<Curve>) -> CurvePanel {
    CurvePanel {
        title: title.into(),
        x_label: "x".into(),
        y_label: String::new(),
        curves,
        y_range: None,
    }
}

fn scalar(value: f64) -> Tensor<1> {
    Tensor::from_data([value], &Device::flex())
}

fn dome_of(mu: f64, sigma: f64) -> impl Fn(Tensor<1>) -> Tensor<1> {
    move |x| dome(x, scalar(mu), scalar(sigma))
}

fn softmax_of_mirrored(x: Tensor<1>) -> Tensor<1> {
    let pair: Tensor<2> = Tensor::stack(vec![x.clone(), x.neg()], 1);
    activation::softmax(pair, 1)
        .slice([0..POINTS, 0..1])
        .squeeze_dim(1)
}

fn bump(mode: f64) -> impl Fn(Tensor<1>) -> Tensor<1> {
    move |x| (x - mode).square().neg().exp()
}

fn draw(cli: &Cli) -> Result<()> {
    let dome_shapes =
        |mu: f64, sigma: f64| curve(format!("μ = {mu}, σ = {sigma}"), 5.0, dome_of(mu, sigma));
    let pdome_shapes = |mu: f64, pi: f64| {
        let f = move |x| pdome(x, scalar(mu), scalar(1.0), scalar(pi));
        curve(format!("μ = {mu}, π = {pi}"), 5.0, f)
    };
    let dashed = |curve: Curve| Curve {
        dashed: true,
        ..curve
    };
    let panels = [
        panel(
            "Sigmoid (figure 1b)",
            vec![curve("sigmoid(x)", 5.0, activation::sigmoid)?],
        ),
        panel(
            "Tanh (figure 1c)",
            vec![curve("tanh(x)", 5.0, activation::tanh)?],
        ),
        panel(
            "Softmax (figure 1d)",
            vec![curve("first of softmax(x, −x)", 5.0, softmax_of_mirrored)?],
        ),
        panel("DOME (figure 4a)", vec![dome_shapes(1.0, 1.0)?]),
        panel(
            "DOME for several μ/σ (figure 5)",
            vec![
                dome_shapes(1.0, 0.5)?,
                dome_shapes(1.0, 1.0)?,
                dome_shapes(1.0, 2.0)?,
                dome_shapes(2.0, 1.0)?,
            ],
        ),
        panel(
            "PDOME, σ = 1 (figure 6)",
            vec![
                pdome_shapes(1.0, 1.0)?,
                pdome_shapes(1.0, 0.5)?,
                pdome_shapes(1.0, 0.1)?,
                pdome_shapes(2.0, 0.5)?,
            ],
        ),
        panel(
            "DOME1 and DOME2 (figure 7)",
            vec![
                dashed(curve("exp(−(x − 1)²)", 3.0, bump(1.0))?),
                dashed(curve("exp(−(x + 1)²)", 3.0, bump(-1.0))?),
                curve("DOME1(x)", 3.0, dome_of(1.0, 1.0))?,
                curve("DOME2(x)", 3.0, |x| dome(x.neg(), scalar(1.0), scalar(1.0)))?,
            ],
        ),
    ];
    std::fs::create_dir_all(&cli.out)
        .with_context(|| format!("cannot create {}", cli.out.display()))?;
    let title = "The activation functions of the DOME paper (arXiv 2109.14798)";
    let [svg, png] = draw_curves(title, &panels, 4, &cli.out.join("function_shapes"))?;
    say!("{}\n{}", svg.display(), png.display());
    Ok(())
}
