//! Configurations of proxies that pages show.

use std::fs;

/// A location of nginx that sets no `X-Forwarded-For` passes on what the client sent, and so lets everybody choose their address.
#[test]
fn every_nginx_that_a_page_shows_says_whom_it_asks_for() {
    let page = fs::read_to_string("docs/operating.md").unwrap();
    let blocks = page.split("```nginx\n").skip(1);
    let blocks = blocks.filter_map(|part| part.split("```").next());
    let locations = blocks.flat_map(|block| block.split("location ").skip(1));
    let asking: Vec<&str> = locations
        .filter(|location| location.contains("proxy_pass "))
        .collect();
    assert_eq!(asking.len(), 3);
    for location in asking {
        let says = "proxy_set_header X-Forwarded-For $remote_addr;";
        assert!(location.contains(says), "{location}");
    }
}
