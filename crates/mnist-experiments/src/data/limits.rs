/// The most bytes of a file that are kept in memory: 1 GiB, over 20 times the largest file of MNIST.
/// It bounds what a forged header together with a gzip bomb can take. Of a larger file of training
/// images a part can be [selected](super::Selection).
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// The highest width or height of an image, in pixels.
pub const MAX_IMAGE_SIDE: u32 = 4096;
