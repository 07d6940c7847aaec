#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| portolan::server::fuzz::fuzz_notices(bytes));
