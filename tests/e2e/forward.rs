//! Git over HTTP behind nginx, which asks us about every request.

use std::path::Path;
use std::process::Command;

use crate::harness::{Process, Ran, Story, World, free_port, run, wait_until};

pub(crate) const STORIES: &[Story] = &[(
    "git_behind_nginx_is_opened_by_a_token_with_the_scope",
    git_behind_nginx_is_opened_by_a_token_with_the_scope,
)];

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

fn start_nginx(folder: &Path, port: u16, service: &str) -> [Process; 2] {
    let socket = folder.join("fcgi.sock");
    let mut fcgi = Command::new("/usr/sbin/fcgiwrap");
    fcgi.arg("-s").arg(format!("unix:{}", socket.display()));
    let fcgi = Process::start(fcgi, &folder.join("fcgi.log"));
    wait_until("fcgiwrap listens", || socket.exists());
    let at = folder.display();
    let configuration = format!(
        "user root;\ndaemon off;\npid {at}/nginx.pid;\nerror_log {at}/nginx.log;\nevents {{}}\nhttp {{\n\
         access_log off;\nclient_body_temp_path {at}/t1;\nproxy_temp_path {at}/t2;\nfastcgi_temp_path {at}/t3;\n\
         uwsgi_temp_path {at}/t4;\nscgi_temp_path {at}/t5;\nserver {{\nlisten 127.0.0.1:{port};\n\
         location = /verify {{\ninternal;\nproxy_pass {service}/auth/verify?scope=api;\nproxy_pass_request_body off;\n\
         proxy_set_header Content-Length \"\";\n}}\n\
         location / {{\nauth_request /verify;\nauth_request_set $user $upstream_http_x_auth_user;\n\
         fastcgi_pass unix:{socket};\nfastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;\n\
         fastcgi_param GIT_HTTP_EXPORT_ALL 1;\nfastcgi_param GIT_PROJECT_ROOT {at}/git;\nfastcgi_param PATH_INFO $uri;\n\
         fastcgi_param REMOTE_USER $user;\nfastcgi_param QUERY_STRING $query_string;\n\
         fastcgi_param REQUEST_METHOD $request_method;\nfastcgi_param CONTENT_TYPE $content_type;\n\
         fastcgi_param CONTENT_LENGTH $content_length;\n}}\n}}\n}}\n",
        socket = socket.display(),
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
