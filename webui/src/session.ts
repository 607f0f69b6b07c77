// Who is logged in, for the views that need to know.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Myself } from './types';

export type Me = Myself;

interface Held {
  me: Me;
  leave(): void;
  update(me: Me): void;
}

export const Session = createContext<Held | null>(null);

/** Views inside the frame are shown to who is logged in only. */
export function useSession(): Held {
  const held = useContext(Session);
  if (!held) throw new Error('nobody is logged in');
  return held;
}
