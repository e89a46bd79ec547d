//! nginx before the admin listener, under a path of its own.

use std::path::Path;
use std::process::Command;

use crate::harness::{Process, Ran, Service, Story, World, free_port, run, wait_until};

pub(crate) const STORIES: &[Story] = &[(
    "behind_nginx_under_a_sub_path_every_way_leads_on",
    behind_nginx_under_a_sub_path_every_way_leads_on,
)];

fn behind_nginx_under_a_sub_path_every_way_leads_on(world: &World) {
    let (folder, port) = (world.new_folder(), free_port());
    let base = format!("http://127.0.0.1:{port}/images/admin");
    let service = Service::start_at(&folder.join("service"), &base);
    let _nginx = start_nginx(&folder, port, &service.admin_url);
    let curl = |more: &[&str]| -> Ran {
        let ran = run(
            world,
            "curl",
            &[&["--silent", "--location"], more].concat(),
            "",
        );
        ran.must_succeed();
        ran
    };
    let arrived = [
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code} %{url_effective}",
    ];
    let goes = |path: &str| curl(&[&arrived[..], &[&format!("{base}{path}")]].concat()).stdout;
    let docs = format!("200 {base}/api/docs");
    for path in ["/api", "/api/", "/api/docs"] {
        assert_eq!(goes(path), docs, "{path}");
    }
    assert_eq!(goes("/"), format!("200 {base}/sign_in"));
    let tokens = "?next=%2Faccess_tokens%3Fpage%3D2";
    let wanted = goes("/access_tokens?page=2");
    assert_eq!(wanted, format!("200 {base}/sign_in{tokens}"));

    let description = curl(&[&format!("{base}/api/openapi.json")]).stdout;
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    assert_eq!(description["servers"], serde_json::json!([{ "url": base }]));
    let page = curl(&[&format!("{base}/api/docs")]).stdout;
    assert!(
        page.contains(&format!("{base}/api/v4/version")),
        "the line to copy"
    );
    assert!(page.contains("href=openapi.json"));

    service.cli(&["group", "create", "team"]);
    service.cli(&["group", "create", "other"]);
    let create = [
        "token", "create", "--user", "admin", "--name", "x", "--scope", "api",
    ];
    let secret = world.secret(service.secret_cli(&create).trim_end().to_owned());
    let header = format!("PRIVATE-TOKEN: {secret}");
    let url = format!("{base}/api/v4/groups?per_page=1");
    let reply = curl(&["--dump-header", "-", "--header", &header, &url]).stdout;
    let links = format!("<{base}/api/v4/groups?");
    assert!(
        reply.contains(&links) && reply.contains("rel=\"next\""),
        "{reply}"
    );
    let (_, groups) = reply.split_once("\r\n\r\n").unwrap();
    let groups: serde_json::Value = serde_json::from_str(groups).unwrap();
    service.cli(&["project", "create", "team/app"]);
    let url = format!("{base}/api/v4/projects/team%2Fapp?statistics=true");
    let project = curl(&["--fail", "--header", &header, &url]).stdout;
    assert!(
        project.contains("\"path_with_namespace\":\"team/app\""),
        "{project}"
    );
    assert!(project.contains("\"statistics\""), "{project}");
    let web_url = groups[0]["web_url"].as_str().unwrap();
    assert!(web_url.starts_with(&base), "{web_url}");
    let browser = ["--header", "Accept: text/html", web_url];
    let nothing = format!("404 {web_url}");
    assert_eq!(curl(&[&arrived[..], &browser].concat()).stdout, nothing);
}

/// The example in the documentation.
fn documented() -> &'static str {
    let page = include_str!("../../docs/operating.md");
    let (_, section) = page.split_once("## Behind a proxy, under a path").unwrap();
    let (_, example) = section.split_once("```nginx\n").unwrap();
    example.split("```").next().unwrap()
}

pub(crate) fn start_nginx(folder: &Path, port: u16, admin: &str) -> Process {
    let at = folder.display();
    let configuration = format!(
        "user root;\ndaemon off;\npid {at}/nginx.pid;\nerror_log {at}/nginx.log;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path {at}/t1;\nproxy_temp_path {at}/t2;\nfastcgi_temp_path {at}/t3;\n\
         uwsgi_temp_path {at}/t4;\nscgi_temp_path {at}/t5;\n{}\n}}\n",
        documented()
            .replace("server {", &format!("server {{\nlisten 127.0.0.1:{port};"))
            .replace("http://127.0.0.1:5002", admin)
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration).unwrap();
    let mut nginx = Command::new("/usr/sbin/nginx");
    nginx.arg("-c").arg(&file).arg("-p").arg(folder);
    let nginx = Process::start(nginx, &folder.join("nginx.out"));
    wait_until("nginx listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    nginx
}
