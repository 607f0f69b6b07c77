// One person: what is blocked and why, hours, apps, sites, devices.

import { t, type Key } from '../../i18n';
import { useFamily } from '../../model/family';
import { useNames } from '../../model/names';
import { place, replace } from '../../route';
import { useSignal } from '../../signal';
import type { Allowance, Listing, PersonNow } from '../../types';
import { Heading } from '../../ui/frame';
import { Loading } from '../../ui/parts';
import { useApi } from '../../use';
import { PersonCard } from '../home/person-card';
import { About } from './about';
import { Budgets } from './budgets';
import { Hours } from './hours';
import { Content } from './content';
import { Apps } from './apps';
import { Sites } from './sites';

const TABS: [string, Key][] = [
  ['noi-dung', 'tab_content'],
  ['gio', 'tab_hours'],
  ['ung-dung', 'tab_apps'],
  ['trang', 'tab_sites'],
  ['thong-tin', 'tab_about'],
];

export function PersonView({ id }: { id: string }) {
  const [family, names] = [useFamily(), useNames()];
  const now = useApi<Listing<PersonNow>>('now', 15);
  const budgets = useApi<Listing<Allowance>>('budgets', 30);
  const { query } = useSignal(place);
  if (!family || !names || !now.data) return <Loading problem={now.problem} />;
  const person = family.person.find((person) => person.id === id);
  const theirs = now.data.items.find(({ who }) => who === id);
  if (!person || !theirs) return <Heading text={t('nobody_here')} back="/" />;
  const tab = TABS.find(([name]) => name === query.get('muc'))?.[0] ?? 'noi-dung';
  const reload = () => Promise.all([now.reload(), budgets.reload()]);
  const parts = { person, family, names };
  return (
    <>
      <Heading text={person.name} back="/" />
      <nav class="tabs" aria-label={t('sections')}>
        {TABS.map(([name, key]) => (
          <a
            key={name}
            href={`/nguoi/${id}?muc=${name}`}
            aria-current={name === tab ? 'true' : undefined}
            onClick={(event) => {
              event.preventDefault();
              replace(`/nguoi/${id}?muc=${name}`);
            }}
          >
            {t(key)}
          </a>
        ))}
      </nav>
      {theirs.supervised && tab === 'gio' && (
        <PersonCard
          alone
          now={theirs}
          family={family}
          names={names}
          budgets={budgets.data?.items.filter((budget) => budget.who === id) ?? []}
          onDone={reload}
        />
      )}
      {tab === 'noi-dung' && <Content {...parts} />}
      {tab === 'gio' && (
        <>
          <Hours who={id} name={person.name} family={family} names={names} />
          <Budgets {...parts} onDone={budgets.reload} />
        </>
      )}
      {tab === 'ung-dung' && <Apps {...parts} />}
      {tab === 'trang' && <Sites {...parts} />}
      {tab === 'thong-tin' && <About {...parts} />}
    </>
  );
}
