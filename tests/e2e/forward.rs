//! Git over HTTP behind nginx, which asks us about every request. Its configuration is the one in docs/operating.md.

use std::path::Path;
use std::process::Command;

use crate::harness::servers::{Kind, Server};
use crate::harness::{Process, Ran, Service, Story, World, free_port, run, wait_until};

pub(crate) const STORIES: &[Story] = &[
    (
        "git_behind_nginx_is_opened_by_a_token_with_the_scope",
        git_behind_nginx_is_opened_by_a_token_with_the_scope,
    ),
    (
        "a_client_of_nginx_does_not_choose_its_address",
        a_client_of_nginx_does_not_choose_its_address,
    ),
    (
        "what_is_behind_nginx_is_unavailable_while_the_database_is_away",
        what_is_behind_nginx_is_unavailable_while_the_database_is_away,
    ),
];

fn git_behind_nginx_is_opened_by_a_token_with_the_scope(world: &World) {
    let folder = world.new_folder();
    make_repository(&folder, world);
    let port = free_port();
    let _processes = start_nginx(&folder, port, &world.service.url);
    let clone = |user: &str, secret: &str| -> Ran {
        let target = world.new_folder().join("clone").display().to_string();
        let url = format!("http://{user}:{secret}@127.0.0.1:{port}/project.git");
        run(
            world,
            "git",
            &["-c", "credential.helper=", "clone", "-q", &url, &target],
            "",
        )
    };
    clone("whoever", &world.token("reporter", &["api"])).must_succeed();
    let narrow = clone("reporter", &world.token("reporter", &["read_registry"]));
    narrow.must_fail_with("Authentication failed");
    let (id, revoked) = world.token_with_id("reporter", &["api"], &[]);
    clone("reporter", &revoked).must_succeed();
    world.service.revoke(&id);
    clone("reporter", &revoked).must_fail_with("Authentication failed");
}

/// A token of the administrator of `service`, the address of a repository that nginx guards with it, and nginx.
fn behind_nginx(world: &World, service: &Service) -> (String, String, [Process; 2]) {
    let create = ["token", "create", "--user", "admin", "--name", "x"];
    let secret = service.secret_cli(&[&create[..], &["--scope", "api"]].concat());
    let secret = world.secret(secret.trim().to_owned());
    let (folder, port) = (world.new_folder(), free_port());
    make_repository(&folder, world);
    let processes = start_nginx(&folder, port, &service.url);
    let url = format!("http://127.0.0.1:{port}/project.git/info/refs?service=git-upload-pack");
    (secret, url, processes)
}

/// nginx passes on the headers of its client, but for those that it sets.
fn a_client_of_nginx_does_not_choose_its_address(world: &World) {
    let folder = world.new_folder();
    let database = format!("sqlite://{}?mode=rwc", folder.join("forward.db").display());
    let trusted = [("WHARFINGER_TOKEN__TRUSTED_PROXIES", "127.0.0.1")];
    let service = Service::start_on_with(&folder, &database, &trusted);
    let (secret, url, _processes) = behind_nginx(world, &service);
    let login = format!("admin:{secret}");
    let forged = "X-Forwarded-For: 203.0.113.9";
    let reply = run(
        world,
        "curl",
        &["-si", "-H", forged, "-u", &login, &url],
        "",
    )
    .stdout;
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    wait_until("the use is written down", || {
        let tokens = service.cli(&["token", "list", "--json"]);
        assert!(!tokens.contains("203.0.113.9"), "{tokens}");
        tokens.contains("127.0.0.1")
    });
}

/// By itself nginx makes a defect (500) of it, and says nothing of coming back.
fn what_is_behind_nginx_is_unavailable_while_the_database_is_away(world: &World) {
    let mut server = Server::start(Kind::Postgres);
    let service = Service::start_on(&world.new_folder(), &server.url());
    let (secret, url, _processes) = behind_nginx(world, &service);
    let open = |secret: &str| {
        let login = format!("admin:{secret}");
        run(world, "curl", &["-si", "-u", &login, &url], "").stdout
    };
    assert!(open(&secret).starts_with("HTTP/1.1 200"));
    assert!(open("wrong").starts_with("HTTP/1.1 401"));
    server.kill();
    wait_until("nobody is let in", || {
        !open(&secret).starts_with("HTTP/1.1 200")
    });
    for _ in 0..3 {
        let reply = open(&secret);
        assert!(reply.starts_with("HTTP/1.1 503"), "{reply}");
        assert!(reply.contains("\r\nRetry-After: 5\r\n"), "{reply}");
    }
}

fn make_repository(folder: &Path, world: &World) {
    let (work, bare) = (
        folder.join("work").display().to_string(),
        folder.join("git/project.git").display().to_string(),
    );
    run(world, "git", &["init", "-q", &work], "").must_succeed();
    let commit = [
        "-C",
        &work,
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "first",
    ];
    run(world, "git", &commit, "").must_succeed();
    run(world, "git", &["clone", "-q", "--bare", &work, &bare], "").must_succeed();
}

/// The locations of docs/operating.md, with these lines in place of what is guarded.
fn documented(service: &str, guarded: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/operating.md")).unwrap();
    let blocks = page
        .split("```nginx\n")
        .skip(1)
        .filter_map(|part| part.split("```").next());
    let mut blocks = blocks.filter(|block| block.contains("/auth/verify"));
    let block = blocks.next().unwrap();
    let (address, place) = ("http://127.0.0.1:5001", "# the service that is guarded");
    assert!(block.contains(address) && block.contains(place), "{block}");
    block.replace(address, service).replace(place, guarded)
}

fn start_nginx(folder: &Path, port: u16, service: &str) -> [Process; 2] {
    let socket = folder.join("fcgi.sock");
    let mut fcgi = Command::new("/usr/sbin/fcgiwrap");
    fcgi.arg("-s").arg(format!("unix:{}", socket.display()));
    let fcgi = Process::start(fcgi, &folder.join("fcgi.log"));
    wait_until("fcgiwrap listens", || socket.exists());
    let at = folder.display();
    let guarded = format!(
        "fastcgi_pass unix:{socket};\nfastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;\n\
         fastcgi_param GIT_HTTP_EXPORT_ALL 1;\nfastcgi_param GIT_PROJECT_ROOT {at}/git;\nfastcgi_param PATH_INFO $uri;\n\
         fastcgi_param REMOTE_USER $user;\nfastcgi_param QUERY_STRING $query_string;\n\
         fastcgi_param REQUEST_METHOD $request_method;\nfastcgi_param CONTENT_TYPE $content_type;\n\
         fastcgi_param CONTENT_LENGTH $content_length;\n",
        socket = socket.display(),
    );
    let locations = documented(service, &guarded);
    let configuration = format!(
        "user root;\ndaemon off;\npid {at}/nginx.pid;\nerror_log {at}/nginx.log;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path {at}/t1;\nproxy_temp_path {at}/t2;\nfastcgi_temp_path {at}/t3;\n\
         uwsgi_temp_path {at}/t4;\nscgi_temp_path {at}/t5;\nserver {{\nlisten 127.0.0.1:{port};\n{locations}}}\n}}\n",
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, configuration).unwrap();
    let mut nginx = Command::new("/usr/sbin/nginx");
    nginx.arg("-c").arg(&file).arg("-p").arg(folder);
    let nginx = Process::start(nginx, &folder.join("nginx.out"));
    wait_until("nginx listens", || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    [nginx, fcgi]
}
