// One child: what holds now, and the two big buttons.

import { useState } from 'preact/hooks';
import { get, post } from '../../api';
import { moment, t } from '../../i18n';
import { refresh } from '../../model/family';
import { ageOf, budgetName, scheduleName, type Names } from '../../model/names';
import type { Allowance, Family, Listing, PersonNow } from '../../types';
import { Icon, type IconName } from '../../ui/icon';
import { act } from '../../ui/messages';
import { Avatar, Button, Ring } from '../../ui/parts';
import { BonusSheet, LONGEST, PauseSheet } from './actions';

interface Props {
  now: PersonNow;
  family: Family;
  names: Names;
  budgets: Allowance[];
  onDone(): Promise<unknown>;
  alone?: boolean;
}

export function PersonCard({ now, family, names, budgets, onDone, alone }: Props) {
  const [sheet, setSheet] = useState<'pause' | 'bonus'>();
  const person = family.person.find(({ id }) => id === now.who);
  if (!person) return null;
  const paused = now.reason === 'paused';
  const close = () => setSheet(undefined);
  const resume = () => act(async () => (await lift(person.id), onDone()), t('resumed', { name: person.name }));
  return (
    <section class={`card person ${now.verdict}`} aria-label={person.name}>
      {!alone && (
        <a class="who" href={`/nguoi/${person.id}`}>
          <Avatar person={person} />
          <span>
            <strong>{person.name}</strong>
            <small>{about(now, family, names)}</small>
          </span>
          <Icon name="next" />
        </a>
      )}
      <p class="now">
        <Icon name={icon(now)} />
        <span>{standing(now)}</span>
      </p>
      {budgets.length > 0 && (
        <div class="rings">
          {budgets.map((budget) => (
            <Ring
              key={budget.budget}
              left={budget.left}
              of={budget.minutes + budget.bonus}
              label={budgetName(family, names, budget.budget)}
            />
          ))}
        </div>
      )}
      <div class="two">
        {paused ? (
          <Button kind="main" icon="play" onClick={resume}>
            {t('resume')}
          </Button>
        ) : (
          <Button icon="pause" onClick={() => setSheet('pause')}>
            {t('pause')}
          </Button>
        )}
        <Button icon="plus" onClick={() => setSheet('bonus')}>
          {t('bonus')}
        </Button>
      </div>
      {sheet === 'pause' && <PauseSheet who={[person.id]} name={person.name} onClose={close} onDone={onDone} />}
      {sheet === 'bonus' && (
        <BonusSheet person={person} family={family} names={names} budgets={budgets} onClose={close} onDone={onDone} />
      )}
    </section>
  );
}

/** Lifts a pause for one: where all children are in it, the others stay in it, each by their own. */
async function lift(person: string): Promise<void> {
  const { family } = await refresh();
  for (const { who, until } of family.pause) {
    const named = Array.isArray(who) ? who : [who];
    if (named.includes('*')) {
      const everybody = (await get<Listing<PersonNow>>('now')).items;
      const others = everybody.filter((other) => other.supervised && other.who !== person).map((other) => other.who);
      const minutes = until ? Math.ceil((Date.parse(until) - Date.now()) / 60_000) : LONGEST;
      if (others.length && minutes > 0) await post('pause', { who: others, minutes });
    }
    for (const one of named) if (['*', 'house', person].includes(one)) await post('pause', { who: one, minutes: 0 });
  }
  await refresh();
}

function about(now: PersonNow, family: Family, names: Names): string {
  const person = family.person.find(({ id }) => id === now.who)!;
  const age = ageOf(person);
  return [age === undefined ? '' : t('years', { n: age }), names.profile(now.profile).replace(/ \(.*/, '')]
    .filter(Boolean)
    .join(' · ');
}

/** The state in one sentence. */
export function standing(now: PersonNow): string {
  const until = now.until ? new Date(now.until) : undefined;
  const schedule = now.rule.startsWith('schedule:') ? scheduleName(now.rule.slice('schedule:'.length)) : '';
  if (now.verdict === 'allowed') return until ? t('now_open_until', { time: moment(until) }) : t('now_open');
  const back = until ? t('now_until', { time: moment(until) }) : '';
  const why = {
    paused: t('now_paused'),
    schedule: t('now_schedule', { what: schedule }),
    budget: t('now_budget'),
  }[now.reason];
  return `${why ?? t('now_blocked')} ${back}`.trim();
}

function icon(now: PersonNow): IconName {
  if (now.verdict === 'allowed') return 'check';
  return ({ paused: 'pause', schedule: 'moon', budget: 'clock' } as Record<string, IconName>)[now.reason] ?? 'close';
}

