//! Secrets that are tokens of ours, and those that are not.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wharfinger_fuzz::token_checksum::check(data));
