// Fields that several views ask the same question with.

import { t } from '../i18n';
import type { Family } from '../types';
import { Field, Select } from './parts';

/** The router refuses a shorter password. */
const SHORTEST = 8;

type Text = { value: string; onText: (text: string) => void };

/** A site's name, as people type or paste it. */
export function SiteField({ hint, value, onText }: Text & { hint?: string }) {
  return (
    <Field
      label={t('site')}
      hint={hint}
      placeholder="example.com"
      required
      maxLength={300}
      autocapitalize="none"
      autocomplete="off"
      spellcheck={false}
      value={value}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  );
}

/** A password that is being chosen. */
export function NewPassword({ label, shown, value, onText }: Text & { label: string; shown?: boolean }) {
  return (
    <Field
      label={label}
      hint={t('new_password_hint', { n: SHORTEST })}
      type={shown ? 'text' : 'password'}
      autocomplete="new-password"
      minLength={SHORTEST}
      required
      value={value}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  );
}

/** Whose questions are shown; nobody's name is everybody. */
export function WhoFilter({ family, value, onText }: Text & { family: Family }) {
  const people = family.person.map((person): [string, string] => [person.id, person.name]);
  return (
    <Select
      label={t('who')}
      value={value}
      options={[['', t('everybody')], ...people]}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}
