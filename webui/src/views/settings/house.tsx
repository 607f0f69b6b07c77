import { patch } from '../../api';
import { choose, language, t } from '../../i18n';
import { edit } from '../../model/family';
import type { Names } from '../../model/names';
import { useSession } from '../../session';
import type { Family, LanguageTag, Myself } from '../../types';
import { privacyLevels } from '../../ui/kept';
import { LANGUAGES } from '../../ui/languages';
import { act } from '../../ui/messages';
import { Card, Select } from '../../ui/parts';

/** Zones that families here live in, before the others that a browser knows. */
const NEAR = ['Asia/Ho_Chi_Minh', 'Asia/Bangkok', 'Asia/Tokyo', 'Asia/Seoul', 'Australia/Sydney', 'Europe/Berlin', 'America/Los_Angeles'];

function zones(now: string): [string, string][] {
  const known = (Intl as { supportedValuesOf?(key: string): string[] }).supportedValuesOf?.('timeZone') ?? [];
  return [...new Set([now, ...NEAR, ...known])].map((zone) => [zone, zone.replace(/_/g, ' ')]);
}

export function House({ family, names }: { family: Family; names: Names }) {
  const { me } = useSession();
  const set = (alter: (family: Family) => void) => act(() => edit(alter), t('saved'));
  const speak = (tag: LanguageTag) =>
    act(async () => {
      await patch<Myself>(`accounts/${me.account}`, { language: tag });
      await choose(tag);
    });
  return (
    <>
      <Card title={t('language')}>
        <Select
          label={t('my_language')}
          value={language.get()}
          options={LANGUAGES}
          onChange={(event) => speak(event.currentTarget.value as LanguageTag)}
        />
      </Card>
      <Card>
        <Select
          label={t('unknown_devices')}
          hint={t('unknown_devices_hint')}
          value={family.unknown_devices}
          options={[
            ['', t('house_default')],
            ...names.profiles.map((profile): [string, string] => [profile.id, names.profile(profile.id)]),
          ]}
          onChange={(event) => {
            const profile = event.currentTarget.value;
            void set((family) => void (family.unknown_devices = profile));
          }}
        />
        <Select
          label={t('time_zone')}
          hint={t('time_zone_hint')}
          value={family.time_zone}
          options={zones(family.time_zone)}
          onChange={(event) => {
            const zone = event.currentTarget.value;
            void set((family) => void (family.time_zone = zone));
          }}
        />
        <a class="button" href="/bat-dau?buoc=2">
          {t('first_run_again')}
        </a>
      </Card>
      {family.person.length > 0 && (
        <Card title={t('privacy')}>
          {family.person.map(({ id, name, privacy = '' }) => (
            <Select
              key={id}
              label={name}
              value={privacy}
              options={privacyLevels()}
              onChange={(event) => {
                const level = event.currentTarget.value;
                void set((family) => family.person.forEach((person) => person.id === id && (person.privacy = level)));
              }}
            />
          ))}
          <p class="hint">{t('privacy_hint')}</p>
        </Card>
      )}
    </>
  );
}
