// The first run, step by step. Each step is written before the next is shown, and the address says which it is: who is
// interrupted goes on where they were, on this device or another.

import { useEffect } from 'preact/hooks';
import { t, type Key } from '../../i18n';
import { go, place } from '../../route';
import { useSignal } from '../../signal';
import type { Myself } from '../../types';
import { Bamboo } from '../../ui/icon';
import { LanguageLinks } from '../../ui/languages';
import { AccountStep } from './account';
import { BedtimeStep } from './bedtime';
import { DevicesStep } from './devices';
import { DoneStep } from './done';
import { PeopleStep } from './people';

const STEPS: Key[] = ['setup_account', 'setup_people', 'setup_devices', 'setup_bedtime', 'setup_done'];

export function SetUp({ onIn, isIn = false }: { onIn(me: Myself): void; isIn?: boolean }) {
  const { query } = useSignal(place);
  const asked = Number(query.get('buoc'));
  const step = isIn ? Math.min(STEPS.length, Math.max(2, Number.isInteger(asked) ? asked : 2)) : 1;
  const show = (next: number) => go(`/bat-dau?buoc=${next}`);
  const title = t(STEPS[step - 1]!);
  useEffect(() => {
    document.title = `${title} · Luytre`;
  }, [title]);
  return (
    <main class="alone">
      {step === 1 && <LanguageLinks />}
      {step === 1 ? <Bamboo /> : <p class="steps">{t('step_of', { step: step - 1, of: STEPS.length - 1 })}</p>}
      <h1>{title}</h1>
      {step === 1 && (
        <AccountStep
          onIn={(me) => {
            show(2);
            onIn(me);
          }}
        />
      )}
      {step === 2 && <PeopleStep next={() => show(3)} />}
      {step === 3 && <DevicesStep back={() => show(2)} next={() => show(4)} />}
      {step === 4 && <BedtimeStep back={() => show(3)} next={() => show(5)} />}
      {step === 5 && <DoneStep />}
    </main>
  );
}
