// One child: what holds now, and the two big buttons.

import { useState } from 'preact/hooks';
import { post } from '../../api';
import { moment, t } from '../../i18n';
import { ageOf, budgetName, scheduleName, type Names } from '../../model/names';
import type { Allowance, Family, PersonNow } from '../../types';
import { Icon, type IconName } from '../../ui/icon';
import { act } from '../../ui/messages';
import { Avatar, Button, Ring } from '../../ui/parts';
import { BonusSheet, PauseSheet } from './actions';

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
  const resume = () => act(async () => (await lift(family, person.id), onDone()), t('resumed', { name: person.name }));
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

/** Lifts every pause that somebody is in: their own, all children's, the house's. */
async function lift(family: Family, person: string): Promise<void> {
  const theirs = (who: string) => who === person || who === '*' || who === 'house';
  const named = family.pause.flatMap(({ who }) => (Array.isArray(who) ? who : [who])).filter(theirs);
  for (const who of new Set(named.length ? named : [person])) await post('pause', { who, minutes: 0 });
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

