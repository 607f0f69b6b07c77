//! A parent in front of the page, on their own device.

use serde_json::{Value, json};

use crate::harness::{Browser, Page};
use crate::household::{Household, ROUTER};
use crate::reach::socket;

/// The page, for a parent: a setting of their home.
pub(crate) const PAGE: &str = "web.listen = ['192.168.8.1:80']";

/// The one who set the house up.
pub(crate) struct Parent<'a> {
    home: &'a Household,
    browser: Browser,
}

impl<'a> Parent<'a> {
    /// Sets the house up.
    pub(crate) fn of(home: &'a Household) -> Self {
        let browser = Browser::new("192.168.8.11".parse().unwrap(), socket(ROUTER[0], 80));
        let mut parent = Self { home, browser };
        let body = json!({"code": home.router.setup_code(), "password": "correct horse", "language": "vi"});
        parent.says("/api/v1/setup", body);
        parent
    }

    /// Posts something, which must succeed.
    pub(crate) fn says(&mut self, path: &str, body: Value) -> Page {
        let page = self.home.sibling.inside(|| self.browser.post(path, body));
        assert!((200..300).contains(&page.status), "{path}: {} {}", page.status, page.body);
        page
    }
}
