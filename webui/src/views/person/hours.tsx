// The hours of a week: painted on a grid by finger, mouse or keyboard, or written day by day.

import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { change, Conflict, refresh, same, type Part } from '../../model/family';
import { scheduleName, type Names } from '../../model/names';
import { fits, paint, schedules, type Paint } from '../../model/week';
import type { Family, Schedule } from '../../types';
import { act, confirm, say } from '../../ui/messages';
import { Button, Card, Choice, IconButton, Switch } from '../../ui/parts';
import { DaySheet } from './day-sheet';
import { dayName, WeekGrid } from './week-grid';
import { modeText, WindowSheet } from './window-sheet';

/** Tết and the public holidays, as config/holidays.toml calls them. */
const HOLIDAYS = ['tet', 'public_holidays'];
const LEARNING = ['group:learning'];

interface Props {
  /** A person's id, or `*`: all who are supervised. */
  who: string;
  name: string;
  family: Family;
  names: Names;
}

/** The schedules that the grid shows: for these people alone, and such as it can show. */
function partOf(who: string): Part<Schedule[]> {
  const mine = (schedule: Schedule) => schedule.who.length === 1 && schedule.who[0] === who && fits(schedule);
  return {
    read: (family) => family.schedule.filter(mine),
    write: (family, schedules) => {
      family.schedule = [...family.schedule.filter((schedule) => !mine(schedule)), ...schedules];
    },
  };
}

export function Hours({ who, name, family, names }: Props) {
  const part = partOf(who);
  const [shown, setShown] = useState(() => part.read(family));
  const [week, setWeek] = useState(() => paint(shown));
  const [free, setFree] = useState(() => isFree(shown));
  const [brush, setBrush] = useState<Paint>('block');
  const [day, setDay] = useState<number>();
  const [busy, setBusy] = useState(false);
  const there = part.read(family);
  const changed = !same(week, paint(shown)) || free !== isFree(shown);
  const show = (schedules: Schedule[]) => {
    setShown(schedules);
    setWeek(paint(schedules));
    setFree(isFree(schedules));
  };
  // What another parent wrote is shown at once, unless something is being painted here.
  useEffect(() => {
    if (!changed && !same(there, shown)) show(there);
  }, [JSON.stringify(there)]);
  const of = shown.find((schedule) => schedule.mode === 'only')?.of ?? LEARNING;
  const others = family.schedule.filter((schedule) => !shown.some(({ id }) => id === schedule.id)).map(({ id }) => id);
  const wanted = () => schedules(week, who, free ? HOLIDAYS : [], of, others);
  const save = async () => {
    setBusy(true);
    const after = wanted();
    try {
      const before = shown;
      if (await act(() => saveOver(part, before, after, show), undefined)) {
        setShown((now) => (same(now, before) ? after : now));
        say(t('saved'), async () => (await change(part, part.read((await refresh()).family), before), show(before)));
      }
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={who === '*' ? t('hours_all') : t('hours_of', { name })}>
      <p class="hint">{t('hours_lead')}</p>
      <Choice
        label={t('brush')}
        options={[
          ['block', t('paint_block')],
          ['only', t('paint_only')],
          ['open', t('paint_open')],
        ]}
        value={brush}
        onChange={setBrush}
      />
      <WeekGrid week={week} brush={brush} onPaint={setWeek} onDay={setDay} />
      <Switch label={t('holidays_free')} hint={t('holidays_free_hint')} checked={free} onChange={setFree} />
      {changed && (
        <div class="row end save">
          <Button kind="quiet" onClick={() => show(there)}>
            {t('discard')}
          </Button>
          <Button kind="main" busy={busy} onClick={save}>
            {t('save')}
          </Button>
        </div>
      )}
      {day !== undefined && (
        <DaySheet day={day} week={week} onChange={setWeek} onClose={() => setDay(undefined)} />
      )}
      <Others who={who} family={family} names={names} shown={there} />
    </Card>
  );
}

const isFree = (schedules: Schedule[]) => schedules.length > 0 && schedules.every((schedule) => schedule.except?.length);

/** Saves; where somebody changed the same meanwhile, both are kept in sight and the parent chooses. */
async function saveOver(part: Part<Schedule[]>, before: Schedule[], after: Schedule[], show: (theirs: Schedule[]) => void) {
  try {
    await change(part, before, after);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const theirs = part.read((await refresh()).family);
    const mine = await confirm({
      title: t('conflict'),
      text: t('conflict_hours', { theirs: words(theirs), mine: words(after) }),
      yes: t('keep_mine'),
      no: t('take_theirs'),
    });
    if (mine) await change(part, theirs, after);
    else show(theirs);
  }
}

/** Schedules in a line each. */
function words(schedules: Schedule[]): string {
  const line = ({ mode, from, to, days = [] }: Schedule) =>
    `${modeText(mode)} ${from}–${to} ${days.length ? days.map(dayName).join(', ') : t('every_day')}`;
  return schedules.map(line).join('; ') || t('none');
}

const ALL: Part<Schedule[]> = {
  read: (family) => family.schedule,
  write: (family, schedules) => void (family.schedule = schedules),
};

/** What holds besides and the grid does not show: for everybody, for some dates, for some apps. */
function Others({ who, family, names, shown }: Omit<Props, 'name'> & { shown: Schedule[] }) {
  const concerns = (schedule: Schedule) => schedule.who.includes(who) || schedule.who.includes('*');
  const others = family.schedule.filter((schedule) => concerns(schedule) && !shown.some(({ id }) => id === schedule.id));
  const [edited, setEdited] = useState<Schedule>();
  if (others.length === 0) return null;
  const replace = (schedule: Schedule, changed: Schedule) => {
    const before = family.schedule;
    const after = before.map((other) => (other === schedule ? changed : other));
    setEdited(undefined);
    return act(() => change(ALL, before, after), t('saved'), () => change(ALL, after, before));
  };
  const remove = (schedule: Schedule) => {
    const before = family.schedule;
    const after = before.filter((other) => other !== schedule);
    return act(() => change(ALL, before, after), t('deleted'), () => change(ALL, after, before));
  };
  return (
    <>
      <h3>{t('hours_others')}</h3>
      <ul class="list">
        {others.map((schedule) => (
          <li key={schedule.id}>
            <div>
              <strong>{scheduleName(schedule.id)}</strong>
              <p>
                {words([schedule])}
                {schedule.of?.length ? `: ${names.scope(schedule.of)}` : ''}
                {schedule.who.includes('*') && ` · ${t('for_all')}`}
                {schedule.during?.length ? ` · ${schedule.during.join(', ')}` : ''}
              </p>
            </div>
            {schedule.who.includes('*') && fits(schedule) ? (
              <a class="button quiet" href="/cai-dat?muc=gio">
                {t('edit')}
              </a>
            ) : (
              <>
                <Button kind="quiet" aria-label={t('edit_what', { what: scheduleName(schedule.id) })} onClick={() => setEdited(schedule)}>
                  {t('edit')}
                </Button>
                <IconButton icon="trash" label={t('delete_what', { what: scheduleName(schedule.id) })} onClick={() => remove(schedule)} />
              </>
            )}
          </li>
        ))}
      </ul>
      {edited && (
        <WindowSheet schedule={edited} names={names} onClose={() => setEdited(undefined)} onSave={(changed) => void replace(edited, changed)} />
      )}
    </>
  );
}
