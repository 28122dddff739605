//! Asks the processor for memory before it is needed.
//!
//! A message that waited in a queue has left the cache of the core when its turn comes, and fetching it takes as long as
//! everything else that is done with it. Who knows the next message while it works on this one can have it fetched meanwhile.
//!
//! Unsafe code is in here because the processor's instruction is not wrapped by the standard library.

/// Bytes that come into the cache at once.
const LINE_BYTES: usize = 64;

/// Asks for the lines of memory that begin at `start` and hold the next `bytes` bytes. A hint: it reads nothing, changes nothing,
/// and is good for any address. Does nothing on processors it does not know.
#[inline]
pub fn prefetch<T>(start: *const T, bytes: usize) {
    let start = start.cast::<u8>();
    for offset in (0..bytes).step_by(LINE_BYTES) {
        prefetch_line(start.wrapping_add(offset));
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
fn prefetch_line(line: *const u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    #[allow(unsafe_code, reason = "the standard library has no safe form of it")]
    // SAFETY: PREFETCHT0 is part of every x86-64 and faults for no address.
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(line.cast());
    }
}

#[cfg(all(target_arch = "aarch64", not(miri)))]
#[inline]
fn prefetch_line(line: *const u8) {
    #[allow(unsafe_code, reason = "the standard library has no safe form of it")]
    // SAFETY: PRFM is part of every AArch64, faults for no address, and changes neither memory nor flags.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{line}]", line = in(reg) line, options(nostack, preserves_flags, readonly));
    }
}

#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[inline]
fn prefetch_line(_line: *const u8) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_is_good() {
        let bytes = [7_u8; 300];
        for start in [bytes.as_ptr(), std::ptr::null(), std::ptr::without_provenance(usize::MAX)] {
            prefetch(start, 300);
        }
        assert_eq!(bytes, [7; 300]);
    }
}
