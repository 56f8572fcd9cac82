use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// How every gzip stream starts. No IDX file does: those start with two zero bytes.
pub(super) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The content of a gzip file, which may consist of several streams one after the other (RFC 1952,
/// section 2.2).
///
/// flate2 has a reader for that, but it takes a few foreign bytes behind a stream for the start of
/// another one that is cut short.
pub(super) struct GzipReader {
    /// The stream that is read; none once all are.
    stream: Option<GzDecoder<BufReader<File>>>,
}

/// What follows the last gzip stream of a file is none.
#[derive(Debug, thiserror::Error)]
#[error("bytes behind the stream that are not gzip")]
pub(super) struct ForeignBytes {
    /// How many, up to [`MOST_COUNTED`].
    pub count: u64,
}

/// The foreign bytes that are counted; more are said to be more.
pub(super) const MOST_COUNTED: u64 = 1 << 20;

impl GzipReader {
    /// Of a file that starts with [`GZIP_MAGIC`].
    pub fn new(file: BufReader<File>) -> Self {
        let stream = Some(GzDecoder::new(file));
        Self { stream }
    }
}

impl Read for GzipReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(stream) = &mut self.stream {
            let read = stream.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let file = stream.get_mut();
            let next = file.fill_buf()?;
            // The buffer may end within the two bytes.
            let known = next.len().min(GZIP_MAGIC.len());
            if known > 0 && next[..known] != GZIP_MAGIC[..known] {
                let count = io::copy(&mut file.take(MOST_COUNTED + 1), &mut io::sink())?;
                return Err(io::Error::other(ForeignBytes { count }));
            }
            let ended = self.stream.take().map(GzDecoder::into_inner);
            self.stream = ended.filter(|_| known > 0).map(GzDecoder::new);
        }
        Ok(0)
    }
}
