//! The allocator of the binary, and giving memory back to the operating system.
//!
//! mimalloc gives memory back a while after it became free, but only when the process allocates again. A broker that has
//! loaded a million sessions and then has nothing to do would keep what it needed for loading: 494 MB instead of 377 were
//! resident. So somebody has to say when it is time.
//!
//! This crate is the only one with unsafe code: one call of the allocator's C interface, which the crate `mimalloc` does not
//! wrap.

/// The allocator, for `#[global_allocator]`.
pub use mimalloc::MiMalloc as Allocator;

/// Has the operating system hand out memory in small pages from now on. The allocator asks for huge ones, 2 MiB at a time, and each
/// thread has its own: 100,000 retained messages took 51 to 60 MB with them and 34 to 40 without, and pairs, fan-in and fan-out were
/// not slower. Call it before any thread is started; where the system refuses, more memory is used and nothing else.
pub fn use_small_pages() {
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Gives free memory back to the operating system: that of the calling thread, and what no thread uses any more. Takes
/// milliseconds when there is much of it.
pub fn give_back() {
    #[allow(unsafe_code, reason = "the crate mimalloc does not wrap this function")]
    // SAFETY: it may be called at any time from any thread, and it moves nothing that is in use.
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: Allocator = Allocator;

    fn resident_bytes() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux says how much is resident");
        pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number of pages") * 4096
    }

    #[test]
    fn free_memory_goes_back_and_what_is_in_use_stays() {
        let kept = vec![7_u8; 1 << 20];
        let pieces: Vec<Vec<u8>> = (0..100_000).map(|number| vec![number as u8; 640]).collect();
        drop(pieces);
        give_back();
        assert!(resident_bytes() < 32 << 20, "{} bytes are resident", resident_bytes());
        assert!(kept.iter().all(|byte| *byte == 7));
    }
}
