//! The body of a `POST`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wharfinger_fuzz::form::check(data));
