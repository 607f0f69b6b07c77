// The sheets behind the two big buttons: each choice is one touch, and can be taken back.

import { post } from '../../api';
import { span, t } from '../../i18n';
import { budgetName, type Names } from '../../model/names';
import type { Allowance, Family, Person } from '../../types';
import { act } from '../../ui/messages';
import { Button, Sheet } from '../../ui/parts';

interface Common {
  onClose(): void;
  onDone(): Promise<unknown>;
}

/** The longest pause that the router takes, in minutes: a pause "until I lift it" is one of these. */
export const LONGEST = 31 * 24 * 60;

export function PauseSheet({ who, name, onClose, onDone }: { who: string[]; name: string } & Common) {
  const pause = (minutes: number, words: string) => {
    onClose();
    const set = (minutes: number) => async () => (await post('pause', { who, minutes }), onDone());
    return act(set(minutes), t('paused_for', { name, span: words }), set(0));
  };
  const tomorrow = minutesUntil(6);
  return (
    <Sheet title={t('pause_who', { name })} onClose={onClose}>
      <p>{t('pause_lead')}</p>
      <div class="choices">
        {[15, 30, 60].map((minutes) => (
          <Button key={minutes} onClick={() => pause(minutes, span(minutes))}>
            {span(minutes)}
          </Button>
        ))}
        <Button onClick={() => pause(tomorrow, t('until_morning'))}>{t('until_morning')}</Button>
        <Button onClick={() => pause(LONGEST, t('until_lifted'))}>{t('until_lifted')}</Button>
      </div>
    </Sheet>
  );
}

/** Minutes until the clock next shows this hour. */
function minutesUntil(hour: number): number {
  const now = new Date();
  const then = new Date(now);
  then.setHours(hour, 0, 0, 0);
  if (then <= now) then.setDate(then.getDate() + 1);
  return Math.ceil((then.getTime() - now.getTime()) / 60_000);
}

const MORE = [15, 30, 60];

export function BonusSheet({ person, family, names, budgets, onClose, onDone }: {
  person: Person;
  family: Family;
  names: Names;
  budgets: Allowance[];
} & Common) {
  const give = (of: string, minutes: number, what: string) => {
    onClose();
    const set = (minutes: number) => async () => (await post('grants', { who: person.id, of, minutes }), onDone());
    const done = t('given', { name: person.name, span: span(minutes), what });
    return act(set(minutes), done, of === 'all' ? set(0) : undefined);
  };
  const row = (of: string, what: string) => (
    <div class="choices three" role="group" aria-label={what}>
      {MORE.map((minutes) => (
        <Button key={minutes} icon="plus" onClick={() => give(of, minutes, what)}>
          {span(minutes)}
        </Button>
      ))}
    </div>
  );
  return (
    <Sheet title={t('bonus_who', { name: person.name })} onClose={onClose}>
      {budgets.map((budget) => (
        <div key={budget.budget} class="stack">
          <h3>{budgetName(family, names, budget.budget)}</h3>
          {row(`budget:${budget.budget}`, budgetName(family, names, budget.budget))}
        </div>
      ))}
      <div class="stack">
        <h3>{t('bonus_all')}</h3>
        <p class="hint">{t('bonus_all_hint')}</p>
        {row('all', t('bonus_all'))}
      </div>
    </Sheet>
  );
}
