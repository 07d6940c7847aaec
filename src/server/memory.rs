//! The allocator of the binary takes memory for what may come, and keeps what a thread frees for what that thread asks
//! for next. Both cost an idle server more than it uses.

/// Takes memory in small pages. The allocator asks for huge ones, and each of those is two megabytes from its first byte
/// on: eleven for a server that has done nothing yet. To be called before there is a second thread.
pub fn take_little() {
    // An older system does not know it, and takes more.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Gives what the calling thread has freed back to the system.
#[expect(unsafe_code, reason = "the allocator has no safe name for it")]
pub fn give_back() {
    // SAFETY: it takes no pointer, may be called by any thread at any time, and touches nothing that is in use.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
