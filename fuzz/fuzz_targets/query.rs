//! The query of a `GET`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wharfinger_fuzz::query::check(data));
