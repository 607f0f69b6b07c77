// How the house is now, and what one does most: answer, pause, give a little more time.

import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { useFamily } from '../../model/family';
import { useNames } from '../../model/names';
import type { Allowance, Family, Listing, PersonNow, Request, Status } from '../../types';
import { Heading, requestsChanged } from '../../ui/frame';
import { Icon } from '../../ui/icon';
import { Avatar, Button, Card, Loading } from '../../ui/parts';
import { useApi } from '../../use';
import { RequestCard } from '../requests';
import { PauseSheet } from './actions';
import { Blocked } from './blocked';
import { Notices } from './notices';
import { PersonCard } from './person-card';

export function Home() {
  const [family, names] = [useFamily(), useNames()];
  const now = useApi<Listing<PersonNow>>('now', 15);
  const budgets = useApi<Listing<Allowance>>('budgets', 30);
  const requests = useApi<Listing<Request>>('requests', 15);
  const status = useApi<Status>('status', 30);
  const [pausing, setPausing] = useState(false);
  if (!family || !names || !now.data) return <Loading problem={now.problem} />;
  const supervised = now.data.items.filter((person) => person.supervised);
  const open = requests.data?.items.filter((request) => request.state === 'open') ?? [];
  const reload = () => Promise.all([now.reload(), budgets.reload(), requests.reload()]);
  return (
    <>
      <Heading text={t('home')}>
        {supervised.length > 0 && (
          <Button icon="pause" onClick={() => setPausing(true)}>
            {t('pause_all')}
          </Button>
        )}
      </Heading>
      <p class="state">
        <Icon name="shield" />
        {t('home_protected')}
      </p>
      <Notices status={status.data} link />
      {open.map((request) => (
        <RequestCard key={request.id} request={request} family={family} names={names} onDone={answered(reload)} />
      ))}
      {supervised.length === 0 && <Begin />}
      <div class="people">
        {supervised.map((person) => (
          <PersonCard
            key={person.who}
            now={person}
            family={family}
            names={names}
            budgets={budgets.data?.items.filter((budget) => budget.who === person.who) ?? []}
            onDone={reload}
          />
        ))}
      </div>
      <Adults family={family} supervised={supervised} />
      {status.data && <Blocked status={status.data} names={names} />}
      {pausing && <PauseSheet who={['*']} name={t('all_children')} onClose={() => setPausing(false)} onDone={reload} />}
    </>
  );
}

const answered = (reload: () => Promise<unknown>) => () => {
  requestsChanged.set(requestsChanged.get() + 1);
  return reload();
};

/** A house without children: the first run was left, or none were named. */
function Begin() {
  return (
    <Card title={t('begin_title')}>
      <p>{t('begin_lead')}</p>
      <a class="button main" href="/bat-dau?buoc=2">
        {t('begin_go')}
      </a>
    </Card>
  );
}

/** Grown-ups need no buttons, but a way to what is theirs. */
function Adults({ family, supervised }: { family: Family; supervised: PersonNow[] }) {
  const adults = family.person.filter((person) => !supervised.some(({ who }) => who === person.id));
  if (adults.length === 0) return null;
  return (
    <p class="adults">
      {adults.map((person) => (
        <a key={person.id} href={`/nguoi/${person.id}`}>
          <Avatar person={person} />
          {person.name}
        </a>
      ))}
    </p>
  );
}
