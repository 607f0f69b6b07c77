// What the log keeps of whom, wherever one looks at it.

import { maybe, t } from '../i18n';
import type { Family, Status } from '../types';
import { useApi } from '../use';

/** How much can be kept of somebody. */
export const privacyLevels = (): [string, string][] => [
  ['', t('privacy_default')],
  ['full', t('privacy_full')],
  ['domain', t('privacy_domain')],
  ['category', t('privacy_category')],
  ['off', t('privacy_off')],
];

/** Of one person, or of everybody. */
export function Kept({ family, who }: { family: Family; who: string }) {
  const status = useApi<Status>('status');
  const people = family.person.filter(({ id }) => !who || id === who);
  if (!status.data || people.length === 0) return null;
  const { privacy = 'full' } = status.data;
  return (
    <p class="hint kept">
      {t('privacy')}:{' '}
      {people.map((person, index) => (
        <>
          {index > 0 && ' · '}
          <a href={`/nguoi/${person.id}?muc=thong-tin`}>{person.name}</a>
          {'\u00a0'}({maybe(`privacy_${person.privacy || privacy}`)?.toLocaleLowerCase()})
        </>
      ))}
    </p>
  );
}
