// How long a day: of everything, a group of apps or one.

import { useState } from 'preact/hooks';
import { named, span, t } from '../../i18n';
import { change, freeId, type Part } from '../../model/family';
import type { Budget, Listing, Named, Preset } from '../../types';
import { act } from '../../ui/messages';
import { Button, Card, IconButton, Select, Sheet } from '../../ui/parts';
import { useApi } from '../../use';
import type { Parts } from './content';
import { TakePreset } from './take-preset';

const part: Part<Budget[]> = {
  read: (family) => family.budget,
  write: (family, budgets) => void (family.budget = budgets),
};

const MINUTES = [0, 15, 30, 45, 60, 75, 90, 105, 120, 150, 180, 240, 300, 360];

type Props = Parts & { onDone(): Promise<unknown> };

export function Budgets({ person, family, names, onDone }: Props) {
  const [edited, setEdited] = useState<Budget | 'new'>();
  const [taking, setTaking] = useState(false);
  const presets = useApi<Listing<Preset>>('presets');
  const theirs = family.budget.filter((budget) => budget.who === person.id);
  const put = async (before: Budget | undefined, after: Budget | undefined, done: string) => {
    const now = family.budget;
    const rest = now.filter((budget) => budget !== before);
    const next = after ? [...rest, after] : rest;
    const back = async () => (await change(part, next, now), onDone());
    await act(async () => (await change(part, now, next), onDone()), done, back);
    setEdited(undefined);
  };
  const decree = presets.data?.items.find(({ group }) => !theirs.some((budget) => names.scope(budget.of) === names.scope(`group:${group}`)));
  const fresh = (): string => freeId(`${person.id}-limit`, family.budget.map(({ id }) => id));
  return (
    <Card title={t('limits')}>
      <p class="hint">{t('limits_lead')}</p>
      <ul class="list">
        {theirs.map((budget) => (
          <li key={budget.id}>
            <div>
              <strong>{names.scope(budget.of)}</strong>
              <p>{perDay(budget)}</p>
            </div>
            <Button kind="quiet" onClick={() => setEdited(budget)}>
              {t('edit')}
            </Button>
            <IconButton
              icon="trash"
              label={t('delete_what', { what: names.scope(budget.of) })}
              onClick={() => put(budget, undefined, t('deleted'))}
            />
          </li>
        ))}
      </ul>
      <div class="row">
        <Button icon="plus" onClick={() => setEdited('new')}>
          {t('add_limit')}
        </Button>
        {decree && (
          <Button kind="quiet" onClick={() => setTaking(true)}>
            {named(decree)}
          </Button>
        )}
      </div>
      {taking && decree && (
        <TakePreset preset={decree} who={person.id} names={names} onClose={() => setTaking(false)} onDone={onDone} />
      )}
      {edited && (
        <Edit
          budget={edited === 'new' ? { id: fresh(), who: person.id, of: 'all', minutes: 120, warn: [15, 5] } : edited}
          names={names}
          onClose={() => setEdited(undefined)}
          onSave={(budget) => put(edited === 'new' ? undefined : edited, budget, t('saved'))}
        />
      )}
    </Card>
  );
}

function perDay({ minutes, weekend_minutes }: Budget): string {
  const weekdays = t('a_day', { span: span(minutes) });
  return weekend_minutes == null || weekend_minutes === minutes
    ? weekdays
    : `${weekdays}, ${t('at_weekends', { span: span(weekend_minutes) })}`;
}

function Edit({ budget, names, onClose, onSave }: {
  budget: Budget;
  names: Parts['names'];
  onClose(): void;
  onSave(budget: Budget): void;
}) {
  const [of, setOf] = useState(typeof budget.of === 'string' ? budget.of : budget.of.join(' '));
  const [minutes, setMinutes] = useState(budget.minutes);
  const [weekend, setWeekend] = useState(budget.weekend_minutes ?? budget.minutes);
  const groups = [...new Map(names.services.map(({ group }) => [group.key, group])).values()];
  const option = (kind: string) => (thing: Named): [string, string] => [`${kind}:${thing.key}`, named(thing)];
  const known: [string, string][] = [
    ['all', t('scope_all')],
    ...groups.map(option('group')),
    ...names.services.filter((service) => !service.essential).map(option('service')),
  ];
  const options = known.some(([key]) => key === of) ? known : [[of, names.scope(budget.of)] as [string, string], ...known];
  const steps = (now: number): [string, string][] =>
    [...new Set([...MINUTES, now])].sort((a, b) => a - b).map((minutes) => [String(minutes), minutes ? span(minutes) : t('no_time')]);
  const save = (event: Event) => {
    event.preventDefault();
    const { weekend_minutes: _, ...rest } = budget;
    const what = of === (Array.isArray(budget.of) ? budget.of.join(' ') : budget.of) ? budget.of : of;
    onSave({ ...rest, of: what, minutes, ...(weekend !== minutes && { weekend_minutes: weekend }) });
  };
  return (
    <Sheet title={t('limit')} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <Select label={t('limit_of')} value={of} options={options} onChange={(event) => setOf(event.currentTarget.value)} />
        <div class="two">
          <Select
            label={t('weekdays')}
            value={String(minutes)}
            options={steps(minutes)}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
          />
          <Select
            label={t('weekend')}
            value={String(weekend)}
            options={steps(weekend)}
            onChange={(event) => setWeekend(Number(event.currentTarget.value))}
          />
        </div>
        <p class="hint">{t('limit_hint')}</p>
        <Button kind="main" type="submit">
          {t('save')}
        </Button>
      </form>
    </Sheet>
  );
}
