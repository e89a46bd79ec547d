//! Configurations of proxies that pages show.

use std::fs;

/// The locations of nginx that the page shows.
fn locations(page: &str) -> impl Iterator<Item = &str> {
    let blocks = page.split("```nginx\n").skip(1);
    let blocks = blocks.filter_map(|part| part.split("```").next());
    blocks.flat_map(|block| block.split("location ").skip(1))
}

/// A location of nginx that sets no `X-Forwarded-For` passes on what the client sent, and so lets everybody choose their address.
#[test]
fn every_nginx_that_a_page_shows_says_whom_it_asks_for() {
    let page = fs::read_to_string("docs/operating.md").unwrap();
    let asking: Vec<&str> = locations(&page)
        .filter(|location| location.contains("proxy_pass "))
        .collect();
    assert_eq!(asking.len(), 3);
    for location in asking {
        let says = "proxy_set_header X-Forwarded-For $remote_addr;";
        assert!(location.contains(says), "{location}");
    }
}

/// With the visitor's token, what is guarded could act as the visitor; a name that it gets from the client is anybody's.
#[test]
fn what_a_page_guards_with_our_tokens_gets_a_name_and_no_token() {
    let page = fs::read_to_string("docs/operating.md").unwrap();
    let guarded: Vec<&str> = locations(&page)
        .filter(|location| location.contains("auth_request "))
        .collect();
    assert_eq!(guarded.len(), 1);
    for location in guarded {
        for line in [
            "proxy_set_header X-Auth-User $user;",
            "proxy_set_header Authorization \"\";",
            "proxy_set_header PRIVATE-TOKEN \"\";",
        ] {
            assert!(location.contains(line), "{line} in {location}");
        }
    }
}
