// One day's hours in words: for fingers that are too broad for the grid, and to copy a day to others.

import { t } from '../../i18n';
import { at, DAYS, SLOTS, timeOf, type Paint, type Week } from '../../model/week';
import { Button, IconButton, Select, Sheet } from '../../ui/parts';
import { longDay } from './week-grid';

interface Props {
  day: number;
  week: Week;
  onChange(week: Week): void;
  onClose(): void;
}

interface Stretch {
  from: number;
  to: number;
  paint: Paint;
}

function stretches(week: Week, day: number): Stretch[] {
  const found: Stretch[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const paint = week[at(day, slot)]!;
    const last = found.at(-1);
    if (last && last.to === slot && last.paint === paint) last.to = slot + 1;
    else if (paint !== 'open') found.push({ from: slot, to: slot + 1, paint });
  }
  return found;
}

const TIMES = Array.from({ length: SLOTS + 1 }, (_, slot): [string, string] => [String(slot), timeOf(slot)]);

export function DaySheet({ day, week, onChange, onClose }: Props) {
  const found = stretches(week, day);
  const put = (without: Stretch | undefined, stretch?: Stretch) => {
    const next = [...week];
    if (without) next.fill('open', at(day, without.from), at(day, without.to));
    if (stretch && stretch.to > stretch.from) next.fill(stretch.paint, at(day, stretch.from), at(day, stretch.to));
    onChange(next);
  };
  const copy = (days: number[]) => {
    const next = [...week];
    const model = week.slice(at(day, 0), at(day, SLOTS));
    for (const other of days) next.splice(at(other, 0), SLOTS, ...model);
    onChange(next);
    onClose();
  };
  return (
    <Sheet title={longDay(DAYS[day]!)} onClose={onClose}>
      {found.length === 0 && <p>{t('day_open')}</p>}
      {found.map((stretch) => (
        <div key={stretch.from} class="stretch">
          <Select
            label={t('what')}
            value={stretch.paint}
            options={[
              ['block', t('paint_block')],
              ['only', t('paint_only')],
            ]}
            onChange={(event) => put(stretch, { ...stretch, paint: event.currentTarget.value as Paint })}
          />
          <Select
            label={t('from_time')}
            value={String(stretch.from)}
            options={TIMES.slice(0, stretch.to)}
            onChange={(event) => put(stretch, { ...stretch, from: Number(event.currentTarget.value) })}
          />
          <Select
            label={t('to_time')}
            value={String(stretch.to)}
            options={TIMES.slice(stretch.from + 1)}
            onChange={(event) => put(stretch, { ...stretch, to: Number(event.currentTarget.value) })}
          />
          <IconButton icon="trash" label={t('delete')} onClick={() => put(stretch)} />
        </div>
      ))}
      <Button icon="plus" onClick={() => put(undefined, { from: 43, to: SLOTS, paint: 'block' })}>
        {t('add_hours')}
      </Button>
      <div class="stack" role="group" aria-label={t('copy_day')}>
        <h3>{t('copy_day')}</h3>
        <div class="choices three">
          <Button onClick={() => copy([0, 1, 2, 3, 4, 5, 6])}>{t('copy_all')}</Button>
          <Button onClick={() => copy([0, 1, 2, 3, 4])}>{t('copy_school')}</Button>
          <Button onClick={() => copy([5, 6])}>{t('copy_weekend')}</Button>
        </div>
      </div>
    </Sheet>
  );
}
