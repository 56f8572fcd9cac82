use super::{Curve, CurvePanel, EmbeddingPanel, FigureError, MatrixPanel, Shading};
use super::{draw_curves, draw_embeddings, draw_matrices};
use crate::eval::Square;
use std::fs;
use std::path::PathBuf;

fn embedding(title: &str, shading: Option<Shading>) -> EmbeddingPanel {
    let points = vec![
        [-1.0, 0.0],
        [1.0, 0.5],
        [f32::NAN, 0.0],
        [0.0, f32::INFINITY],
    ];
    EmbeddingPanel {
        title: title.to_owned(),
        subtitle: "accuracy 99.46 %, radius 2.5".to_owned(),
        square: Square::around(&points),
        classes: vec![0, 1, 0, 1],
        points,
        shading,
        reference_points: vec![[0.0, 0.0], [f64::NAN, 0.0], [900.0, 0.0]],
    }
}

fn curves(title: &str) -> CurvePanel {
    let points = vec![
        (-1.0, 0.0),
        (0.0, 1.0),
        (0.5, f64::NAN),
        (1.0, 2.0),
        (2.0, 1e300),
    ];
    let curve = |label: &str, dashed| Curve {
        label: label.to_owned(),
        points: points.clone(),
        dashed,
    };
    CurvePanel {
        title: title.to_owned(),
        x_label: "distance".to_owned(),
        y_label: "logit".to_owned(),
        curves: vec![curve("μ = 1, σ < 0.5", false), curve("π − 2²", true)],
        y_range: Some((-1.0, 3.0)),
    }
}

fn names() -> Vec<String> {
    ["even", "odd"].map(str::to_owned).to_vec()
}

/// Checks both files and returns the text of the SVG.
fn check([svg, png]: [PathBuf; 2]) -> String {
    assert_eq!(svg.extension().unwrap(), "svg");
    let picture = fs::read(png).unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(picture.len() > 1000);
    let text = fs::read_to_string(svg).unwrap();
    assert!(roxmltree::Document::parse(&text).is_ok(), "{text}");
    text
}

#[test]
fn embeddings_are_written_to_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("lambda-0.5");
    let shading = Shading {
        side: 2,
        probabilities: vec![0.0, 1.0, f32::NAN, 0.7],
    };
    let panels = [
        embedding("linear head", Some(shading)),
        embedding("dome head", None),
    ];
    let paths = draw_embeddings("Embeddings", &names(), "center", &panels, &stem).unwrap();
    assert_eq!(paths[1], folder.path().join("lambda-0.5.png"));
    let text = check(paths);
    for part in [
        "Embeddings",
        "linear head",
        "dome head",
        "even",
        "odd",
        "center",
        "99.46 %",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert!(text.contains("2 of 4 points not shown"));
    assert!(text.contains("\"data:image/png;base64,iVBOR"));
}

#[test]
fn a_curve_of_one_point_is_a_dot() {
    let dir = tempfile::tempdir().unwrap();
    let mut panel = curves("a run of one step");
    let draw = |panel: &CurvePanel, name: &str| {
        let stem = dir.path().join(name);
        check(draw_curves("title", std::slice::from_ref(panel), 1, &stem).unwrap())
    };
    assert!(!draw(&panel, "lines").contains("<circle"));
    for curve in &mut panel.curves {
        curve.points.truncate(1);
    }
    assert_eq!(draw(&panel, "dots").matches("<circle").count(), 2);
}

#[test]
fn curves_are_written_to_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("curves");
    let empty = CurvePanel {
        curves: Vec::new(),
        y_range: None,
        ..curves("empty")
    };
    let panels = [curves("first"), curves("second"), empty];
    let text = check(draw_curves("Shapes", &panels, 2, &stem).unwrap());
    for part in [
        "Shapes",
        "first",
        "second",
        "empty",
        "μ = 1, σ &lt; 0.5",
        "π − 2²",
        "logit",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("NaN") && !text.contains("inf"));
}

#[test]
fn matrices_are_written_to_both_files() {
    let folder = tempfile::tempdir().unwrap();
    let panel = MatrixPanel {
        title: "dome head".to_owned(),
        subtitle: "compactness 7.4".to_owned(),
        values: vec![vec![0.25, 12.34], vec![f64::NAN, 101.0]],
    };
    let draw = |panel: &MatrixPanel, stem: &str| {
        let panels = std::slice::from_ref(panel);
        draw_matrices("Distances", &names(), panels, &folder.path().join(stem))
    };
    let text = check(draw(&panel, "good").unwrap());
    for part in [
        "Distances",
        "dome head",
        "compactness",
        "0.25",
        "12.3",
        "101",
        "even",
        "odd",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("NaN"));
    let ragged = MatrixPanel {
        values: vec![vec![1.0, 2.0], vec![3.0]],
        ..panel
    };
    let message = draw(&ragged, "bad").unwrap_err().to_string();
    assert!(
        message.ends_with("not a matrix of 2 rows and 2 columns"),
        "{message}"
    );
}

