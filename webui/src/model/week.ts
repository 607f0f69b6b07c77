// A week of half hours, painted; and the schedules that say the same.

import type { Schedule } from '../types';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const SLOTS = 48;
const WEEK = DAYS.length * SLOTS;

/** What a half hour is: open, without Internet, or for learning alone. */
export type Paint = 'open' | 'block' | 'only';
export type Week = Paint[];

export const emptyWeek = (): Week => Array<Paint>(WEEK).fill('open');
export const at = (day: number, slot: number) => day * SLOTS + slot;

/** `21:30`; the end of the day is `24:00`. */
export function timeOf(slot: number): string {
  return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 ? '30' : '00'}`;
}

function slotOf(time: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):(00|30)$/.exec(time) ?? [];
  if (!hours) return undefined;
  const slot = Number(hours) * 2 + (minutes === '30' ? 1 : 0);
  return slot <= SLOTS ? slot : undefined;
}

/** Whether the grid can show a schedule whole: half hours, every week, everything or learning. */
export function fits(schedule: Schedule): boolean {
  const mode = schedule.mode === 'block' || schedule.mode === 'only';
  return mode && !schedule.during?.length && slotOf(schedule.from) !== undefined && slotOf(schedule.to) !== undefined;
}

/** The week that schedules paint; where two overlap, the stricter one. */
export function paint(schedules: Schedule[]): Week {
  const week = emptyWeek();
  for (const schedule of schedules.filter(fits)) {
    const [from, to] = [slotOf(schedule.from)!, slotOf(schedule.to)!];
    const length = to > from ? to - from : SLOTS - from + to;
    const days = schedule.days?.length ? schedule.days : DAYS;
    for (const day of days) {
      const start = at(DAYS.indexOf(day as (typeof DAYS)[number]), from);
      for (let slot = start; slot < start + length; slot++) {
        const here = slot % WEEK;
        if (week[here] !== 'block') week[here] = schedule.mode as Paint;
      }
    }
  }
  return week;
}

interface Window {
  mode: 'block' | 'only';
  from: string;
  to: string;
  days: string[];
}

/** The windows of a week: what goes on over midnight is one, and belongs to the day it starts. */
export function windows(week: Week): Window[] {
  const found = new Map<string, Window>();
  for (const mode of ['block', 'only'] as const) {
    for (const { start, length } of runs(week, mode)) add(found, mode, start, length);
  }
  return [...found.values()];
}

/** Stretches of one paint, on the week as a circle. */
function runs(week: Week, mode: Paint): { start: number; length: number }[] {
  const is = (slot: number) => week[(slot + WEEK) % WEEK] === mode;
  if (week.every((paint) => paint === mode)) return [{ start: 0, length: WEEK }];
  const starts = week.map((_, slot) => slot).filter((slot) => is(slot) && !is(slot - 1));
  return starts.map((start) => {
    let length = 0;
    while (is(start + length)) length++;
    return { start, length };
  });
}

/** A window has 24 hours at the most: a longer stretch is several. */
function add(found: Map<string, Window>, mode: 'block' | 'only', start: number, length: number): void {
  for (let done = 0; done < length; done += SLOTS) {
    const [day, slot] = [Math.floor((start + done) / SLOTS) % DAYS.length, (start + done) % SLOTS];
    const end = slot + Math.min(SLOTS, length - done);
    const [from, to] = [timeOf(slot), timeOf(end > SLOTS ? end - SLOTS : end)];
    const key = `${mode} ${from} ${to}`;
    const window = found.get(key) ?? { mode, from, to, days: [] };
    window.days.push(DAYS[day]!);
    found.set(key, window);
  }
}

const KIND = { block: 'bedtime', only: 'school' };

/** The schedules that paint a week. `taken`: ids that others have. */
export function schedules(week: Week, who: string, except: string[], of: string[], taken: string[]): Schedule[] {
  const used = [...taken];
  return windows(week).map(({ mode, from, to, days }) => {
    const base = who === '*' ? KIND[mode] : `${who}-${KIND[mode]}`;
    let id = base;
    for (let n = 2; used.includes(id); n++) id = `${base}-${n}`;
    used.push(id);
    const schedule: Schedule = { id, who: [who], mode, from, to };
    if (mode === 'only') schedule.of = of;
    if (days.length < DAYS.length) schedule.days = DAYS.filter((day) => days.includes(day));
    if (except.length) schedule.except = except;
    return schedule;
  });
}
