//! Arrays in numpy's format.

use std::io::{self, Write};

use burn::tensor::f16;

/// What numpy calls the type of values.
pub(crate) trait Value: Copy {
    const TYPE: &'static str;

    fn write(self, file: &mut impl Write) -> io::Result<()>;
}

impl Value for f32 {
    const TYPE: &'static str = "<f4";

    fn write(self, file: &mut impl Write) -> io::Result<()> {
        file.write_all(&self.to_le_bytes())
    }
}

impl Value for f16 {
    const TYPE: &'static str = "<f2";

    fn write(self, file: &mut impl Write) -> io::Result<()> {
        file.write_all(&self.to_le_bytes())
    }
}

impl Value for u8 {
    const TYPE: &'static str = "|u1";

    fn write(self, file: &mut impl Write) -> io::Result<()> {
        file.write_all(&[self])
    }
}

/// Writes an array in numpy's format, version 1.0
/// (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
///
/// A line of text in front of the numbers is all of it. The crates for the format read that line as Python, with a
/// generated parser, some 20 crates and a C compiler for the first build.
pub(crate) fn write_npy<T: Value>(
    file: &mut impl Write,
    shape: &[usize],
    values: &[T],
) -> io::Result<()> {
    let sizes: Vec<String> = shape.iter().map(|size| format!("{size},")).collect();
    let mut header = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
        T::TYPE,
        sizes.join(" ")
    );
    // With magic, version and length (10 bytes) and its line feed a multiple of 64.
    let padding = 63 - (10 + header.len()) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    values.iter().try_for_each(|value| value.write(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that `numpy.save` of numpy 2 writes of `numpy.array([[1, 2, 3]], dtype="f4")`.
    #[test]
    fn as_numpy_writes_it() {
        let mut bytes = Vec::new();
        write_npy(&mut bytes, &[1, 3], &[1.0f32, 2.0, 3.0]).unwrap();
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3,), }";
        let header = format!("{text:117}\n");
        assert_eq!(&bytes[10..128], header.as_bytes());
        assert_eq!(
            &bytes[128..],
            [1.0f32, 2.0, 3.0].map(f32::to_le_bytes).as_flattened()
        );
    }

    #[test]
    fn one_dimension_of_bytes() {
        let mut bytes = Vec::new();
        write_npy(&mut bytes, &[2], &[7u8, 9]).unwrap();
        let header = std::str::from_utf8(&bytes[10..128]).unwrap();
        assert!(header.starts_with("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"));
        assert_eq!(bytes[128..], [7, 9]);
    }
}
