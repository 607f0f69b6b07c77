// Logging in: the first time, and again where a session has ended, above what one was doing.

import { useEffect, useState } from 'preact/hooks';
import { call, loggedIn, Problem } from '../api';
import { t } from '../i18n';
import type { Myself } from '../types';
import { Bamboo } from '../ui/icon';
import { LanguageLinks } from '../ui/languages';
import { Button, Field, Sheet, Trouble } from '../ui/parts';
import { useAction } from '../use';

export function LogIn({ onIn }: { onIn(me: Myself): void }) {
  useEffect(() => {
    document.title = `${t('login_title')} · Luytre`;
  }, []);
  return (
    <main class="alone">
      <LanguageLinks />
      <Bamboo />
      <h1>{t('login_title')}</h1>
      <p class="lead">{t('login_lead')}</p>
      <Form onIn={onIn} />
      <p class="aside">
        {t('login_child')} <a href="/toi" data-leave>{t('child_page')}</a>
      </p>
    </main>
  );
}

export function LogInAgain({ onIn }: { onIn(me: Myself): void }) {
  // Whoever closes it meant to look at what is there: the question comes back with the next step.
  return (
    <Sheet title={t('login_again')} onClose={() => undefined}>
      <p>{t('login_again_lead')}</p>
      <Form
        onIn={(me) => {
          onIn(me);
          loggedIn();
        }}
      />
    </Sheet>
  );
}

function Form({ onIn }: { onIn(me: Myself): void }) {
  const [password, setPassword] = useState('');
  const [account, setAccount] = useState('');
  const [totp, setTotp] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [other, setOther] = useState(false);
  const { busy, problem, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    const body = {
      password,
      ...(account && { account }),
      // The router may not know the time yet; then the code goes by ours.
      ...(totp && { totp, at: Math.floor(Date.now() / 1000) }),
    };
    void run(async () => {
      try {
        onIn((await call<Myself>('POST', 'session', { body, stranger: true })).body);
      } catch (error) {
        const code = error instanceof Problem && error.errors.some(({ pointer }) => pointer === '/totp');
        if (code && !wantsCode) return setWantsCode(true);
        throw error;
      }
    });
  };
  const wrong = problem?.status === 401 ? new Problem(401, '', []) : problem;
  return (
    <form onSubmit={submit} class="stack">
      {other && (
        <Field
          label={t('account_id')}
          autocomplete="username"
          autocapitalize="none"
          value={account}
          onInput={(event) => setAccount(event.currentTarget.value)}
        />
      )}
      <Field
        label={t('password')}
        type="password"
        autocomplete="current-password"
        required
        value={password}
        onInput={(event) => setPassword(event.currentTarget.value)}
      />
      {wantsCode && (
        <Field
          label={t('totp_code')}
          hint={t('totp_hint')}
          autocomplete="one-time-code"
          required
          value={totp}
          onInput={(event) => setTotp(event.currentTarget.value.trim())}
        />
      )}
      {wrong?.status === 401 ? <p class="error" role="alert">{t(wantsCode ? 'wrong_code' : 'wrong_password')}</p> : <Trouble problem={wrong} />}
      <Button kind="main" type="submit" busy={busy}>
        {t('login')}
      </Button>
      {!other && (
        <Button kind="quiet" onClick={() => setOther(true)}>
          {t('login_other')}
        </Button>
      )}
      <details>
        <summary>{t('forgotten')}</summary>
        <p>{t('forgotten_how')}</p>
        <code>luytre reset-password</code>
      </details>
    </form>
  );
}
