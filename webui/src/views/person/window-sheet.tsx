// A schedule that the grid can't show: to the minute, for some apps, on some dates. Written as one window.

import { useState } from 'preact/hooks';
import { named, t } from '../../i18n';
import { scheduleName, type Names } from '../../model/names';
import { DAYS } from '../../model/week';
import type { Schedule } from '../../types';
import { Button, Field, IconButton, Select, Sheet } from '../../ui/parts';
import { longDay } from './week-grid';

const MODES: Schedule['mode'][] = ['block', 'only', 'block-set'];

/** What a schedule does with what it is about. */
export function modeText(mode: Schedule['mode']): string {
  if (mode === 'block-set') return t('window_set');
  return t(mode === 'only' ? 'paint_only' : 'paint_block');
}

interface Props {
  schedule: Schedule;
  names: Names;
  onClose(): void;
  onSave(schedule: Schedule): void;
}

export function WindowSheet({ schedule, names, onClose, onSave }: Props) {
  const [now, setNow] = useState(schedule);
  const put = (changed: Partial<Schedule>) => setNow({ ...now, ...changed });
  const days = now.days?.length ? now.days : [...DAYS];
  const toggle = (day: string) => {
    const chosen = DAYS.filter((other) => (other === day ? !days.includes(day) : days.includes(other)));
    // No day at all would mean every day.
    if (chosen.length) put({ days: chosen.length === DAYS.length ? undefined : chosen });
  };
  const of = now.of ?? [];
  const missing = now.mode !== 'block' && of.length === 0;
  const save = (event: Event) => {
    event.preventDefault();
    const { of: _, days: __, ...rest } = now;
    onSave({ ...rest, ...(now.mode !== 'block' && { of }), ...(now.days?.length && { days: now.days }) });
  };
  return (
    <Sheet title={scheduleName(schedule.id)} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <Select
          label={t('what')}
          value={now.mode}
          options={MODES.map((mode): [string, string] => [mode, modeText(mode)])}
          onChange={(event) => put({ mode: event.currentTarget.value as Schedule['mode'] })}
        />
        {now.mode !== 'block' && <Scope of={of} names={names} onChange={(of) => put({ of })} />}
        <div class="two">
          <Field label={t('from_time')} type="time" required value={now.from} onInput={(event) => put({ from: event.currentTarget.value })} />
          <Field label={t('to_time')} type="time" required value={now.to} onInput={(event) => put({ to: event.currentTarget.value })} />
        </div>
        <fieldset class="stack">
          <legend>{t('window_days')}</legend>
          {DAYS.map((day) => (
            <label class="check" key={day}>
              <input type="checkbox" checked={days.includes(day)} onChange={() => toggle(day)} />
              {longDay(day)}
            </label>
          ))}
        </fieldset>
        {(now.during?.length || now.except?.length) && (
          <p class="hint">
            {[now.during?.length && t('window_during', { dates: now.during.join(', ') }), now.except?.length && t('window_except', { dates: now.except.join(', ') })]
              .filter(Boolean)
              .join(' ')}
          </p>
        )}
        <Button kind="main" type="submit" disabled={missing}>
          {t('save')}
        </Button>
      </form>
    </Sheet>
  );
}

/** Groups and apps, one by one. */
function Scope({ of, names, onChange }: { of: string[]; names: Names; onChange(of: string[]): void }) {
  const groups = [...new Map(names.services.map(({ group }) => [group.key, group])).values()];
  const all: [string, string][] = [
    ...groups.map((group): [string, string] => [`group:${group.key}`, named(group)]),
    ...names.services.filter((service) => !service.essential).map((service): [string, string] => [`service:${service.key}`, named(service)]),
  ];
  return (
    <div class="stack">
      <ul class="list">
        {of.map((what) => (
          <li key={what}>
            <div>{names.scope(what)}</div>
            <IconButton icon="trash" label={t('delete_what', { what: names.scope(what) })} onClick={() => onChange(of.filter((other) => other !== what))} />
          </li>
        ))}
      </ul>
      <Select
        label={t('window_add')}
        value=""
        options={[['', t('choose')], ...all.filter(([key]) => !of.includes(key))]}
        onChange={(event) => event.currentTarget.value && onChange([...of, event.currentTarget.value])}
      />
    </div>
  );
}
