//! The page of `report`: what is in it is what the runs measured. What a browser makes of it is tested in `report-page/`.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use mnist_experiments::report::RunFolder;
use serde_json::Value;

fn program(args: &[&str], path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mnist-experiments"));
    command.args(args).arg(path).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn succeed(args: &[&str], path: &Path) -> String {
    let output = program(args, path);
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Writes a set of 40 images of 28 x 28 pixels, for training and test; those of another `shift` are others.
fn write_set(dir: &Path, shift: usize) {
    fs::create_dir_all(dir).unwrap();
    let header =
        |numbers: &[u32]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_be_bytes()).collect() };
    for part in ["train", "t10k"] {
        let pixels = (0..40 * 28 * 28).map(|i| (i * (i + shift) % 251) as u8);
        let images = [header(&[0x803, 40, 28, 28]), pixels.collect()].concat();
        let labels = [header(&[0x801, 40]), (0..40).map(|i| i % 10).collect()].concat();
        fs::write(dir.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(dir.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

/// A training of two epochs on such a set.
fn train(data: &Path, heads: &str, out: &Path) {
    let data = data.to_str().unwrap();
    let start = ["digits", "--data", data, "--heads", heads, "--keep-epochs"];
    succeed(&[&start[..], &["--epochs", "2", "--out"]].concat(), out);
}

/// A page's JSON and its arrays.
struct Page {
    content: Value,
    blobs: Vec<Vec<u8>>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let after = |start: &str, text: &str| -> Vec<String> {
            let parts = text.split(start).skip(1);
            parts
                .map(|part| part.split_once("</script>").unwrap().0.to_owned())
                .collect()
        };
        let content = after("id=\"content\">", &text);
        let decoded = |blob: String| {
            let mut bytes = Vec::new();
            let compressed = STANDARD.decode(blob).unwrap();
            ZlibDecoder::new(&compressed[..])
                .read_to_end(&mut bytes)
                .unwrap();
            bytes
        };
        let blobs = after("<script type=\"text/plain\" class=\"blob\">", &text);
        Self {
            content: serde_json::from_str(&content[0]).unwrap(),
            blobs: blobs.into_iter().map(decoded).collect(),
        }
    }

    fn bytes(&self, index: &Value) -> &[u8] {
        &self.blobs[index.as_u64().unwrap() as usize]
    }

    fn shorts(&self, index: &Value) -> Vec<f64> {
        let (low, high) = self.bytes(index).split_at(self.bytes(index).len() / 2);
        let pairs = low.iter().zip(high);
        pairs
            .map(|(&low, &high)| f64::from(u16::from_le_bytes([low, high])))
            .collect()
    }
}

#[test]
fn a_page_has_what_the_run_measured() {
    let dir = tempfile::tempdir().unwrap();
    let [data, out] = ["data", "run"].map(|name| dir.path().join(name));
    write_set(&data, 0);
    train(&data, "softmax-2d,multi-dome-nll", &out);
    let text = succeed(&["report", "--images", "20", "--outliers", "3"], &out);
    assert!(
        text.contains("softmax-2d") && text.contains("report.html"),
        "{text}"
    );

    let folder = RunFolder::open(&out);
    let page = Page::read(&folder.file("report.html"));
    let images = &page.content["images"];
    assert_eq!(
        (&images["count"], &images["total"]),
        (&20.into(), &40.into())
    );
    assert_eq!(page.bytes(&images["pixels"]).len(), 20 * 28 * 28);
    assert_eq!(page.content["outliers"][0]["name"], "mnist");
    let indices: Vec<usize> = serde_json::from_value(images["indices"].clone()).unwrap();

    let rows = folder.embeddings().unwrap();
    let networks = page.content["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 2);
    for network in networks {
        let name = network["name"].as_str().unwrap();
        let of_head: Vec<_> = rows.iter().filter(|row| row.head == name).collect();
        assert_eq!(network["epochs"], serde_json::json!([1, 2]), "{name}");
        assert!(!network["scorer"].is_null(), "{name}");
        assert_eq!(network["curves"].as_array().unwrap().len(), 2);

        // The positions of the last epoch are half a step off at most.
        let dim = network["dim"].as_u64().unwrap() as usize;
        let values = page.shorts(&network["positions"]["values"]);
        assert_eq!(values.len(), 2 * dim * 20);
        let scale = &network["positions"]["scales"][1];
        let [low, step] = ["low", "step"].map(|key| scale[key].as_f64().unwrap());
        let predicted = page.bytes(&network["outputs"]["predicted"]);
        for (i, &index) in indices.iter().enumerate() {
            for axis in 0..dim {
                let read = low + step * values[(dim + axis) * 20 + i];
                let right = f64::from(of_head[index].embedding[axis]);
                assert!(
                    (read - right).abs() < 0.51 * step,
                    "{name}: {read}, {right}"
                );
            }
            assert_eq!(predicted[i], of_head[index].predicted);
        }
    }

    let figures = succeed(&["report", "--figures"], &out);
    assert!(figures.contains("embedding.svg"), "{figures}");
}

#[test]
fn runs_of_different_images_share_no_page() {
    let dir = tempfile::tempdir().unwrap();
    let [data, elsewhere] = ["data", "elsewhere"].map(|name| dir.path().join(name));
    let [first, second] = ["first", "second"].map(|name| dir.path().join(name));
    for (set, shift, out) in [(&data, 0, &first), (&elsewhere, 7, &second)] {
        write_set(set, shift);
        train(set, "softmax-2d", out);
    }
    let output = program(&["report", first.to_str().unwrap()], &second);
    assert!(!output.status.success());
    let error = stderr(&output);
    assert!(
        error.contains("different images") && error.contains("make a page of each"),
        "{error}"
    );

    let output = program(&["report", "--images", "0"], &first);
    assert!(stderr(&output).contains("--images is 0, but must be at least 1"));

    // Two runs of the same images share one.
    let (other, out) = (dir.path().join("other"), dir.path().join("both.html"));
    train(&data, "multi-dome-2d", &other);
    let [a, b] = [&first, &other].map(|path| path.to_str().unwrap());
    succeed(
        &["report", a, b, "--images", "20", "--outliers", "0", "--out"],
        &out,
    );
    let page = Page::read(&out);
    assert_eq!(page.content["networks"][1]["run"], 1);
    assert_eq!(page.content["runs"][1]["name"], "other");
    assert_eq!(page.content["outliers"], serde_json::json!([]));
}
