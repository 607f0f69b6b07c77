// Texts in the reader's language. The keys are those of i18n/app/vi.json: the compiler refuses another one.

import type vi from '../i18n/app/vi.json';
import { signal } from './signal';
import type { LanguageTag, Named } from './types';

export type Key = keyof typeof vi;
type Values = Record<string, string | number>;

const KEPT = 'luytre.language';
const languages: Record<LanguageTag, () => Promise<{ default: Record<Key, string> }>> = {
  vi: () => import('../i18n/app/vi.json'),
  en: () => import('../i18n/app/en.json'),
};

let texts: Record<Key, string>;
export const language = signal<LanguageTag>(chosen() ?? preferred());

function chosen(): LanguageTag | undefined {
  const kept = read(KEPT);
  return kept === 'vi' || kept === 'en' ? kept : undefined;
}

/** The browser's first of ours; Vietnamese where it has none. */
function preferred(): LanguageTag {
  const ours = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return (ours.find((tag) => tag === 'vi' || tag === 'en') as LanguageTag) ?? 'vi';
}

/** A browser may keep nothing for us (private windows). */
export function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then it holds until the page is left.
  }
}

export async function load(tag: LanguageTag): Promise<void> {
  texts = (await languages[tag]()).default;
  document.documentElement.lang = tag;
  language.set(tag);
}

/** The reader chose it; it stays on this device. */
export async function choose(tag: LanguageTag): Promise<void> {
  keep(KEPT, tag);
  await load(tag);
}

/** The account's language, unless this device has one of its own. */
export async function follow(tag: LanguageTag): Promise<void> {
  if (!chosen() && tag !== language.get()) await load(tag);
}

/** A text with its `{values}`. `one|many` chooses by `{n}`. */
export function t(key: Key, values: Values = {}): string {
  const forms = texts[key].split('|');
  const form = forms.length > 1 && values.n !== 1 ? forms[1]! : forms[0]!;
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    return typeof value === 'number' ? number(value) : value;
  });
}

/** A text whose key is made of data: `undefined` where there is none. */
export function maybe(key: string): string | undefined {
  return (texts as Record<string, string>)[key];
}

export const named = (thing: Named | { vi: string; en: string }) => thing[language.get()];

const locale = () => (language.get() === 'vi' ? 'vi-VN' : 'en-GB');

/** The house's time zone: what its rules go by. */
let zone: string | undefined;

export function setZone(name: string): void {
  zone = name;
}

/** What formats is made once: on a cheap phone each takes a fifth of a frame or more. */
const formatters = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numbers(options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = JSON.stringify([locale(), options]);
  const known = formatters.get(key) ?? new Intl.NumberFormat(locale(), options);
  formatters.set(key, known);
  return known as Intl.NumberFormat;
}

function times(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale(), zone, options]);
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options });
  formatters.set(key, known);
  return known as Intl.DateTimeFormat;
}

export const number = (value: number) => numbers().format(value);
/** `350 MB`, `1,2 GB`. */
export const size = (bytes: number) =>
  numbers({ style: 'unit', unit: bytes < 1e9 ? 'megabyte' : 'gigabyte', maximumFractionDigits: 1 }).format(
    bytes / (bytes < 1e9 ? 1e6 : 1e9),
  );
export const compare = (a: string, b: string) => a.localeCompare(b, locale());

/** `45 phút`, `2 giờ 5 phút`, `3 ngày`. */
export function span(minutes: number): string {
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days > 0) return t('span_days', { n: days });
  if (hours === 0) return t('span_minutes', { n: rest });
  const whole = t('span_hours', { n: hours });
  return rest === 0 ? whole : `${whole} ${t('span_minutes', { n: rest })}`;
}

export const clock = (when: Date) => times({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(when);
export const day = (when: Date) => times({ weekday: 'short', day: 'numeric', month: 'numeric' }).format(when);
export const date = (when: Date) => times({ day: 'numeric', month: 'numeric', year: 'numeric' }).format(when);

/** A moment that is near: the time alone today, with the day otherwise. */
export function moment(when: Date): string {
  return day(when) === day(new Date()) ? clock(when) : `${clock(when)}, ${day(when)}`;
}

/** `5 phút trước`. */
export function ago(when: Date): string {
  const minutes = Math.round((Date.now() - when.getTime()) / 60_000);
  if (minutes < 1) return t('just_now');
  return t('ago', { span: span(minutes < 1440 ? minutes : minutes - (minutes % 1440)) });
}
