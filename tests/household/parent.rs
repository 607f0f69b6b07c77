//! A parent in front of the page, on their own device.

use serde_json::{Value, json};

use crate::harness::{Browser, Page};
use crate::household::{Household, ROUTER};
use crate::reach::socket;

/// The page, for a parent: a setting of their home.
pub(crate) const PAGE: &str = "web.listen = ['192.168.8.1:80']";

const PASSWORD: &str = "correct horse";

/// The one who set the house up.
pub(crate) struct Parent<'a> {
    home: &'a Household,
    browser: Browser,
}

impl<'a> Parent<'a> {
    /// Sets the house up.
    pub(crate) fn of(home: &'a Household) -> Self {
        let mut parent = Self::in_front_of(home);
        let body = json!({"code": home.router.setup_code(), "password": PASSWORD, "language": "vi"});
        parent.says("/api/v1/setup", body);
        parent
    }

    /// The same in another browser.
    pub(crate) fn who_is_back(home: &'a Household) -> Self {
        let mut parent = Self::in_front_of(home);
        parent.says("/api/v1/session", json!({"password": PASSWORD}));
        parent
    }

    fn in_front_of(home: &'a Household) -> Self {
        Self { home, browser: Browser::new("192.168.8.11".parse().unwrap(), socket(ROUTER[0], 80)) }
    }

    /// What the API answers there, which must be something.
    pub(crate) fn reads(&mut self, path: &str) -> Value {
        let page = self.home.sibling.inside(|| self.browser.get(path));
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page.json()
    }

    /// Posts something, which must succeed.
    pub(crate) fn says(&mut self, path: &str, body: Value) -> Page {
        let page = self.home.sibling.inside(|| self.browser.post(path, body));
        assert!((200..300).contains(&page.status), "{path}: {} {}", page.status, page.body);
        page
    }
}
