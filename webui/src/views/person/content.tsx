// What kinds of content are blocked, with the reason for each.

import { named, t } from '../../i18n';
import { edit } from '../../model/family';
import type { Names } from '../../model/names';
import { followAge, profileId, protection, setBlocked, setLevel, type Protection } from '../../model/profile';
import type { Category, Family, Person } from '../../types';
import { act } from '../../ui/messages';
import { Button, Card, Choice, Switch } from '../../ui/parts';

export interface Parts {
  person: Person;
  family: Family;
  names: Names;
}

/** Nobody switches these: the worst is blocked for all, and what is essential never is. */
const FIXED = ['always', 'essential'];

export function Content({ person, family, names }: Parts) {
  const holds = protection(family, names, profileId(person, names));
  const shown = names.categories.filter(({ key }) => !FIXED.includes(key) && !/^\d+$/.test(key));
  const [blocked, open] = [shown.filter(({ key }) => holds.categories.has(key)), shown.filter(({ key }) => !holds.categories.has(key))];
  const set = (category: Category, allow: boolean) => {
    const change = (blocked: boolean) => () =>
      edit((family) => setBlocked(family, names, person.id, 'categories', [category.key], blocked));
    const done = t(allow ? 'content_allowed' : 'content_blocked', { what: named(category), name: person.name });
    return act(change(!allow), done, change(allow));
  };
  const row = (category: Category) => (
    <Switch
      key={category.key}
      label={named(category)}
      hint={named({ vi: category.about_vi, en: category.about_en })}
      checked={!holds.categories.has(category.key)}
      onChange={(allow) => set(category, allow)}
    />
  );
  return (
    <>
      <Level {...{ person, family, names, holds }} />
      <Card title={t('content_blocked_title')}>
        <p class="hint">{t('content_lead')}</p>
        {groups(holds, blocked).map(([why, categories]) => (
          <div key={why} class="switches" role="group" aria-label={why}>
            <p class="because">{why}</p>
            {categories.map(row)}
          </div>
        ))}
        <p class="hint">{t('always_hint')}</p>
      </Card>
      <Card title={t('content_open_title')}>
        <div class="switches">{open.map(row)}</div>
      </Card>
      <Searching {...{ person, names, holds }} />
    </>
  );
}

/** What is blocked for the same reason stands together, in the order of the profile's reasons. */
function groups(holds: Protection, blocked: Category[]): [string, Category[]][] {
  const reasons = holds.base.blocks.map((because): [string, Category[]] => [
    named(because),
    blocked.filter(({ key }) => because.categories.includes(key)),
  ]);
  const yours = blocked.filter(({ key }) => !holds.base.blocks.some((because) => because.categories.includes(key)));
  return [...reasons, [t('blocked_by_you'), yours] as [string, Category[]]].filter(([, categories]) => categories.length > 0);
}

function Level({ person, family, names, holds }: Parts & { holds: Protection }) {
  const age = person.birth_year ? profileId({ ...person, profile: '' }, names) : undefined;
  const { person: people, profile } = family;
  const undo = () => edit((family) => Object.assign(family, { person: people, profile }));
  const back = () => act(() => edit((family) => followAge(family, person.id)), t('saved'), undo);
  return (
    <Card title={t('level')}>
      <p>
        <strong>{named(holds.base)}</strong>
        {holds.changed && ` · ${t('level_changed')}`}
      </p>
      <p class="hint">{t(holds.changed || person.profile ? 'level_stays' : 'level_follows', { name: person.name })}</p>
      {person.profile && age && (
        <div class="row">
          <Button onClick={back}>{t('level_reset', { profile: names.profile(age) })}</Button>
        </div>
      )}
    </Card>
  );
}

function Searching({ person, names, holds }: Omit<Parts, 'family'> & { holds: Protection }) {
  const levels = (of: 'safe_search' | 'youtube') => (
    <Choice
      label={t(of)}
      options={[
        ['strict', t('level_strict')],
        ['moderate', t('level_moderate')],
        ['off', t('level_off')],
      ]}
      value={holds[of]}
      onChange={(level) => act(() => edit((family) => setLevel(family, names, person.id, of, level)), t('saved'))}
    />
  );
  return (
    <Card title={t('searching')}>
      {levels('safe_search')}
      {levels('youtube')}
      <p class="hint">{t('youtube_hint')}</p>
    </Card>
  );
}
