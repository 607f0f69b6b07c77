// The family's document: one copy for all views, and changes that overwrite nobody else's.

import { useEffect } from 'preact/hooks';
import { call, Problem, type Answer } from '../api';
import { setZone } from '../i18n';
import { signal, useSignal } from '../signal';
import type { Family } from '../types';

interface Loaded {
  family: Family;
  etag: string;
}

const loaded = signal<Loaded | undefined>(undefined);

/** The router leaves out what is empty. */
const NOBODY: Family = {
  version: 1,
  time_zone: 'Asia/Ho_Chi_Minh',
  unknown_devices: '',
  person: [],
  device: [],
  profile: [],
  schedule: [],
  budget: [],
  rule: [],
  holiday: [],
  grant: [],
  pause: [],
};

/** How often a change is tried on what somebody else has just written. */
const TRIES = 4;

/** What is to be changed is no longer what was shown. */
export class Conflict extends Error {}

export async function refresh(): Promise<Loaded> {
  return keep(await call<Partial<Family>>('GET', 'family'));
}

function keep({ body, etag }: Answer<Partial<Family>>): Loaded {
  const before = loaded.get();
  if (before?.etag === etag) return before;
  const now = { family: { ...NOBODY, ...body }, etag };
  setZone(now.family.time_zone);
  loaded.set(now);
  return now;
}

/** The document, read again every half minute: another parent may change it. */
export function useFamily(): Family | undefined {
  const now = useSignal(loaded);
  useEffect(() => {
    const read = () => document.hidden || void refresh().catch(ignoreProblem);
    read();
    const timer = setInterval(read, 30_000);
    return () => clearInterval(timer);
  }, []);
  return now?.family;
}

function ignoreProblem(error: unknown): void {
  // The banner says that the router is away.
  if (!(error instanceof Problem)) throw error;
}

/** A part of the document, by what reads it and what writes it. */
export interface Part<T> {
  read(family: Family): T;
  write(family: Family, value: T): void;
}

/**
 * Changes a part from what was shown to what is wanted, in the document as it is now. What others changed elsewhere
 * stays; where they changed this part, nothing is written and a {@link Conflict} is thrown.
 */
export async function change<T>(part: Part<T>, shown: T, wanted: T): Promise<void> {
  await edit((family) => {
    const now = part.read(family);
    if (!same(now, shown) && !same(now, wanted)) throw new Conflict();
    part.write(family, wanted);
  });
}

/** Changes the document as it is now, whatever that is. */
export async function edit(alter: (family: Family) => void): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { family, etag } = await refresh();
    const body = structuredClone(family);
    alter(body);
    if (same(body, family)) return;
    try {
      keep(await call<Partial<Family>>('PUT', 'family', { body, headers: { 'if-match': etag } }));
      return;
    } catch (error) {
      const again = error instanceof Problem && error.status === 412 && tries < TRIES;
      if (!again) throw error;
    }
  }
}

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** An id of small letters, digits and dashes, made of a name, that nobody has yet. */
export function freeId(name: string, taken: string[]): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
  const base = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 24) || 'x';
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(id)) return id;
  }
}
