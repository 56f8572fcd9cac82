use super::embedding_panel::EmbeddingPanel;
use super::error::FigureError;
use super::font::wrap;
use super::legend::{Legend, Mark, cross};
use super::output;
use super::raster::Raster;
use super::scene::{Align, IMAGE_SCALE, Label, Scene};
use super::shading::{Shading, boundary_color};
use super::style::{
    FAINT_INK, FIGURE_TITLE, FRAME, INK, LINE_HEIGHT, PADDING, PANEL_TITLE, Rgb, TEXT, TICK,
    TICK_TEXT, WHITE, class_color,
};
use super::ticks::ticks;
use std::path::{Path, PathBuf};

/// Room for the tick labels on the left.
const LEFT: f64 = 44.0;
/// Room on the right of a panel.
const RIGHT: f64 = 18.0;
/// Room for the tick labels below a panel.
const BOTTOM: f64 = 46.0;
const DOT_RADIUS: f64 = 1.35;
const DOT_ALPHA: f64 = 0.5;
/// Size of the discs that name classes.
const BADGE_RADIUS: f64 = 8.5;
/// How far such a disc stands off its reference point.
const BADGE_OFFSET: f64 = 17.0;

/// Draws embeddings side by side, each at its own scale, to `<stem>.svg` and `<stem>.png`.
///
/// `class_names` are in the order of the class indices. `reference_label` explains the
/// [reference points](EmbeddingPanel::reference_points) in the legend, if there are any. The folder
/// has to exist. Returns the two paths, SVG first.
///
/// Dots and shading are one embedded bitmap in the SVG as well, because 10,000 circles per panel
/// would make it many times as large; text and axes are vectors.
///
/// # Errors
///
/// If a file cannot be written, or if the lengths within a panel contradict each other.
pub fn draw_embeddings(
    title: &str,
    class_names: &[String],
    reference_label: &str,
    panels: &[EmbeddingPanel],
    stem: &Path,
) -> Result<[PathBuf; 2], FigureError> {
    for panel in panels {
        if let Some(problem) = problem(panel, class_names.len()) {
            let path = stem.to_path_buf();
            return Err(FigureError::Data {
                path,
                panel: panel.title.clone(),
                problem,
            });
        }
    }
    let (columns, side) = arrangement(panels.len());
    let inner = columns as f64 * (LEFT + side + RIGHT);
    let mut scene = Scene::new(inner + 2.0 * PADDING);
    let left = PADDING + LEFT;
    let right = PADDING + inner - RIGHT;
    let mut y = title_lines(&mut scene, title, left, right);
    let legend = Legend::new(entries(class_names, reference_label, panels), right - left);
    let legend_height = legend.height();
    legend.draw(&mut scene, [left, y]);
    y += legend_height + 14.0;
    for row in panels.chunks(columns) {
        let heads: Vec<_> = row.iter().map(|p| (&*p.title, &*p.subtitle)).collect();
        let x = |column: usize| left + column as f64 * (LEFT + side + RIGHT);
        let top = panel_head(&mut scene, &heads, x, y, side + RIGHT / 2.0);
        for (column, panel) in row.iter().enumerate() {
            draw_panel(&mut scene, panel, class_names, [x(column), top], side);
        }
        y = top + side + BOTTOM;
    }
    scene.height = y - 10.0 + PADDING / 2.0;
    output::write(&scene, stem)
}

/// Draws the lines of a figure's title and returns where the next thing starts.
pub(super) fn title_lines(scene: &mut Scene, title: &str, left: f64, right: f64) -> f64 {
    let mut y = PADDING;
    for line in wrap(title, FIGURE_TITLE, true, right - left) {
        y += FIGURE_TITLE;
        scene.label(label(line, [left, y], Align::Left, FIGURE_TITLE, INK, true));
        y += 8.0;
    }
    y
}

/// Draws titles and subtitles of a row of panels, which start at `x` of their column and at `y`, and
/// returns where the panels' frames start.
pub(super) fn panel_head(
    scene: &mut Scene,
    heads: &[(&str, &str)],
    x: impl Fn(usize) -> f64,
    y: f64,
    width: f64,
) -> f64 {
    // Equally many lines for all panels of a row keep their frames level.
    let mut lines = 0;
    for (column, (title, subtitle)) in heads.iter().enumerate() {
        let at = [x(column), y + PANEL_TITLE];
        let title = (*title).to_owned();
        scene.label(label(title, at, Align::Left, PANEL_TITLE, INK, true));
        let subtitle = wrap(subtitle, TEXT, false, width);
        lines = lines.max(subtitle.len());
        for (index, line) in subtitle.into_iter().enumerate() {
            let baseline = y + PANEL_TITLE + 2.0 + (index + 1) as f64 * LINE_HEIGHT;
            let at = [x(column), baseline];
            scene.label(label(line, at, Align::Left, TEXT, FAINT_INK, false));
        }
    }
    y + PANEL_TITLE + 6.0 + lines as f64 * LINE_HEIGHT + 4.0
}

