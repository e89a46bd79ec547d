//! The pages under a path of a proxy.

use crate::harness::{Browser, Kind, Service, World, free_port, wait_until};
use crate::sub_path::start_nginx;
use crate::web::{add_user, make_token, sign_in};

pub(super) fn the_pages_work_under_a_sub_path_behind_nginx(world: &World) {
    let (folder, port) = (world.new_folder(), free_port());
    let base = format!("http://127.0.0.1:{port}/images/admin");
    let service = Service::start_at(&folder.join("service"), &base);
    let _nginx = start_nginx(&folder, port, &service.admin_url);
    let password = add_user(world, &service, "somebody");
    let browser = Browser::start(&world.new_folder());
    sign_in(&browser, &base, "somebody", &password);
    assert_eq!(browser.address(), format!("{base}/access_tokens"));
    browser.link("New token").click();
    browser.button("Preview repositories").click();
    let preview = format!("{base}/access_tokens/new#preview");
    wait_until("the preview is there", || browser.address() == preview);
    browser.link("Access tokens").click();
    make_token(world, &browser, "behind nginx", &["read_registry"]);
    browser.link("Access tokens").click();
    let row = browser.row("Active tokens", "behind nginx");
    row.inner(Kind::Link, "behind nginx").click();
    browser.find(Kind::Heading, "behind nginx");
    browser.button("Revoke").click();
    browser.button("Revoke token").click();
    browser.find(Kind::Heading, "Personal access tokens");
    assert!(browser.address().starts_with(&base));
    browser.button("Sign out").click();
    browser.find(Kind::Heading, "Sign in");
}
