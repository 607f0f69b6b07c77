// "Vì sao?": what a device would get for a site, as a sentence, the rules in order, and what mends it.

import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api';
import { maybe, moment, t } from '../i18n';
import { edit, refresh, useFamily } from '../model/family';
import { scheduleName, useNames, type Names } from '../model/names';
import { setBlocked } from '../model/profile';
import { place, replace } from '../route';
import { useSignal } from '../signal';
import type { Change, Explanation, Family, Rule } from '../types';
import { SiteField } from '../ui/fields';
import { Heading } from '../ui/frame';
import { Icon } from '../ui/icon';
import { act } from '../ui/messages';
import { Button, Card, Loading, Select, Trouble } from '../ui/parts';
import { ReportSheet, reportText } from '../ui/report';
import { useAction } from '../use';
import { siteOf } from './person/sites';

export function Why() {
  const [family, names] = [useFamily(), useNames()];
  const { query } = useSignal(place);
  const [site, setSite] = useState(query.get('ten') ?? '');
  const [who, setWho] = useState(query.get('ai') ?? '');
  const [found, setFound] = useState<{ site: string; who: string; explanation: Explanation }>();
  const { busy, problem, run } = useAction();
  const ask = (name: string, device: string) =>
    run(async () => {
      const explanation = await get<Explanation>(`explain?name=${encodeURIComponent(name)}&device=${encodeURIComponent(device)}`);
      setFound({ site: name, who: device, explanation });
    });
  useEffect(() => {
    if (site) void ask(siteOf(site), who);
  }, []);
  if (!family || !names) return <Loading />;
  const submit = (event: Event) => {
    event.preventDefault();
    replace(`/vi-sao?ten=${encodeURIComponent(siteOf(site))}&ai=${encodeURIComponent(who)}`);
    void ask(siteOf(site), who);
  };
  return (
    <>
      <Heading text={t('why')} />
      <form class="card stack" onSubmit={submit}>
        <p class="hint">{t('why_lead')}</p>
        <SiteField value={site} onText={setSite} />
        <Select label={t('why_who')} value={who} options={whoCan(family, who)} onChange={(event) => setWho(event.currentTarget.value)} />
        <Button kind="main" type="submit" busy={busy}>
          {t('ask_why')}
        </Button>
        <Trouble problem={problem} />
      </form>
      {found && <Found {...found} family={family} names={names} again={() => ask(found.site, found.who)} />}
    </>
  );
}

/** People with a device, devices that are nobody's, and whoever a link brought along. */
function whoCan(family: Family, who: string): [string, string][] {
  const people = family.person.filter(({ id }) => family.device.some((device) => device.person === id));
  const devices = family.device.filter((device) => !device.person);
  const options: [string, string][] = [
    ['', t('unknown_device')],
    ...people.map((person): [string, string] => [person.id, person.name]),
    ...devices.map((device): [string, string] => [device.mac ?? device.token ?? device.addresses?.[0] ?? '', device.name]),
  ];
  return options.some(([value]) => value === who) ? options : [...options, [who, who]];
}

interface FoundProps {
  site: string;
  who: string;
  explanation: Explanation;
  family: Family;
  names: Names;
  again(): Promise<unknown>;
}

function Found({ site, who, explanation, family, names, again }: FoundProps) {
  const [reporting, setReporting] = useState(false);
  const blocked = explanation.verdict === 'blocked';
  const matters = explanation.considered.filter(({ rule }) => rule);
  return (
    <Card class={blocked ? 'clay' : ''}>
      <h2 translate={false}>
        <bdi>{site}</bdi>
      </h2>
      <p class="verdict">
        <Icon name={blocked ? 'close' : 'check'} />
        <strong>{t(blocked ? 'verdict_blocked' : explanation.verdict === 'rewritten' ? 'verdict_rewritten' : 'verdict_allowed')}</strong>
      </p>
      <p>{sentence(explanation, names)}</p>
      {explanation.categories.length > 0 && (
        <p class="small">
          {t('about_what')}: {explanation.categories.map(names.category).join(', ')}
        </p>
      )}
      <Mend {...{ site, who, explanation, family, names, again }} />
      <Button kind="quiet" onClick={() => setReporting(true)}>
        {reportText(blocked)}
      </Button>
      {reporting && <ReportSheet site={site} blocked={blocked} names={names} onClose={() => setReporting(false)} />}
      <details>
        <summary>{t('rules_in_order')}</summary>
        <ol class="order">
          {matters.map(({ rule, matched }, index) => (
            <li key={index} class={matched ? 'matched' : undefined}>
              {ruleText(rule, names)} {matched && <span class="tag">{t('decided')}</span>}
            </li>
          ))}
        </ol>
      </details>
    </Card>
  );
}

