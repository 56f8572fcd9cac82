use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

/// Arrays of numbers in a page: each compressed by zlib, as Base64, which browsers read without further code.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    texts: Vec<String>,
}

/// Which array it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Blob(usize);

impl Blobs {
    pub fn bytes(&mut self, values: &[u8]) -> Blob {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        let compressed = encoder.write_all(values).and_then(|()| encoder.finish());
        let compressed = compressed.expect("memory can be written");
        self.texts.push(STANDARD.encode(compressed));
        Blob(self.texts.len() - 1)
    }

    /// All low bytes, then all high ones: so they are compressed better.
    pub fn shorts(&mut self, values: &[u16]) -> Blob {
        let low = values.iter().map(|value| value.to_le_bytes()[0]);
        let high = values.iter().map(|value| value.to_le_bytes()[1]);
        self.bytes(&low.chain(high).collect::<Vec<u8>>())
    }

    /// Little-endian, to the bit.
    pub fn floats(&mut self, values: &[f32]) -> Blob {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.bytes(&bytes)
    }

    /// The arrays as text, in their order.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::*;

    #[test]
    fn what_a_browser_reads_is_what_was_written() {
        let mut blobs = Blobs::default();
        assert_eq!(blobs.shorts(&[0x0102, 0xff00]), Blob(0));
        assert_eq!(blobs.floats(&[1.0]), Blob(1));
        let read = |text: &String| {
            let bytes = STANDARD.decode(text).unwrap();
            let mut read = Vec::new();
            ZlibDecoder::new(&bytes[..]).read_to_end(&mut read).unwrap();
            read
        };
        assert_eq!(read(&blobs.texts()[0]), [0x02, 0x00, 0x01, 0xff]);
        assert_eq!(read(&blobs.texts()[1]), 1.0f32.to_le_bytes());
    }
}
