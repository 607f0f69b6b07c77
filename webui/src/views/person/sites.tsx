// The family's own sites: always allowed, or always blocked.

import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { change, edit, type Part } from '../../model/family';
import type { Rule } from '../../types';
import { SiteField } from '../../ui/fields';
import { act } from '../../ui/messages';
import { Button, Card, Choice, IconButton, Switch, Trouble } from '../../ui/parts';
import { useAction } from '../../use';
import type { Parts } from './content';

const part: Part<Rule[]> = {
  read: (family) => family.rule,
  write: (family, rules) => void (family.rule = rules),
};

/** What people write or paste: an address becomes its name. */
export function siteOf(text: string): string {
  const plain = text.trim().toLowerCase().replace(/^[a-z]+:\/\//, '');
  return plain.replace(/[/?#].*$/, '').replace(/:\d+$/, '').replace(/^www\./, '').replace(/\.$/, '');
}

export function Sites({ person, family }: Parts) {
  const concerns = (rule: Rule) => !rule.who?.length || rule.who.includes(person.id);
  const rules = family.rule.filter(concerns);
  const remove = (rule: Rule) => {
    const before = family.rule;
    const after = before.filter((other) => other !== rule);
    return act(() => change(part, before, after), t('deleted'), () => change(part, after, before));
  };
  return (
    <>
      <Add person={person.id} name={person.name} />
      <Card title={t('own_sites')}>
        {rules.length === 0 && <p class="hint">{t('own_sites_none')}</p>}
        <ul class="list">
          {rules.map((rule) => (
            <li key={rule.name + rule.action + rule.who}>
              <div>
                <strong translate={false}>
                  <bdi>{rule.name.replace(/^=/, '')}</bdi>
                </strong>
                <p>
                  {rule.name.startsWith('=') ? t('only_this_name') : t('and_below')}
                  {!rule.who?.length && ` · ${t('whole_house')}`}
                  {rule.over_time && ` · ${t('over_time')}`}
                </p>
              </div>
              <span class={`tag ${rule.action === 'block' ? 'blocked' : 'allowed'}`}>{t(`rule_${rule.action}`)}</span>
              <IconButton icon="trash" label={t('delete_what', { what: rule.name })} onClick={() => remove(rule)} />
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

function Add({ person, name }: { person: string; name: string }) {
  const [site, setSite] = useState('');
  const [action, setAction] = useState<'allow' | 'block'>('allow');
  const [house, setHouse] = useState(false);
  const [overTime, setOverTime] = useState(false);
  const { busy, problem, run } = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const rule: Rule = { name: siteOf(site), action };
    if (!house) rule.who = [person];
    if (action === 'allow' && overTime) rule.over_time = true;
    const same = (other: Rule) => other.name === rule.name && String(other.who ?? '') === String(rule.who ?? '');
    const added = await run(() =>
      edit((family) => void (family.rule = [...family.rule.filter((other) => !same(other)), rule])),
    );
    if (added) setSite('');
  };
  return (
    <Card title={t('add_site')}>
      <form class="stack" onSubmit={submit}>
        <SiteField hint={t('site_hint')} value={site} onText={setSite} />
        <Choice
          label={t('site_action')}
          options={[
            ['allow', t('rule_allow')],
            ['block', t('rule_block')],
          ]}
          value={action}
          onChange={setAction}
        />
        {action === 'allow' && <Switch label={t('over_time')} hint={t('over_time_hint')} checked={overTime} onChange={setOverTime} />}
        <Switch label={t('whole_house')} hint={t('whole_house_hint', { name })} checked={house} onChange={setHouse} />
        <Trouble problem={problem} />
        <Button kind="main" type="submit" busy={busy}>
          {t('add')}
        </Button>
      </form>
    </Card>
  );
}