function sentence({ reason, rule, until }: Explanation, names: Names): string {
  const what = ruleText(rule, names);
  const text = maybe(`reason_${reason}`)?.replace('{what}', what) ?? what;
  return until ? `${text} ${t('until', { time: moment(new Date(until)) })}` : text;
}

/** A rule in words: `category:adult`, `schedule:bedtime`, or the step of the order. */
function ruleText(rule: string, names: Names): string {
  const [kind = '', rest = ''] = [rule.split(':')[0], rule.includes(':') ? rule.slice(rule.indexOf(':') + 1) : ''];
  const word = maybe(`step_${kind}`) ?? kind;
  if (!rest) return word;
  const say: Record<string, (key: string) => string> = { category: names.category, service: names.service, schedule: scheduleName };
  const what = say[kind]?.(rest) ?? rest;
  return `${word}: ${what}`;
}

/** What would change it, as buttons. */
function Mend({ site, who, explanation, family, names, again }: FoundProps) {
  const person = family.person.find(({ id }) => id === who);
  const rule = (action: Rule['action'], of: string) => {
    const added: Rule = { name: of.replace(/^name:/, ''), action, ...(person && { who: [person.id] }) };
    const time = explanation.reason === 'schedule' || explanation.reason === 'budget';
    if (action === 'allow' && time) added.over_time = true;
    const isIt = (other: Rule) => other.name === added.name && other.action === action && String(other.who ?? '') === String(added.who ?? '');
    const undo = () => edit((family) => void (family.rule = family.rule.filter((other) => !isIt(other)))).then(again);
    const add = () => edit((family) => void family.rule.push(added)).then(again);
    return act(add, t(action === 'allow' ? 'site_allowed' : 'site_blocked', { site }), undo);
  };
  const grant = (of: string) => person && act(() => post('grants', { who: person.id, of, minutes: 60 }).then(refresh).then(again), t('saved'));
  const button = ({ by, of }: Change) => {
    const [kind, key = ''] = of.split(':');
    if (by === 'allow') return [t('mend_allow'), () => rule('allow', of)] as const;
    if (by === 'block') return [t('mend_block'), () => rule('block', of)] as const;
    if (by === 'grant' && person) return [t('mend_grant', { what: names.scope(of === `name:${site}` ? site : of.replace(/^budget:.*/, 'all')) }), () => grant(of)] as const;
    if (by === 'remove' && explanation.reason === 'paused' && person) {
      return [t('resume'), () => act(() => post('pause', { who: person.id, minutes: 0 }).then(refresh).then(again), t('saved'))] as const;
    }
    // A whole kind of content is opened in the child's own view, where its reason stands; an app is no more than that.
    if (by === 'profile' && person && kind === 'service') {
      const set = (blocked: boolean) => () => edit((family) => setBlocked(family, names, person.id, 'services', [key], blocked)).then(again);
      return [t('mend_profile', { what: names.service(key), name: person.name }), () => act(set(false), t('saved'), set(true))] as const;
    }
    return undefined;
  };
  const buttons = explanation.would_change.map(button).filter((button) => button !== undefined);
  if (buttons.length === 0) return explanation.verdict === 'blocked' ? <p class="hint">{t('mend_none')}</p> : null;
  return (
    <div class="choices">
      {buttons.map(([text, press]) => (
        <Button key={text} onClick={press}>
          {text}
        </Button>
      ))}
    </div>
  );
}
