// What views have from the router, and how often it is asked for anew.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get, Problem } from './api';

export interface Resource<T> {
  data: T | undefined;
  problem: Problem | undefined;
  reload(): Promise<void>;
}

/** Reads a path, again every `seconds` while somebody looks. `null`: nothing yet. */
export function useApi<T>(path: string | null, seconds = 0): Resource<T> {
  const [data, setData] = useState<{ of: string; value: T }>();
  const [problem, setProblem] = useState<Problem>();
  const current = useRef(path);
  current.current = path;
  const reload = useCallback(async () => {
    if (path === null) return;
    try {
      const value = await get<T>(path);
      // A slow answer to what was asked before is nobody's any more.
      if (current.current !== path) return;
      setData({ of: path, value });
      setProblem(undefined);
    } catch (error) {
      if (error instanceof Problem) setProblem(error);
      else throw error;
    }
  }, [path]);
  useEffect(() => void reload(), [reload]);
  useEffect(() => {
    if (!seconds) return;
    const timer = setInterval(() => document.hidden || void reload(), seconds * 1000);
    const seen = () => document.hidden || void reload();
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [reload, seconds]);
  return { data: data?.of === path ? data?.value : undefined, problem, reload };
}

/** Something that takes its time: one at once, with what went wrong. */
export function useAction(): {
  busy: boolean;
  problem: Problem | undefined;
  run(work: () => Promise<unknown>): Promise<boolean>;
} {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}
