import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { edit, useFamily } from '../../model/family';
import type { Family, Schedule } from '../../types';
import { act } from '../../ui/messages';
import { Button, Choice, Field, Loading } from '../../ui/parts';

const ID = 'bedtime';
const SCHOOL_NIGHTS = ['mon', 'tue', 'wed', 'thu', 'sun'];

export function BedtimeStep({ back, next }: { back(): void; next(): void }) {
  const family = useFamily();
  return family ? <Form family={family} back={back} next={next} /> : <Loading />;
}

function Form({ family, back, next }: { family: Family; back(): void; next(): void }) {
  const there = family.schedule.find((schedule) => schedule.id === ID);
  const [from, setFrom] = useState(there?.from ?? '21:30');
  const [to, setTo] = useState(there?.to ?? '06:00');
  const [days, setDays] = useState<'all' | 'school'>(there?.days?.length === SCHOOL_NIGHTS.length ? 'school' : 'all');
  const [busy, setBusy] = useState(false);
  const save = async (schedule?: Schedule) => {
    setBusy(true);
    const written = await act(() =>
      edit((family) => {
        family.schedule = family.schedule.filter(({ id }) => id !== ID);
        if (schedule) family.schedule.push(schedule);
      }),
    );
    setBusy(false);
    if (written) next();
  };
  const wanted: Schedule = { ...there, id: ID, who: ['*'], mode: 'block', from, to };
  if (days === 'school') wanted.days = SCHOOL_NIGHTS;
  else delete wanted.days;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save(wanted);
      }}
    >
      <p class="lead">{t('setup_bedtime_lead')}</p>
      <div class="two">
        <Field label={t('from_time')} type="time" required value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        <Field label={t('to_time')} type="time" required value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      </div>
      <Choice
        label={t('which_nights')}
        options={[
          ['all', t('every_night')],
          ['school', t('school_nights')],
        ]}
        value={days}
        onChange={setDays}
      />
      <p class="hint">{t('bedtime_hint')}</p>
      <div class="row between">
        <Button kind="quiet" onClick={back}>
          {t('back')}
        </Button>
        <div class="row">
          <Button kind="quiet" onClick={() => save()}>
            {t('no_bedtime')}
          </Button>
          <Button kind="main" type="submit" busy={busy}>
            {t('next')}
          </Button>
        </div>
      </div>
    </form>
  );
}
