//! Coming in and being kept out, by the module's own interface.

use super::*;
use crate::config::Config;

/// An account with the password `correct horse`, hashed with little memory.
pub(super) fn account(id: &str) -> Account {
    Account {
        id: id.into(),
        name: String::new(),
        role: Role::Parent,
        language: Language::English,
        created: 0,
        password: format!("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ${id}"),
        second_factor: None,
    }
}

struct House {
    config: Config,
    accounts: Arc<Accounts>,
    _state: tempfile::TempDir,
}

const OWNER: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 2));
const PASSWORD: &str = "correct horse";

impl House {
    fn new(clock: Clock) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.state.dir = state.path().to_owned();
        Self { accounts: Arc::new(Accounts::new(&config, clock)), config, _state: state }
    }

    async fn set_up(clock: Clock) -> Self {
        let house = Self::new(clock);
        let code = show_setup_code(&house.config).unwrap();
        let asked = SetUp { code, password: PASSWORD.into(), language: Language::English };
        house.accounts.set_up(OWNER, asked).await.unwrap();
        house
    }

    async fn log_in(&self, password: &str, totp: Option<&str>) -> Result<(Account, Secret), Error> {
        let totp = totp.map(str::to_owned);
        self.accounts.log_in(OWNER, LogIn { account: None, password: password.into(), totp, at: None }).await
    }
}

#[tokio::test]
async fn two_who_come_with_the_code_at_once_make_one_account() {
    let house = House::new(Clock::default());
    let code = show_setup_code(&house.config).unwrap();
    let ask = || SetUp { code: code.clone(), password: PASSWORD.into(), language: Language::English };
    let (one, other) = tokio::join!(house.accounts.set_up(OWNER, ask()), house.accounts.set_up(OWNER, ask()));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    assert_eq!(house.accounts.list().unwrap().len(), 1);
}

#[tokio::test]
async fn an_unset_clock_locks_nobody_out() {
    const TEN_YEARS: i64 = 10 * 366 * 24 * 3600;
    let house = House::set_up(Clock::new(-TEN_YEARS, false)).await;
    let (parent, secret) = house.log_in(PASSWORD, None).await.unwrap();
    assert!(house.accounts.session(secret.reveal()).is_some());
    let proposed = house.accounts.propose_factor(OWNER, &parent, PASSWORD.into()).await.unwrap();
    let phone = Clock::default().now();
    let code = |at| totp::tests::code(&proposed.key, at);
    house.accounts.accept_factor(OWNER, &parent, (code(phone), Some(phone))).await.unwrap();
    let at = phone + 60;
    let asked = |at| LogIn { account: None, password: PASSWORD.into(), totp: Some(code(at)), at: Some(at) };
    house.accounts.log_in(OWNER, asked(at)).await.unwrap();
    let again = house.accounts.log_in(OWNER, asked(at)).await;
    assert!(matches!(again, Err(Error::SecondFactor { given: true })), "used");
}

#[tokio::test]
async fn a_clock_that_is_set_does_not_listen_to_the_device() {
    let house = House::set_up(Clock::default()).await;
    let (parent, _) = house.log_in(PASSWORD, None).await.unwrap();
    let proposed = house.accounts.propose_factor(OWNER, &parent, PASSWORD.into()).await.unwrap();
    let later = Clock::default().now() + 86_400;
    let code = totp::tests::code(&proposed.key, later);
    let accepted = house.accounts.accept_factor(OWNER, &parent, (code, Some(later))).await;
    assert!(matches!(accepted, Err(Error::SecondFactor { given: true })));
}

