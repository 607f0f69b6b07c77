// The small parts that every view is made of.

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { maybe, number, span, t } from '../i18n';
import type { Person } from '../types';
import { Icon, type IconName } from './icon';

type ButtonProps = {
  icon?: IconName;
  kind?: 'main' | 'soft' | 'quiet' | 'stop';
  busy?: boolean;
} & JSX.IntrinsicElements['button'];

export function Button({ icon, kind = 'soft', busy, children, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={`button ${kind}`} aria-busy={busy} disabled={busy || rest.disabled}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A button that is an icon alone; its label is for who can't see it. */
export function IconButton({ icon, label, ...rest }: { icon: IconName; label: string } & JSX.IntrinsicElements['button']) {
  return (
    <button type="button" {...rest} class="icon-button" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}

export function Card({ title, action, children, ...rest }: {
  title?: string;
  action?: ComponentChildren;
  children: ComponentChildren;
} & Omit<JSX.IntrinsicElements['section'], 'title' | 'action'>) {
  const id = useId();
  return (
    <section {...rest} class={`card ${rest.class ?? ''}`} aria-labelledby={title ? id : undefined}>
      {title && (
        <header>
          <h2 id={id}>{title}</h2>
          {action}
        </header>
      )}
      {children}
    </section>
  );
}

type FieldProps = { label: string; hint?: string; error?: string } & Omit<JSX.IntrinsicElements['input'], 'label'>;

export function Field({ label, hint, error, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...rest} id={id} aria-describedby={hint || error ? id + 'h' : undefined} aria-invalid={error ? true : undefined} />
      {(hint || error) && (
        <p id={id + 'h'} class={error ? 'error' : 'hint'}>
          {error || hint}
        </p>
      )}
    </div>
  );
}

export function Select({ label, options, hint, ...rest }: {
  label: string;
  hint?: string;
  options: [string, string][];
} & Omit<JSX.IntrinsicElements['select'], 'label'>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select {...rest} id={id} aria-describedby={hint ? id + 'h' : undefined}>
        {options.map(([value, text]) => (
          <option key={value} value={value} selected={value === rest.value}>
            {text}
          </option>
        ))}
      </select>
      {hint && (
        <p id={id + 'h'} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export function Switch({ label, hint, checked, disabled, onChange }: {
  label: ComponentChildren;
  hint?: ComponentChildren;
  checked: boolean;
  disabled?: boolean;
  onChange(checked: boolean): void;
}) {
  const id = useId();
  return (
    <div class="switch">
      <div>
        <label for={id}>{label}</label>
        {hint && <p id={id + 'h'}>{hint}</p>}
      </div>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? id + 'h' : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </div>
  );
}

/** One of a few, side by side. */
export function Choice<T extends string>({ label, options, value, onChange }: {
  label: string;
  options: [NoInfer<T>, string][];
  value: T;
  onChange(value: NoInfer<T>): void;
}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div>
        {options.map(([option, text]) => (
          <label key={option}>
            <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A sheet above the view: from below on a phone, in the middle elsewhere. Escape and the background close it. */
export function Sheet({ title, onClose, children }: { title: string; onClose(): void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current!;
    if (!shown.open) shown.showModal();
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div>
        <header>
          <h2 id={id} tabIndex={-1} autofocus>
            {title}
          </h2>
          <IconButton icon="close" label={t('close')} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Says what went wrong, in words for people; the router's own words where we have none. */
export function Trouble({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <div class="trouble" role="alert">
      <Icon name="warn" />
      <div>
        <p>{troubleText(problem)}</p>
        {problem.status === 422 && problem.errors.map((error) => <p lang="en" class="small">{error.detail}</p>)}
      </div>
    </div>
  );
}

export function troubleText(problem: Problem): string {
  if (problem.retryAfter) return t('trouble_wait', { span: span(Math.max(1, Math.ceil(problem.retryAfter / 60))) });
  return maybe(`trouble_${problem.status}`) ?? t('trouble', { what: problem.detail });
}

export function Loading({ problem }: { problem?: Problem }) {
  if (problem && problem.status !== 0) return <Trouble problem={problem} />;
  return (
    <div class="loading" role="status">
      <span class="hidden">{t('loading')}</span>
    </div>
  );
}

const COLOURS = ['#2e7d4f', '#b4552d', '#3b6ea8', '#8a5aa5', '#a8791b', '#2f7f86', '#b0476b', '#5d6f2a'];

/** Somebody's letter on their colour. */
export function Avatar({ person }: { person: Pick<Person, 'id' | 'name' | 'colour'> }) {
  const sum = [...person.id].reduce((sum, c) => sum * 31 + c.codePointAt(0)!, 7) >>> 0;
  const colour = person.colour || COLOURS[sum % COLOURS.length];
  const letter = [...person.name.trim()].at(0)?.toLocaleUpperCase() ?? '?';
  return (
    <svg class="avatar" viewBox="0 0 40 40" aria-hidden="true">
      <circle cx="20" cy="20" r="20" fill={colour} />
      <text x="20" y="21" fill="#fff">
        {letter}
      </text>
    </svg>
  );
}

/** What is left of a time, as a ring with the minutes in it. */
export function Ring({ left, of, label }: { left: number; of: number; label: string }) {
  const part = of > 0 ? Math.min(1, left / of) : 0;
  const length = 2 * Math.PI * 26;
  return (
    <figure class="ring">
      <svg viewBox="0 0 64 64" role="img" aria-label={t('ring', { left: span(left), of: span(of), what: label })}>
        <circle cx="32" cy="32" r="26" />
        <circle
          class={part <= 0.15 ? 'rest low' : 'rest'}
          cx="32"
          cy="32"
          r="26"
          stroke-dasharray={`${length * part} ${length}`}
          transform="rotate(-90 32 32)"
        />
        <text x="32" y="31">{number(left)}</text>
        <text x="32" y="43" class="unit">{t('minutes_short')}</text>
      </svg>
      <figcaption>{label}</figcaption>
    </figure>
  );
}

/** A search box above a long list. */
export function useSearch(label: string): [string, JSX.Element] {
  const [text, setText] = useState('');
  const box = (
    <div class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </div>
  );
  return [text.trim().toLocaleLowerCase(), box];
}