/// Columns, and the side of a panel: the figure gets about 1150 pixels wide where it has three.
pub(super) fn arrangement(panels: usize) -> (usize, f64) {
    match panels {
        0 | 1 => (1, 520.0),
        2 | 4 => (2, 440.0),
        3 | 5 | 6 | 9 => (3, 320.0),
        _ => (4, 280.0),
    }
}

fn problem(panel: &EmbeddingPanel, classes: usize) -> Option<String> {
    let (points, labels) = (panel.points.len(), panel.classes.len());
    if points != labels {
        return Some(format!("{points} points but {labels} classes"));
    }
    if let Some(class) = panel
        .classes
        .iter()
        .find(|&&class| usize::from(class) >= classes)
    {
        return Some(format!("class {class} has no name"));
    }
    let square = &panel.square;
    if !(square.half.is_finite()
        && square.half > 0.0
        && square.center.iter().all(|c| c.is_finite()))
    {
        return Some("the square is empty or not finite".to_owned());
    }
    panel
        .shading
        .as_ref()
        .and_then(|shading| shading.problem(classes))
}

fn entries(
    class_names: &[String],
    reference_label: &str,
    panels: &[EmbeddingPanel],
) -> Vec<(Mark, String)> {
    let mut entries: Vec<(Mark, String)> = class_names
        .iter()
        .enumerate()
        .map(|(class, name)| {
            (
                Mark::Disc(class_color(class, class_names.len())),
                name.clone(),
            )
        })
        .collect();
    let shadings = || panels.iter().filter_map(|panel| panel.shading.as_ref());
    let boundary = Mark::Line {
        color: boundary_color(),
        width: 1.2,
        dashed: false,
    };
    if shadings().any(|shading| matches!(shading, Shading::Binary { .. })) {
        let key = Shading::key(70 * IMAGE_SCALE, 12 * IMAGE_SCALE);
        let name = class_names.get(1).map_or("1", String::as_str);
        entries.push((Mark::Image(key), format!("probability of {name}, 0 to 1")));
        entries.push((boundary, "decision boundary (0.5)".to_owned()));
    } else if shadings().next().is_some() {
        entries.push((
            boundary,
            "decision boundary; paler where less certain".to_owned(),
        ));
    }
    if panels
        .iter()
        .any(|panel| !panel.reference_points.is_empty())
    {
        entries.push((Mark::Cross, reference_label.to_owned()));
    }
    entries
}

fn draw_panel(
    scene: &mut Scene,
    panel: &EmbeddingPanel,
    class_names: &[String],
    [left, top]: [f64; 2],
    side: f64,
) {
    let (raster, hidden) = picture(panel, class_names.len(), side);
    // Whole pixels, or else the bitmap and the frame would be apart by a fraction.
    let (left, top) = (left.round(), top.round());
    scene.image([left, top], raster);
    for point in &panel.reference_points {
        if let Some([x, y]) = panel.square.locate(*point) {
            cross(scene, [left + x * side, top + y * side]);
        }
    }
    // Two colours can be told apart without a name.
    if class_names.len() > 2 {
        for (class, name) in class_names.iter().enumerate() {
            if let Some([x, y]) = badge_place(panel, class, side) {
                let color = class_color(class, class_names.len());
                badge(scene, [left + x, top + y], color, name);
            }
        }
    }
    scene.frame([left, top], [side, side], FRAME);
    let bottom = top + side;
    let [low, high] = [-1.0, 1.0].map(|sign| {
        panel
            .square
            .center
            .map(|center| center + sign * panel.square.half)
    });
    for (value, text) in ticks(low[0], high[0], 5) {
        let x = left + (value - low[0]) / (high[0] - low[0]) * side;
        scene.line(vec![[x, bottom], [x, bottom + TICK]], FRAME, 1.0);
        let at = [x, bottom + TICK + TICK_TEXT + 1.0];
        scene.label(label(text, at, Align::Middle, TICK_TEXT, INK, false));
    }
    for (value, text) in ticks(low[1], high[1], 5) {
        let y = bottom - (value - low[1]) / (high[1] - low[1]) * side;
        scene.line(vec![[left - TICK, y], [left, y]], FRAME, 1.0);
        let at = [left - TICK - 4.0, y + 0.35 * TICK_TEXT];
        scene.label(label(text, at, Align::Right, TICK_TEXT, INK, false));
    }
    if hidden > 0 {
        let text = format!(
            "{} of {} points not shown",
            grouped(hidden),
            grouped(panel.points.len())
        );
        let at = [left + side, bottom + TICK + 2.0 * TICK_TEXT + 4.0];
        scene.label(label(
            text,
            at,
            Align::Right,
            TICK_TEXT - 1.0,
            FAINT_INK,
            false,
        ));
    }
}

