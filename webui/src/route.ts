// Each view has an address: the browser's back button and a reload lead to where one was.

import { signal } from './signal';

export interface Place {
  path: string[];
  query: URLSearchParams;
}

function read(): Place {
  const path = location.pathname.split('/').filter(Boolean).map(decode);
  return { path, query: new URLSearchParams(location.search) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = signal<Place>(read());

addEventListener('popstate', () => place.set(read()));

/** Goes to an address of ours; the view begins at its top. */
export function go(to: string): void {
  if (to !== location.pathname + location.search) history.pushState(null, '', to);
  place.set(read());
  scrollTo(0, 0);
}

/** Goes on in the same view: no new step for the back button. */
export function replace(to: string): void {
  history.replaceState(null, '', to);
  place.set(read());
}

/** Follows our own links without loading the page anew. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.('a');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.pathname.startsWith('/api/') || link.dataset.leave !== undefined) return;
  if (link.hash) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
