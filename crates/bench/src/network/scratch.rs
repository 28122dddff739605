//! Buffers that all layered connections share, so that an idle one owns none.

/// Bytes of one read of records.
const RECORDS_BYTES: usize = 64 * 1024;

/// Used within one call and worth nothing after it.
#[derive(Debug)]
pub(super) struct Scratch {
    /// TLS records that arrived.
    pub(super) records: Vec<u8>,
    /// WebSocket frames to be encrypted.
    pub(super) frames: Vec<u8>,
    /// Bytes for the socket.
    pub(super) out: Vec<u8>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self { records: vec![0; RECORDS_BYTES], frames: Vec::new(), out: Vec::new() }
    }
}
