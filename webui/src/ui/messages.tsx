// What is said in passing: done, with a way back; and what is asked before something is lost.

import { useEffect } from 'preact/hooks';
import { Problem } from '../api';
import { t } from '../i18n';
import { Conflict } from '../model/family';
import { signal, useSignal } from '../signal';
import { Button, Sheet, troubleText } from './parts';

interface Message {
  text: string;
  undo?: () => Promise<unknown>;
  wrong?: boolean;
}

const message = signal<Message | undefined>(undefined);

export const say = (text: string, undo?: () => Promise<unknown>) => message.set({ text, undo });

/** Runs what somebody pressed, and says how it went. */
export async function act(work: () => Promise<unknown>, done?: string, undo?: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    if (done) say(done, undo);
    return true;
  } catch (error) {
    if (error instanceof Problem) message.set({ text: troubleText(error), wrong: true });
    else if (error instanceof Conflict) message.set({ text: t('conflict_short'), wrong: true });
    else throw error;
    return false;
  }
}

export function Messages() {
  const shown = useSignal(message);
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => message.set(undefined), shown.undo || shown.wrong ? 10_000 : 5000);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <div class="messages" role="status">
      {shown && (
        <div class={shown.wrong ? 'message wrong' : 'message'}>
          <p>{shown.text}</p>
          {shown.undo && (
            <Button kind="quiet" onClick={() => (message.set(undefined), act(shown.undo!, t('undone')))}>
              {t('undo')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

interface Asked {
  title: string;
  text: string;
  yes: string;
  no?: string;
  stop?: boolean;
  answer(yes: boolean): void;
}

const asked = signal<Asked | undefined>(undefined);

/** Asks before something that can't be undone, or where two answers are right. */
export function confirm(question: Omit<Asked, 'answer'>): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      asked.set(undefined);
      resolve(yes);
    };
    asked.set({ ...question, answer });
  });
}

export function Questions() {
  const question = useSignal(asked);
  if (!question) return null;
  return (
    <Sheet title={question.title} onClose={() => question.answer(false)}>
      <p>{question.text}</p>
      <div class="row end">
        <Button kind="quiet" onClick={() => question.answer(false)}>
          {question.no ?? t('cancel')}
        </Button>
        <Button kind={question.stop ? 'stop' : 'main'} onClick={() => question.answer(true)}>
          {question.yes}
        </Button>
      </div>
    </Sheet>
  );
}
