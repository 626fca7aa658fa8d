//! A checksum of numbers, so that one can tell whether they are those of before.

use super::Scalar;

/// CRC32C of numbers, each as its bits in its precision, the lowest byte first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checksum(u32);

impl Checksum {
    /// Takes in bytes.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Checksum {
        Checksum(crc32c::crc32c_append(self.0, bytes))
    }

    /// Takes in numbers, and how many they are.
    pub(crate) fn numbers<T: Scalar>(self, numbers: &[T]) -> Checksum {
        const BLOCK: usize = 1024;
        let mut bytes = [0; 8 * BLOCK];
        let mut sum = self.bytes(&(numbers.len() as u64).to_le_bytes());
        for block in numbers.chunks(BLOCK) {
            let bytes = &mut bytes[..size_of_val(block)];
            if size_of::<T>() == 4 {
                let each = bytes.as_chunks_mut().0.iter_mut().zip(block);
                each.for_each(|(bytes, x)| *bytes = (x.f64() as f32).to_le_bytes());
            } else {
                let each = bytes.as_chunks_mut().0.iter_mut().zip(block);
                each.for_each(|(bytes, x)| *bytes = x.f64().to_le_bytes());
            }
            sum = sum.bytes(bytes);
        }
        sum
    }

    /// Takes in texts, and how many they are.
    pub(crate) fn texts(self, texts: &[String]) -> Checksum {
        let count = self.bytes(&(texts.len() as u64).to_le_bytes());
        texts
            .iter()
            .fold(count, |sum, text| sum.bytes(&(text.len() as u64).to_le_bytes()).bytes(text.as_bytes()))
    }

    /// The checksum of all that was taken in.
    pub(crate) fn value(self) -> u32 {
        self.0
    }
}
