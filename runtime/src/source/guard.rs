//! Last lines against files made to break their reader.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::SourceError;

thread_local! {
    /// How many guards this thread is inside of.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether a panic of this thread, here and now, would become a [`SourceError`].
///
/// For a program's panic hook: what is caught is told as an error, and needs no report of its own.
pub fn panic_is_caught() -> bool {
    DEPTH.get() > 0
}

/// What `decode` gives, or an error if it panics.
///
/// The decoders of `parquet` and `arrow-ipc` return errors for most, but not all corrupt input:
/// some lengths and offsets are only checked by slice indexing and conversions that panic. What
/// they were working on is dropped, so no broken state is left.
pub(super) fn guarded<T>(
    decode: impl FnOnce() -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    DEPTH.set(DEPTH.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(decode));
    DEPTH.set(DEPTH.get() - 1);
    match result {
        Ok(result) => result,
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown");
            Err(SourceError::corrupt(format!(
                "the file is corrupt; decoding it failed: {message}"
            )))
        }
    }
}

/// Whether so much memory could be had.
///
/// A file may claim that a few of its bytes unpack to any size. A failed allocation inside a
/// decoder would end the process; asked for here it can be refused.
pub(super) fn can_allocate(bytes: u64) -> bool {
    let Ok(bytes) = usize::try_from(bytes) else {
        return false;
    };
    Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let error = guarded::<()>(|| {
            assert!(panic_is_caught());
            panic!("index {} out of range", 7)
        })
        .unwrap_err();
        assert!(!panic_is_caught());
        assert!(
            error.to_string().ends_with("index 7 out of range"),
            "{error}"
        );
    }

    #[test]
    fn absurd_sizes_are_refused() {
        assert!(can_allocate(1 << 20));
        assert!(!can_allocate(1 << 62));
        assert!(!can_allocate(u64::MAX));
    }
}
