//! A checkpoint as bytes: a line that says what it is, one with the checksum and the lengths of the parts, the parts.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use crate::train::{Position, State};

const FIRST_LINE: &[u8] = b"mnist-experiments checkpoint 1\n";

/// What follows the two lines.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    /// Of all parts, one after the other, in hexadecimal digits.
    md5: String,
    /// The checksum of what is trained on.
    data: String,
    /// Their lengths: position, model, optimizer, embeddings.
    parts: [usize; 4],
}

/// The bytes of a state, and of the embeddings that were kept after the epochs.
pub(super) fn encode(state: &State, embeddings: &[u8], data: &str) -> Result<Vec<u8>, String> {
    let position = serde_json::to_vec(&state.position).map_err(|error| error.to_string())?;
    let parts = [&position, &state.model, &state.optimizer, embeddings];
    let contents = Contents {
        md5: checksum(&parts.concat()),
        data: data.into(),
        parts: parts.map(<[u8]>::len),
    };
    let line = serde_json::to_vec(&contents).map_err(|error| error.to_string())?;
    let all = [&[FIRST_LINE, &line, b"\n"], &parts[..]].concat();
    Ok(all.concat())
}

/// What [`encode`] made bytes of, of the same data.
pub(super) fn decode(bytes: &[u8], data: &str) -> Result<(State, Vec<u8>), String> {
    let Some(rest) = bytes.strip_prefix(FIRST_LINE) else {
        return Err("it is no checkpoint of this version".into());
    };
    let end = rest.iter().position(|&byte| byte == b'\n');
    let (line, rest) = rest.split_at(end.ok_or("it is cut off")?);
    let contents: Contents = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let rest = &rest[1..];
    let length = contents
        .parts
        .iter()
        .try_fold(0usize, |sum, &part| sum.checked_add(part));
    if length != Some(rest.len()) {
        return Err("it is cut off, or longer than it says".into());
    }
    if checksum(rest) != contents.md5 {
        return Err("its checksum is another one".into());
    }
    if contents.data != data {
        return Err("it is of other images".into());
    }
    let mut at = 0;
    let [position, model, optimizer, embeddings] = contents.parts.map(|length| {
        at += length;
        &rest[at - length..at]
    });
    let position: Position = serde_json::from_slice(position).map_err(|error| error.to_string())?;
    let state = State {
        position,
        model: model.to_vec(),
        optimizer: optimizer.to_vec(),
    };
    Ok((state, embeddings.to_vec()))
}

fn checksum(bytes: &[u8]) -> String {
    let digest: [u8; 16] = Md5::digest(bytes).into();
    format!("{:032x}", u128::from_be_bytes(digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Sums;

    fn state() -> State {
        State {
            position: Position {
                steps: 41,
                epochs: Vec::new(),
                tally: Sums {
                    images: 64,
                    // Whose nearest neighbour a reader in a hurry finds.
                    loss: f64::from(0.1f32) + f64::EPSILON,
                    correct: 60.0,
                },
                curve: None,
                seconds: 0.25,
            },
            model: vec![1, 2, 10, 3],
            optimizer: vec![b'\n'; 5],
        }
    }

    #[test]
    fn states_come_back() {
        let bytes = encode(&state(), &[7, 8], "abc").unwrap();
        assert_eq!(decode(&bytes, "abc"), Ok((state(), vec![7, 8])));
        assert!(decode(&bytes, "abd").unwrap_err().contains("other images"));
    }

    /// Whatever byte is another one or missing.
    #[test]
    fn damage_is_noticed() {
        let bytes = encode(&state(), &[7, 8], "abc").unwrap();
        for at in 0..bytes.len() {
            assert!(decode(&bytes[..at], "abc").is_err(), "cut off at {at}");
            for bit in [1, 0x80] {
                let mut flipped = bytes.clone();
                flipped[at] ^= bit;
                // Hexadecimal digits mean the same in capitals, but are not the same text.
                assert!(decode(&flipped, "abc").is_err(), "bit {bit} of byte {at}");
            }
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(decode(&longer, "abc").unwrap_err().contains("longer"));
        assert!(decode(b"", "abc").unwrap_err().contains("no checkpoint"));
        let huge = br#"mnist-experiments checkpoint 1
{"md5":"","data":"","parts":[18446744073709551615,1,0,0]}
"#;
        assert!(decode(huge, "").unwrap_err().contains("cut off"));
    }
}