#[test]
fn many_classes_are_named_in_the_panels() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = ["first", "second", "third"].map(str::to_owned).to_vec();
    let shading = Shading {
        side: 1,
        probabilities: vec![0.2, 0.3, 0.5],
    };
    let panel = EmbeddingPanel {
        reference_points: Vec::new(),
        ..embedding("multi", Some(shading))
    };
    let stem = folder.path().join("many");
    let text = check(draw_embeddings("Classes", &names, "", &[panel], &stem).unwrap());
    // In the legend, and in the panel where the class has points that can be seen.
    for (name, times) in [(">first<", 2), (">second<", 2), (">third<", 1)] {
        assert_eq!(text.matches(name).count(), times, "{name}");
    }
}

#[test]
fn any_name_can_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "<\"a\" & 'b'>]]>\u{1}\u{1b}[31m\r\u{7f}\u{fffe}漢字 {long}";
    let odd = odd.replace("{long}", &"long".repeat(200));
    let names = vec![odd.clone(); 3];
    let mut panel = embedding(&odd, None);
    panel.subtitle = odd.clone();
    let lines = CurvePanel {
        x_label: odd.clone(),
        y_label: odd.clone(),
        ..curves(&odd)
    };
    let matrix = MatrixPanel {
        title: odd.clone(),
        subtitle: odd.clone(),
        values: vec![vec![1.0; 3]; 3],
    };
    let stem = |name: &str| folder.path().join(name);
    let figures = [
        draw_embeddings(&odd, &names, &odd, &[panel], &stem("embedding")),
        draw_curves(&odd, &[lines], 1, &stem("curves")),
        draw_matrices(&odd, &names, &[matrix], &stem("matrix")),
    ];
    for figure in figures {
        let text = check(figure.unwrap());
        let document = roxmltree::Document::parse(&text).unwrap();
        let mut texts = document.descendants().filter_map(|node| node.text());
        let shown = "<\"a\" & 'b'>]]>\u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}漢字";
        assert!(texts.any(|text| text.starts_with(shown)), "{text}");
    }
}

#[test]
fn figures_without_panels_are_no_error() {
    let folder = tempfile::tempdir().unwrap();
    check(draw_curves("Nothing", &[], 3, &folder.path().join("a")).unwrap());
    check(draw_embeddings("Nothing", &[], "", &[], &folder.path().join("b")).unwrap());
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("missing").join("figure");
    let error = draw_curves("Shapes", &[curves("first")], 1, &stem).unwrap_err();
    assert!(matches!(error, FigureError::Write { .. }));
    let message = error.to_string();
    assert!(message.starts_with("cannot write figure"), "{message}");
    assert!(message.contains("figure.svg"), "{message}");
    // The PNG cannot take the place of a folder.
    let stem = folder.path().join("taken");
    fs::create_dir(folder.path().join("taken.png")).unwrap();
    let error = draw_curves("Shapes", &[curves("first")], 1, &stem).unwrap_err();
    assert!(error.to_string().contains("taken.png"), "{error}");
}

#[test]
fn contradicting_lengths_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let stem = folder.path().join("figure");
    let draw = |panel: EmbeddingPanel| {
        draw_embeddings("Embeddings", &names(), "", &[panel], &stem)
            .unwrap_err()
            .to_string()
    };
    let good = embedding("dome", None);
    let message = draw(EmbeddingPanel {
        classes: vec![0],
        ..good.clone()
    });
    assert!(message.contains("figure") && message.contains("\"dome\": 4 points but 1 classes"));
    let message = draw(EmbeddingPanel {
        classes: vec![0, 1, 2, 0],
        ..good.clone()
    });
    assert!(message.ends_with("class 2 has no name"), "{message}");
    let shading = Some(Shading {
        side: 3,
        probabilities: vec![0.5; 8],
    });
    let message = draw(EmbeddingPanel {
        shading,
        ..good.clone()
    });
    assert!(message.ends_with("8 values instead of 9"), "{message}");
    let square = Square {
        center: [0.0; 2],
        half: 0.0,
    };
    let message = draw(EmbeddingPanel { square, ..good });
    assert!(message.contains("square"), "{message}");
}
