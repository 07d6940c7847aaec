//! The allocator of the binary keeps what a thread frees for what that thread asks for next. After a piece of work that
//! needed much and comes rarely, that is memory for nothing.

/// Gives what the calling thread has freed back to the system.
#[expect(unsafe_code, reason = "the allocator has no safe name for it")]
pub fn give_back() {
    // SAFETY: it takes no pointer, may be called by any thread at any time, and touches nothing that is in use.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
