import { useState } from 'preact/hooks';
import { call } from '../../api';
import { language, t } from '../../i18n';
import type { Myself } from '../../types';
import { NewPassword } from '../../ui/fields';
import { Button, Field, Trouble } from '../../ui/parts';
import { useAction } from '../../use';

export function AccountStep({ onIn }: { onIn(me: Myself): void }) {
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const { busy, problem, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    const body = { code: code.trim(), password, language: language.get() };
    void run(async () => onIn((await call<Myself>('POST', 'setup', { body, stranger: true })).body));
  };
  return (
    <>
      <p class="lead">{t('setup_lead')}</p>
      <form class="stack" onSubmit={submit}>
        <Field
          label={t('setup_code')}
          hint={t('setup_code_hint')}
          error={problem?.status === 401 ? t('setup_code_wrong') : undefined}
          placeholder="XXXX-XXXX-XXXX"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          required
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
        <NewPassword label={t('new_password')} shown={shown} value={password} onText={setPassword} />
        <label class="check">
          <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
          {t('show_password')}
        </label>
        {problem?.status !== 401 && <Trouble problem={problem} />}
        <Button kind="main" type="submit" busy={busy}>
          {t('begin')}
        </Button>
      </form>
      <details>
        <summary>{t('setup_no_code')}</summary>
        <p>{t('setup_no_code_how')}</p>
        <code>luytre setup-code</code>
      </details>
    </>
  );
}
