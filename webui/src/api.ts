// The one way to the router: one fetch, one kind of error, one way back from an expired session.

import { signal } from './signal';

/** Why a request was not fulfilled (RFC 9457). `status` 0: the router could not be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: { pointer: string; detail: string }[] = [],
    readonly retryAfter = 0,
  ) {
    super(detail);
  }
}

/** Whether the last request reached the router. */
export const reachable = signal(true);

/** How many log-ins are waited for: the application shows the form while there is one. */
export const expired = signal(false);

let waiting: (() => void)[] = [];

/** Somebody logged in: what waited goes on where it was. */
export function loggedIn(): void {
  expired.set(false);
  const resumed = waiting;
  waiting = [];
  resumed.forEach((resume) => resume());
}

interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  /** Whether a 401 is the answer, and no reason to log in. */
  stranger?: boolean;
}

export interface Answer<T> {
  body: T;
  etag: string;
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const response = await send(method, path, options);
  if (response.status === 401 && !options.stranger) {
    expired.set(true);
    await new Promise<void>((resume) => waiting.push(resume));
    return call(method, path, options);
  }
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const body = response.status === 204 ? undefined : await (isJson ? response.json() : response.text());
  if (!response.ok) {
    const retryAfter = Number(response.headers.get('retry-after') ?? 0);
    throw new Problem(response.status, body?.detail ?? response.statusText, body?.errors, retryAfter);
  }
  return { body: body as T, etag: response.headers.get('etag') ?? '' };
}

async function send(method: string, path: string, { body, headers }: Options): Promise<Response> {
  const init: RequestInit = { method, headers: { accept: 'application/json', ...headers } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, 'content-type': 'application/json' };
  }
  try {
    const response = await fetch('/api/v1/' + path, init);
    reachable.set(true);
    return response;
  } catch {
    reachable.set(false);
    throw new Problem(0, '');
  }
}

export const get = async <T>(path: string) => (await call<T>('GET', path)).body;
export const post = async <T>(path: string, body: unknown) => (await call<T>('POST', path, { body })).body;
export const patch = async <T>(path: string, body: unknown) => (await call<T>('PATCH', path, { body })).body;
export const remove = async (path: string) => (await call<void>('DELETE', path)).body;
