//! The figure of the crate's page is what the functions are.

use std::fmt::Write;

use burn::tensor::{Device, Tensor};
use dome_burn::functional::{dome, pdome};

const WIDTH: f32 = 260.0;
const HEIGHT: f32 = 130.0;
const LIMIT: f32 = 4.0;
const POINTS: usize = 97;

/// A curve of values between `low` and `high` over x from -4 to 4.
struct Curve {
    values: Vec<f32>,
    style: &'static str,
}

fn place(index: usize) -> f32 {
    -LIMIT + 2.0 * LIMIT * index as f32 / (POINTS - 1) as f32
}

fn inputs(device: &Device) -> Tensor<1> {
    Tensor::from_floats(
        (0..POINTS).map(place).collect::<Vec<_>>().as_slice(),
        device,
    )
}

fn curve(values: Tensor<1>, style: &'static str) -> Curve {
    Curve {
        values: values.try_to_vec_as().unwrap(),
        style,
    }
}

/// A panel at `left`: a frame, its title, and what is drawn between `low` and `high`.
fn panel(svg: &mut String, left: f32, title: &str, [low, high]: [f32; 2], curves: &[Curve]) {
    let y = |value: f32| 24.0 + HEIGHT * (high - value) / (high - low);
    let x = |index: usize| left + WIDTH * index as f32 / (POINTS - 1) as f32;
    let middle = left + WIDTH / 2.0;
    let (bottom, zero) = (24.0 + HEIGHT, y(0.0));
    writeln!(
        svg,
        r#"<text x="{middle}" y="15" text-anchor="middle">{title}</text>"#
    )
    .unwrap();
    writeln!(
        svg,
        r#"<path d="M{left} {zero:.1}h{WIDTH}M{middle} 24V{bottom}" stroke="currentColor" stroke-opacity=".35"/>"#
    )
    .unwrap();
    for (value, anchor) in [(-LIMIT, "start"), (LIMIT, "end")] {
        let at = left + WIDTH * (value + LIMIT) / (2.0 * LIMIT);
        writeln!(
            svg,
            r#"<text x="{at}" y="{:.1}" text-anchor="{anchor}">{value}</text>"#,
            bottom + 15.0
        )
        .unwrap();
    }
    for value in [low, high] {
        let at = y(value) + 4.0;
        writeln!(
            svg,
            r#"<text x="{:.1}" y="{at:.1}">{value}</text>"#,
            middle + 4.0
        )
        .unwrap();
    }
    for curve in curves {
        let mut path = String::new();
        for (index, value) in curve.values.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            write!(path, "{command}{:.1} {:.1}", x(index), y(*value)).unwrap();
        }
        writeln!(svg, r#"<path d="{path}" {}/>"#, curve.style).unwrap();
    }
}

fn figure() -> String {
    let device = Device::default();
    let one = |value: f32| Tensor::<1>::from_floats([value], &device);
    let x = inputs(&device);
    // Two colours that can be told apart on light and dark pages, and by those who see few.
    const ORANGE: &str = "stroke=\"#e07b00\" stroke-width=\"2\"";
    const BLUE: &str = "stroke=\"#4a90d9\" stroke-width=\"2\" stroke-dasharray=\"5 3\"";
    const THIRD: &str = "stroke=\"currentColor\" stroke-opacity=\".6\" stroke-dasharray=\"1 3\"";
    let domes = [
        curve(burn::tensor::activation::sigmoid(x.clone()), THIRD),
        curve(dome(x.clone(), one(1.0), one(0.5)), BLUE),
        curve(dome(x.clone(), one(1.0), one(1.0)), ORANGE),
    ];
    let pdomes = [
        curve(x.clone().tanh(), THIRD),
        curve(pdome(x.clone(), one(1.0), one(0.5), one(0.5)), BLUE),
        curve(pdome(x, one(1.0), one(1.0), one(1.0)), ORANGE),
    ];
    let mut svg = String::from(
        "<div>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 600 190\" width=\"600\" role=\"img\" \
         aria-label=\"Dome and PDome over x from -4 to 4\" font-family=\"sans-serif\" font-size=\"11\" \
         fill=\"currentColor\">\n<g fill=\"none\" stroke=\"none\"></g>\n",
    );
    svg.push_str("<g stroke-linejoin=\"round\">\n");
    panel(
        &mut svg,
        20.0,
        "Dome(x), and the sigmoid (dotted)",
        [0.0, 1.0],
        &domes,
    );
    panel(
        &mut svg,
        320.0,
        "PDome(x), and tanh (dotted)",
        [-1.0, 1.0],
        &pdomes,
    );
    svg.push_str("</g>\n");
    let legend = "solid: μ = σ = 1 (π = 1); dashed: σ = 1/2 (π = 1/2)";
    writeln!(
        svg,
        r#"<text x="300" y="186" text-anchor="middle">{legend}</text>"#
    )
    .unwrap();
    svg.push_str("</svg>\n</div>\n");
    svg.replace("<path d", "<path fill=\"none\" d")
        .replace("<g fill=\"none\" stroke=\"none\"></g>\n", "")
}

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/functions.svg");

#[test]
fn the_figure_is_of_these_functions() {
    let there = std::fs::read_to_string(PATH).unwrap();
    assert!(
        there == figure(),
        "docs/functions.svg is another: `cargo test --workspace --test figure -- --ignored` writes it"
    );
}

#[test]
#[ignore = "writes docs/functions.svg"]
fn write_the_figure() {
    std::fs::write(PATH, figure()).unwrap();
}
