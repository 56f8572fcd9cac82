//! Colours and sizes that all figures share. Sizes are in CSS pixels.

/// A colour as red, green, blue.
pub(super) type Rgb = [u8; 3];

pub(super) const WHITE: Rgb = [255, 255, 255];
pub(super) const INK: Rgb = [26, 26, 26];
pub(super) const FAINT_INK: Rgb = [85, 85, 85];
pub(super) const FRAME: Rgb = [90, 90, 90];
pub(super) const ZERO_AXIS: Rgb = [150, 150, 150];
pub(super) const GRID: Rgb = [233, 233, 233];

pub(super) const FIGURE_TITLE: f64 = 20.0;
pub(super) const PANEL_TITLE: f64 = 16.0;
pub(super) const TEXT: f64 = 13.5;
pub(super) const TICK_TEXT: f64 = 13.0;
/// Space around the whole figure.
pub(super) const PADDING: f64 = 18.0;
/// Distance between the baselines of two lines of [`TEXT`].
pub(super) const LINE_HEIGHT: f64 = 18.0;
/// Length of a tick mark.
pub(super) const TICK: f64 = 4.0;

/// Blue and vermilion of Okabe and Ito: safe for all common kinds of colour blindness.
const TWO_CLASSES: [Rgb; 2] = [[0, 114, 178], [213, 94, 0]];

/// Ten colours that M. Petroff (2021, arXiv:2107.02270) optimised for colour blindness.
const MANY_CLASSES: [Rgb; 10] = [
    [63, 144, 218],
    [255, 169, 14],
    [189, 31, 1],
    [148, 164, 162],
    [131, 45, 182],
    [169, 107, 89],
    [231, 99, 0],
    [185, 172, 112],
    [113, 117, 129],
    [146, 218, 221],
];

/// Okabe and Ito without yellow, which is too pale for a line on white.
const CURVES: [Rgb; 7] = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [230, 159, 0],
    [86, 180, 233],
    [0, 0, 0],
];

/// The colour of one class out of `count`.
pub(super) fn class_color(class: usize, count: usize) -> Rgb {
    if count <= TWO_CLASSES.len() {
        TWO_CLASSES[class % TWO_CLASSES.len()]
    } else {
        MANY_CLASSES[class % MANY_CLASSES.len()]
    }
}

/// The colour of the curve at `index` of its panel.
pub(super) fn curve_color(index: usize) -> Rgb {
    CURVES[index % CURVES.len()]
}

/// `amount` of `color` on white.
pub(super) fn tint(color: Rgb, amount: f64) -> Rgb {
    color.map(|channel| (255.0 - (255.0 - f64::from(channel)) * amount).round() as u8)
}
