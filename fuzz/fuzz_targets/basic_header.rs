//! The `Authorization` header.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wharfinger_fuzz::basic_header::check(data));
