//! A small browser without scripts: it keeps cookies, fills in forms and follows redirects.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Mutex;

use axum::body::Body;
use axum::http::{Request, header};

use super::listeners::Listeners;
use super::{Reply, peer};

/// The most redirects that are followed.
const MOST_HOPS: usize = 5;

pub(crate) struct Browser {
    listeners: Listeners,
    cookies: Mutex<BTreeMap<String, String>>,
    /// More headers of every request.
    headers: Vec<(&'static str, String)>,
    address: String,
    /// The path that a proxy before the service cuts off.
    base: String,
}

/// A page that was arrived at.
pub(crate) struct Page {
    reply: Reply,
    /// The path that the address bar shows.
    pub(crate) path: String,
}

impl Deref for Page {
    type Target = Reply;

    fn deref(&self) -> &Reply {
        &self.reply
    }
}

impl Page {
    /// The text of the only heading of the first level.
    pub(crate) fn heading(&self) -> String {
        let parts: Vec<&str> = self.body.split("<h1>").collect();
        let [_, rest] = parts.as_slice() else {
            panic!("not one heading: {}", self.body)
        };
        text(rest.split("</h1>").next().unwrap())
    }

    /// The text of the page, without its elements.
    pub(crate) fn text(&self) -> String {
        text(&self.body)
    }

    /// The action and the fields of the form with that button.
    pub(crate) fn form(&self, button: &str) -> (String, Vec<(String, String)>) {
        let ending = format!(">{button}</button>");
        let mut forms = self.body.split("<form ").skip(1);
        let forms = forms.find(|form| form.split("</form>").next().unwrap().contains(&ending));
        let form = forms.unwrap_or_else(|| panic!("no button {button}: {}", self.body));
        let form = form.split("</form>").next().unwrap();
        (attribute(form, "action").unwrap(), fields(form))
    }

    /// The value of a field, of whatever form.
    pub(crate) fn value(&self, name: &str) -> String {
        let mut fields = fields(&self.body).into_iter();
        fields.find(|(other, _)| other == name).unwrap().1
    }
}

impl Browser {
    pub(super) fn new(listeners: &Listeners) -> Self {
        Self {
            listeners: listeners.clone(),
            cookies: Mutex::default(),
            headers: Vec::new(),
            address: "192.0.2.1".to_owned(),
            base: String::new(),
        }
    }

    /// The same browser, which sends another header.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same browser at another address.
    pub(crate) fn from(self, address: &str) -> Self {
        Self {
            address: address.to_owned(),
            ..self
        }
    }

    /// The same browser behind a proxy, which has the pages below a path.
    pub(crate) fn below(self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self
        }
    }

    /// The same cookies at another service.
    pub(crate) fn beside(&self, other: &Self) -> Self {
        let cookies = self.cookies.lock().unwrap().clone();
        Self {
            listeners: other.listeners.clone(),
            cookies: Mutex::new(cookies),
            headers: self.headers.clone(),
            address: self.address.clone(),
            base: self.base.clone(),
        }
    }

    /// All cookies, as they are sent.
    pub(crate) fn cookies(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        let pairs = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Takes a cookie, as if a page had set it.
    pub(crate) fn take_cookie(&self, line: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Opens an address, and goes where it leads.
    pub(crate) async fn open(&self, path: &str) -> Page {
        let reply = self.get(path).await;
        self.follow(path, reply).await
    }

    /// Fills in the form with that button, presses it, and goes where it leads.
    pub(crate) async fn press(&self, page: &Page, button: &str, typed: &[(&str, &str)]) -> Page {
        let (action, mut fields) = page.form(button);
        for (name, value) in typed {
            let field = fields.iter_mut().find(|(other, _)| other == name);
            let (_, field) = field.unwrap_or_else(|| panic!("no field {name}"));
            (*value).clone_into(field);
        }
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let path = action.strip_prefix(&self.base).unwrap().to_owned();
        let reply = self.post(&path, &fields).await;
        self.follow(&path, reply).await
    }

    /// Signs in at the page for it.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Page {
        let page = self.open("/sign_in").await;
        let typed = [("username", name), ("password", password)];
        self.press(&page, "Sign in", &typed).await
    }

    /// `GET` of an address, and no further.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    /// Sends a form to an address, and no further.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.send("POST", path, Some(form.finish())).await
    }

    /// Sends any request, with what a browser adds.
    pub(crate) async fn send(&self, method: &str, path: &str, form: Option<String>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, "text/html,*/*;q=0.8")
            .extension(peer(&self.address));
        let cookies = self.cookies();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(form.map_or_else(Body::empty, Body::from));
        let reply = self.listeners.send_admin(request.unwrap()).await;
        for line in reply.headers.get_all(header::SET_COOKIE) {
            self.take_cookie(line.to_str().unwrap());
        }
        reply
    }

    async fn follow(&self, path: &str, mut reply: Reply) -> Page {
        let mut path = path.to_owned();
        for _ in 0..MOST_HOPS {
            if reply.status != 303 {
                return Page { reply, path };
            }
            let location = reply.header("location").to_owned();
            let below = location.strip_prefix(&self.base);
            path = below
                .filter(|path| path.starts_with('/'))
                .unwrap_or_else(|| panic!("{location}"))
                .to_owned();
            reply = self.get(&path).await;
        }
        panic!("redirects go on: {path}")
    }
}

/// The names and values of the fields in a part of a page.
fn fields(html: &str) -> Vec<(String, String)> {
    let inputs = html.split("<input ").skip(1).filter_map(|input| {
        let input = input.split('>').next().unwrap();
        let value = attribute(input, "value").unwrap_or_default();
        Some((attribute(input, "name")?, value))
    });
    let areas = html.split("<textarea ").skip(1).filter_map(|area| {
        let (element, rest) = area.split_once('>').unwrap();
        let text = rest.split("</textarea>").next().unwrap();
        Some((attribute(element, "name")?, unescaped(text)))
    });
    inputs.chain(areas).collect()
}

/// The value of an attribute, as it reads.
fn attribute(element: &str, name: &str) -> Option<String> {
    let begin = format!("{name}=\"");
    let mut parts = element.split(' ').enumerate();
    let at = parts.find(|(_, part)| part.starts_with(&begin))?.0;
    let rest = element.split(' ').skip(at).collect::<Vec<_>>().join(" ");
    Some(unescaped(rest.split('"').nth(1)?))
}

fn text(html: &str) -> String {
    let parts = html
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    let text = parts.collect::<Vec<_>>().join(" ");
    unescaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
