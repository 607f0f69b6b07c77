// One's own password and second factor.

import { useState } from 'preact/hooks';
import { call } from '../../api';
import { t } from '../../i18n';
import { useSession, type Me } from '../../session';
import { NewPassword } from '../../ui/fields';
import { act, say } from '../../ui/messages';
import { Button, Card, Field, Trouble } from '../../ui/parts';
import { useAction, useApi } from '../../use';

interface Proposal {
  secret: string;
  uri: string;
}

export function Security({ me }: { me: Me }) {
  return (
    <>
      <Password me={me} />
      <SecondFactor />
    </>
  );
}

function Password({ me }: { me: Me }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const { busy, problem, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    // A wrong password is told as 401, which here is an answer and no end of the session.
    const options = { body: { current, password }, stranger: true };
    if (!(await run(() => call('PATCH', `accounts/${me.account}`, options)))) return;
    setCurrent('');
    setPassword('');
    say(t('password_changed'));
  };
  return (
    <Card title={t('change_password')}>
      <form class="stack" onSubmit={submit}>
        <Field
          label={t('current_password')}
          type="password"
          autocomplete="current-password"
          required
          error={problem?.status === 401 ? t('wrong_password') : undefined}
          value={current}
          onInput={(event) => setCurrent(event.currentTarget.value)}
        />
        <NewPassword label={t('new_password')} value={password} onText={setPassword} />
        {problem?.status !== 401 && <Trouble problem={problem} />}
        <Button kind="main" type="submit" busy={busy}>
          {t('save')}
        </Button>
        <p class="hint">{t('password_ends_sessions')}</p>
      </form>
    </Card>
  );
}

function SecondFactor() {
  const state = useApi<{ enabled: boolean; recovery_left: number }>('totp');
  const { me, update } = useSession();
  const [proposal, setProposal] = useState<Proposal>();
  const [recovery, setRecovery] = useState<string[]>();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { busy, problem, run } = useAction();
  if (!state.data) return null;
  const { enabled, recovery_left } = state.data;
  const begin = () =>
    run(async () => {
      const method = enabled ? 'DELETE' : 'POST';
      const { body } = await call<Proposal>(method, 'totp', { body: { password }, stranger: true });
      setPassword('');
      if (enabled) update({ ...me, totp: false });
      else setProposal(body);
      await state.reload();
    });
  const confirm = () =>
    run(async () => {
      const body = { totp: code, at: Math.floor(Date.now() / 1000) };
      const made = await call<{ recovery: string[] }>('POST', 'totp/confirm', { body, stranger: true });
      setProposal(undefined);
      setRecovery(made.body.recovery);
      update({ ...me, totp: true });
      await state.reload();
    });
  const wrong = problem?.status === 401;
  return (
    <Card title={t('second_factor')}>
      <p>{enabled ? t('second_factor_on', { n: recovery_left }) : t('second_factor_off')}</p>
      {recovery && (
        <div class="stack">
          <p>{t('recovery_keep')}</p>
          <pre>{recovery.join('\n')}</pre>
          <Button onClick={() => act(() => navigator.clipboard.writeText(recovery.join('\n')), t('copied'))}>{t('copy')}</Button>
        </div>
      )}
      {proposal ? (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          <p>{t('totp_how')}</p>
          <a class="button" href={proposal.uri}>
            {t('totp_open')}
          </a>
          <p>
            {t('totp_secret')} <code>{proposal.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
          </p>
          <Field
            label={t('totp_code')}
            inputMode="numeric"
            autocomplete="one-time-code"
            required
            error={wrong ? t('wrong_totp') : undefined}
            value={code}
            onInput={(event) => setCode(event.currentTarget.value.trim())}
          />
          <Button kind="main" type="submit" busy={busy}>
            {t('totp_confirm')}
          </Button>
        </form>
      ) : (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void begin();
          }}
        >
          <Field
            label={t('current_password')}
            type="password"
            autocomplete="current-password"
            required
            error={wrong ? t('wrong_password') : undefined}
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" busy={busy}>
            {t(enabled ? 'totp_remove' : 'totp_begin')}
          </Button>
        </form>
      )}
      {!wrong && <Trouble problem={problem} />}
    </Card>
  );
}
