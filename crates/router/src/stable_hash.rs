//! A hash that is the same in every process and on every node, for picks that must agree everywhere.
//!
//! FNV-1a with a final mix (the finalizer of MurmurHash3). It is not keyed: whoever chooses client ids can choose the
//! hash, and gains nothing but a favourite member of a group.

/// Hashes a text.
pub(crate) fn stable_hash(text: impl AsRef<[u8]>) -> u64 {
    mix(text
        .as_ref()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)))
}

/// Spreads every input bit over the whole word.
pub(crate) fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}
