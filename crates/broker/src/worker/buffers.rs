//! Out-buffers, lent to connections while they have bytes to write.

/// A returned buffer larger than this is freed: one burst must not stay in memory.
const BUFFER_BYTES_MAX: usize = 256 * 1024;

/// A new buffer has this much room; one with less did not come from here and is freed.
const BUFFER_BYTES_MIN: usize = 4 * 1024;

/// Bytes kept in all buffers together.
const POOL_BYTES_MAX: usize = 16 << 20;

/// A stack of empty buffers; the last one returned is the first one lent, and still in the cache of the processor.
#[derive(Debug, Default)]
pub(crate) struct BufferPool {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

impl BufferPool {
    /// An empty buffer.
    pub(crate) fn lend(&mut self) -> Vec<u8> {
        match self.buffers.pop() {
            Some(buffer) => {
                self.bytes -= buffer.capacity();
                buffer
            }
            None => Vec::with_capacity(BUFFER_BYTES_MIN),
        }
    }

    /// Takes a buffer back.
    pub(crate) fn give_back(&mut self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        if !(BUFFER_BYTES_MIN..=BUFFER_BYTES_MAX).contains(&capacity) || self.bytes + capacity > POOL_BYTES_MAX {
            return;
        }
        buffer.clear();
        self.bytes += capacity;
        self.buffers.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_fits_and_counts_it() {
        let mut pool = BufferPool::default();
        pool.give_back(Vec::with_capacity(BUFFER_BYTES_MAX + 1));
        pool.give_back(vec![0; 60]);
        assert_eq!((pool.buffers.len(), pool.bytes), (0, 0));
        for _ in 0..100 {
            pool.give_back(Vec::with_capacity(BUFFER_BYTES_MAX));
        }
        assert!(pool.bytes <= POOL_BYTES_MAX && pool.buffers.len() == 64);
        assert_eq!(pool.lend().capacity(), BUFFER_BYTES_MAX);
    }
}