#[tokio::test]
async fn one_code_opens_one_session_even_where_nothing_can_be_written() {
    let house = House::set_up(Clock::default()).await;
    let (parent, _) = house.log_in(PASSWORD, None).await.unwrap();
    let proposed = house.accounts.propose_factor(OWNER, &parent, PASSWORD.into()).await.unwrap();
    let now = Clock::default().now();
    let code = |at| totp::tests::code(&proposed.key, at);
    let recovery = house.accounts.accept_factor(OWNER, &parent, (code(now - 30), None)).await.unwrap();
    // A folder in the way of the temporary file: root may write everywhere else.
    std::fs::create_dir(house.config.state.dir.join("accounts.json.new")).unwrap();
    let (one, other) = (code(now + 30), code(now + 30));
    let (one, other) = tokio::join!(house.log_in(PASSWORD, Some(&one)), house.log_in(PASSWORD, Some(&other)));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    assert!(house.log_in(PASSWORD, Some(&recovery[0])).await.is_ok());
    assert!(house.log_in(PASSWORD, Some(&recovery[0])).await.is_err());
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one() {
    let house = House::set_up(Clock::default()).await;
    let (parent, secret) = house.log_in(PASSWORD, None).await.unwrap();
    let change = |current: &str| AccountChange {
        password: Some("battery staple".into()),
        current: Some(current.into()),
        ..AccountChange::default()
    };
    let wrong = house.accounts.alter(OWNER, &parent, FIRST.into(), change("wrong")).await;
    assert!(matches!(wrong, Err(Error::WrongPassword)));
    house.accounts.alter(OWNER, &parent, FIRST.into(), change(PASSWORD)).await.unwrap();
    assert!(house.accounts.session(secret.reveal()).is_none());
    assert!(house.log_in(PASSWORD, None).await.is_err());
    assert!(house.log_in("battery staple", None).await.is_ok());
}

#[tokio::test]
async fn a_reset_ends_everything_that_lets_in() {
    let house = House::set_up(Clock::default()).await;
    let (_, secret) = house.log_in(PASSWORD, None).await.unwrap();
    let asked = NewToken { name: "grafana".into(), scopes: vec![Scope::Metrics, Scope::Metrics] };
    let (token, bearer) = house.accounts.add_token(asked).await.unwrap();
    assert_eq!(token.scopes, [Scope::Metrics]);
    assert!(house.accounts.token(bearer.reveal()).is_some());
    assert!(matches!(show_setup_code(&house.config), Err(Error::AlreadySetUp)));
    let code = reset(&house.config).unwrap();
    assert!(house.accounts.session(secret.reveal()).is_none());
    assert!(house.accounts.token(bearer.reveal()).is_none());
    assert!(!house.accounts.is_set_up() && house.log_in(PASSWORD, None).await.is_err());
    let asked = SetUp { code, password: "battery staple".into(), language: Language::Vietnamese };
    house.accounts.set_up(OWNER, asked).await.unwrap();
    assert!(house.accounts.session(secret.reveal()).is_none(), "of the account that was");
}

#[tokio::test]
async fn accounts_and_tokens_have_bounds() {
    let house = House::set_up(Clock::default()).await;
    let token = || NewToken { name: "x".into(), scopes: vec![Scope::Read] };
    for _ in 0..32 {
        house.accounts.add_token(token()).await.unwrap();
    }
    assert!(matches!(house.accounts.add_token(token()).await, Err(Error::Conflict(_))));
    for id in ["", "An", "a b", &"a".repeat(33), "é"] {
        let asked = NewAccount {
            id: id.into(),
            name: String::new(),
            role: Role::CoParent,
            language: Language::English,
            password: PASSWORD.into(),
        };
        assert!(matches!(house.accounts.add(asked).await, Err(Error::Unfit { pointer: "/id", .. })), "{id}");
    }
    assert!(matches!(house.accounts.remove(FIRST.into()).await, Err(Error::Conflict(_))));
    assert!(matches!(house.accounts.remove("nobody".into()).await, Err(Error::Unknown)));
}

#[tokio::test]
async fn whoever_attempts_at_once_is_looked_at_one_after_the_other() {
    let house = House::set_up(Clock::default()).await;
    let attempt = |last| {
        let asked = LogIn { account: None, password: "wrong".into(), totp: None, at: None };
        house.accounts.log_in([10, 0, 0, last].into(), asked)
    };
    let ended = futures_util::future::join_all((0..16).map(attempt)).await;
    assert!(ended.iter().all(|ended| matches!(ended, Err(Error::WrongPassword))));
}
