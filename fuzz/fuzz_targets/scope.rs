//! Scopes, as clients and strangers write them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wharfinger_fuzz::scope::check(data));
