// Who else may come in.

import { useState } from 'preact/hooks';
import { post, remove } from '../../api';
import { language, t } from '../../i18n';
import { freeId } from '../../model/family';
import type { Me } from '../../session';
import type { Account, Listing } from '../../types';
import { NewPassword } from '../../ui/fields';
import { act, confirm } from '../../ui/messages';
import { Button, Card, Choice, Field, IconButton, Loading, Trouble } from '../../ui/parts';
import { useAction, useApi } from '../../use';

export function Accounts({ me }: { me: Me }) {
  if (me.role !== 'parent') return <p class="empty">{t('accounts_parent_only')}</p>;
  return <List me={me} />;
}

function List({ me }: { me: Me }) {
  const accounts = useApi<Listing<Account>>('accounts');
  if (!accounts.data) return <Loading problem={accounts.problem} />;
  const drop = async (account: Account) => {
    const sure = await confirm({
      title: t('remove_account', { name: account.name }),
      text: t('remove_account_text'),
      yes: t('delete'),
      stop: true,
    });
    if (sure) await act(async () => (await remove(`accounts/${account.id}`), accounts.reload()), t('deleted'));
  };
  return (
    <>
      <Card>
        <ul class="list">
          {accounts.data.items.map((account, index) => (
            <li key={account.id}>
              <div>
                <strong>{account.name || account.id}</strong>
                <p>
                  {[account.id, t(account.role === 'parent' ? 'role_parent' : 'role_co_parent'), account.totp && t('second_factor')].filter(Boolean).join(' · ')}
                </p>
              </div>
              {index > 0 && account.id !== me.account && (
                <IconButton icon="trash" label={t('remove_account', { name: account.name })} onClick={() => drop(account)} />
              )}
            </li>
          ))}
        </ul>
      </Card>
      <Add taken={accounts.data.items.map(({ id }) => id)} onDone={accounts.reload} />
    </>
  );
}

function Add({ taken, onDone }: { taken: string[]; onDone(): Promise<void> }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Account['role']>('co-parent');
  const { busy, problem, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const body = { id: freeId(name, taken), name: name.trim(), password, role, language: language.get() };
    if (!(await run(() => post('accounts', body)))) return;
    setName('');
    setPassword('');
    await onDone();
  };
  return (
    <Card title={t('add_account')}>
      <form class="stack" onSubmit={submit}>
        <Field label={t('name')} required maxLength={40} autocomplete="off" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        {name.trim() && <p class="hint">{t('account_will_be', { id: freeId(name, taken) })}</p>}
        <NewPassword label={t('password')} value={password} onText={setPassword} />
        <Choice
          label={t('role')}
          options={[
            ['co-parent', t('role_co_parent')],
            ['parent', t('role_parent')],
          ]}
          value={role}
          onChange={setRole}
        />
        <p class="hint">{t('role_hint')}</p>
        <Trouble problem={problem} />
        <Button kind="main" type="submit" busy={busy}>
          {t('add')}
        </Button>
      </form>
    </Card>
  );
}