/// Where to name a class in a panel of the given side: outwards of its reference point if there is
/// one, inwards where that would be on the frame; else in the middle of its points.
fn badge_place(panel: &EmbeddingPanel, class: usize, side: f64) -> Option<[f64; 2]> {
    if let Some(point) = panel.reference_points.get(class) {
        let at = panel.square.locate(*point)?.map(|share| share * side);
        let outwards = at.map(|x| x - side / 2.0);
        let length = outwards[0].hypot(outwards[1]).max(1.0);
        let place = |offset: f64| [0, 1].map(|axis| at[axis] + outwards[axis] / length * offset);
        let room = BADGE_RADIUS + 2.0..=side - BADGE_RADIUS - 2.0;
        let outside = place(BADGE_OFFSET);
        return Some(match outside.iter().all(|x| room.contains(x)) {
            true => outside,
            false => place(-BADGE_OFFSET),
        });
    }
    let points = panel.points.iter().zip(&panel.classes);
    let own = points.filter(|(_, own)| usize::from(**own) == class);
    let (mut sum, mut count) = ([0.0; 2], 0.0);
    for point in own.map(|(point, _)| point.map(f64::from)) {
        if point.iter().all(|x| x.is_finite()) {
            sum = [sum[0] + point[0], sum[1] + point[1]];
            count += 1.0;
        }
    }
    let at = panel.square.locate(sum.map(|x| x / count))?;
    Some(at.map(|share| share * side))
}

/// A class's name on a disc with a rim of its colour.
fn badge(scene: &mut Scene, [x, y]: [f64; 2], color: Rgb, name: &str) {
    scene.disc([x, y], BADGE_RADIUS + 1.0, INK);
    scene.disc([x, y], BADGE_RADIUS, color);
    scene.disc([x, y], BADGE_RADIUS - 2.0, WHITE);
    let em = 0.8 * TEXT;
    let at = [x, y + 0.36 * em];
    scene.label(label(name.to_owned(), at, Align::Middle, em, INK, true));
}

/// Shading and dots, and how many points are outside.
fn picture(panel: &EmbeddingPanel, classes: usize, side: f64) -> (Raster, usize) {
    let pixels = (side * IMAGE_SCALE as f64).round() as usize;
    let mut raster = match &panel.shading {
        Some(shading) => shading.raster(pixels, classes),
        None => Raster::new(pixels, pixels),
    };
    let radius = DOT_RADIUS * IMAGE_SCALE as f64;
    let mut hidden = 0;
    for (point, &class) in panel.points.iter().zip(&panel.classes) {
        match panel.square.locate(point.map(f64::from)) {
            Some([x, y]) => {
                let color = class_color(usize::from(class), classes);
                let [x, y] = [x * pixels as f64, y * pixels as f64];
                raster.disc(x, y, radius, color, DOT_ALPHA);
            }
            None => hidden += 1,
        }
    }
    (raster, hidden)
}

/// A number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A horizontal label.
pub(super) fn label(
    text: String,
    at: [f64; 2],
    align: Align,
    em: f64,
    color: Rgb,
    bold: bool,
) -> Label {
    Label {
        text,
        at,
        align,
        em,
        color,
        bold,
        upwards: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Square;

    #[test]
    fn names_stay_in_the_panel() {
        let panel = |at: f64| EmbeddingPanel {
            title: String::new(),
            subtitle: String::new(),
            square: Square {
                center: [0.0, 0.0],
                half: 100.0,
            },
            points: Vec::new(),
            classes: Vec::new(),
            shading: None,
            reference_points: vec![[at, 0.0]],
        };
        let place = |at| badge_place(&panel(at), 0, 200.0);
        assert_eq!(place(50.0), Some([150.0 + BADGE_OFFSET, 100.0]));
        assert_eq!(place(95.0), Some([195.0 - BADGE_OFFSET, 100.0]));
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1234567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
