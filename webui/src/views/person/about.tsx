// Who somebody is: name, year of birth, language, what is kept, devices.

import { useState } from 'preact/hooks';
import { patch, remove } from '../../api';
import { t } from '../../i18n';
import { refresh } from '../../model/family';
import { go } from '../../route';
import { act, confirm } from '../../ui/messages';
import { Button, Card, Field, Select } from '../../ui/parts';
import { privacyLevels } from '../../ui/kept';
import { LANGUAGES } from '../../ui/languages';
import type { Parts } from './content';

export function About({ person, family, names }: Parts) {
  const [name, setName] = useState(person.name);
  const [year, setYear] = useState(String(person.birth_year ?? ''));
  const [profile, setProfile] = useState(person.profile ?? '');
  const [language, setLanguage] = useState(person.language ?? '');
  const [privacy, setPrivacy] = useState(person.privacy ?? '');
  const devices = family.device.filter((device) => device.person === person.id);
  const thisYear = new Date().getFullYear();
  const years = Array.from({ length: 100 }, (_, age): [string, string] => [String(thisYear - age), t('year_age', { year: String(thisYear - age), n: age })]);
  const profiles = [
    ...names.profiles.map(({ id }): [string, string] => [id, names.profile(id)]),
    ...family.profile.map(({ id }): [string, string] => [id, t('profile_own')]),
  ];
  const save = (event: Event) => {
    event.preventDefault();
    const body = { name: name.trim(), birth_year: year ? Number(year) : null, profile, language, privacy };
    void act(async () => (await patch(`people/${person.id}`, body), refresh()), t('saved'));
  };
  const leave = async () => {
    const sure = await confirm({
      title: t('remove_person', { name: person.name }),
      text: t('remove_person_text', { name: person.name }),
      yes: t('delete'),
      stop: true,
    });
    if (sure && (await act(async () => (await remove(`people/${person.id}`), refresh()), t('deleted')))) go('/');
  };
  return (
    <>
      <Card title={t('devices')} action={<a href="/thiet-bi">{t('all_devices')}</a>}>
        {devices.length === 0 && <p class="hint">{t('person_no_devices', { name: person.name })}</p>}
        <ul class="list">
          {devices.map((device) => (
            <li key={device.mac ?? device.token ?? device.name}>
              <div>
                <strong>
                  <bdi>{device.name}</bdi>
                </strong>
                <p>{device.mac ?? device.token ?? device.addresses?.join(', ')}</p>
              </div>
            </li>
          ))}
        </ul>
      </Card>
      <Card title={t('about')}>
        <form class="stack" onSubmit={save}>
          <Field label={t('name')} required maxLength={40} value={name} onInput={(event) => setName(event.currentTarget.value)} />
          <Select
            label={t('birth_year')}
            value={year}
            options={[['', t('not_said')], ...years]}
            onChange={(event) => setYear(event.currentTarget.value)}
          />
          <Select
            label={t('level')}
            hint={t('level_choose_hint')}
            value={profile}
            options={year ? [['', t('level_by_age')], ...profiles] : profiles}
            onChange={(event) => setProfile(event.currentTarget.value)}
          />
          <Select
            label={t('their_language')}
            value={language}
            options={[['', t('by_browser')], ...LANGUAGES]}
            onChange={(event) => setLanguage(event.currentTarget.value)}
          />
          <Select
            label={t('privacy')}
            hint={t('privacy_hint')}
            value={privacy}
            options={privacyLevels()}
            onChange={(event) => setPrivacy(event.currentTarget.value)}
          />
          <Button kind="main" type="submit">
            {t('save')}
          </Button>
        </form>
        <Button kind="quiet" icon="trash" onClick={leave}>
          {t('remove_person', { name: person.name })}
        </Button>
      </Card>
    </>
  );
}
