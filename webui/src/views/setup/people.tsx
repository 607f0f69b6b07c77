import { useState } from 'preact/hooks';
import { post, remove } from '../../api';
import { t } from '../../i18n';
import { freeId, refresh, useFamily } from '../../model/family';
import { ageOf, useNames, type Names } from '../../model/names';
import type { Family, Person } from '../../types';
import { act } from '../../ui/messages';
import { Avatar, Button, Choice, Field, IconButton, Loading, Select } from '../../ui/parts';

export function PeopleStep({ next }: { next(): void }) {
  const [family, names] = [useFamily(), useNames()];
  if (!family || !names) return <Loading />;
  return (
    <>
      <p class="lead">{t('setup_people_lead')}</p>
      <ul class="list">
        {family.person.map((person) => (
          <li key={person.id}>
            <Avatar person={person} />
            <div>
              <strong>{person.name}</strong>
              <p>{profileOf(person, names)}</p>
            </div>
            <IconButton
              icon="trash"
              label={t('remove_person', { name: person.name })}
              onClick={() => act(async () => (await remove(`people/${person.id}`), refresh()))}
            />
          </li>
        ))}
      </ul>
      <AddPerson family={family} names={names} />
      <div class="row end">
        <Button kind={family.person.length ? 'main' : 'quiet'} onClick={next}>
          {t(family.person.length ? 'next' : 'skip_step')}
        </Button>
      </div>
    </>
  );
}

export function profileOf(person: Person, names: Names): string {
  if (person.profile) return names.profile(person.profile);
  const age = ageOf(person) ?? 0;
  const profile = names.profiles.find(({ from, to }) => age >= from && age <= to);
  return profile ? names.profile(profile.id) : '';
}

/** Somebody new: a child by the year of birth, which chooses what is blocked, or a grown-up. */
export function AddPerson({ family, names, onDone }: { family: Family; names: Names; onDone?(): void }) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<'child' | 'adult'>('child');
  const [year, setYear] = useState('');
  const [busy, setBusy] = useState(false);
  const thisYear = new Date().getFullYear();
  const years = Array.from({ length: 18 }, (_, age) => String(thisYear - age));
  const child = kind === 'child';
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    const id = freeId(name, family.person.map((person) => person.id));
    const body = { id, name: name.trim(), ...(child ? { birth_year: Number(year) } : { profile: 'adult' }) };
    if (await act(async () => (await post('people', body), refresh()))) {
      setName('');
      setYear('');
      onDone?.();
    }
    setBusy(false);
  };
  const chosen = child && year ? profileOf({ id: '', name: '', birth_year: Number(year) }, names) : '';
  return (
    <form class="card stack" onSubmit={submit}>
      <Choice
        label={t('person_kind')}
        options={[
          ['child', t('child')],
          ['adult', t('adult')],
        ]}
        value={kind}
        onChange={setKind}
      />
      <Field
        label={t('name')}
        required
        maxLength={40}
        autocomplete="off"
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      {child && (
        <Select
          label={t('birth_year')}
          hint={chosen ? t('profile_will_be', { profile: chosen }) : t('birth_year_hint')}
          required
          value={year}
          options={[['', t('choose')], ...years.map((year): [string, string] => [year, t('year_age', { year, n: thisYear - Number(year) })])]}
          onChange={(event) => setYear(event.currentTarget.value)}
        />
      )}
      <Button kind="soft" icon="plus" type="submit" busy={busy}>
        {t('add_person')}
      </Button>
    </form>
  );
}
