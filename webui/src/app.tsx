// Which view is shown, and what stands around it.

import type { ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { call, expired, Problem, reachable } from './api';
import { follow, language, t } from './i18n';
import { place } from './route';
import { useSignal } from './signal';
import type { Myself, Status } from './types';
import { Frame } from './ui/frame';
import { Messages, Questions } from './ui/messages';
import { Button, Loading } from './ui/parts';
import { Session, type Me } from './session';
import { Activity } from './views/activity/activity';
import { Devices } from './views/devices';
import { Help } from './views/help';
import { Home } from './views/home/home';
import { Log } from './views/activity/log';
import { LogIn, LogInAgain } from './views/login';
import { PersonView } from './views/person/person';
import { Requests } from './views/requests';
import { Settings } from './views/settings/settings';
import { SetUp } from './views/setup/setup';
import { Why } from './views/why';

/** Where a log-in is needed, and who is there. */
type Who = { state: 'unknown' } | { state: 'new' } | { state: 'stranger' } | { state: 'in'; me: Me };

export function App() {
  const [who, setWho] = useState<Who>({ state: 'unknown' });
  const tag = useSignal(language);
  const away = !useSignal(reachable);
  const enter = (me: Myself) => {
    void follow(me.language);
    setWho({ state: 'in', me });
  };
  const look = (asked = whoIsThere()) => void asked.then((found) => (found.state === 'in' ? enter(found.me) : setWho(found)), () => undefined);
  useEffect(() => look(first), []);
  useEffect(() => {
    if (!away || who.state !== 'unknown') return;
    const timer = setInterval(() => look(), 4000);
    return () => clearInterval(timer);
  }, [away, who.state]);
  return (
    <Session.Provider value={who.state === 'in' ? { me: who.me, leave: () => setWho({ state: 'stranger' }), update: enter } : null}>
      <div key={tag} class="all">
        {away && <Offline />}
        <Guarded>
          <Shown who={who} onIn={enter} />
        </Guarded>
        <Messages />
        <Questions />
      </div>
    </Session.Provider>
  );
}

/** Asked while the texts are on their way. */
const first = whoIsThere();
// Whoever shows it says what went wrong; until then that is nobody's mistake.
first.catch(() => undefined);

async function whoIsThere(): Promise<Who> {
  try {
    const { body } = await call<Myself>('GET', 'session', { stranger: true });
    return { state: 'in', me: body };
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    const { body } = await call<Status>('GET', 'status', { stranger: true });
    return body.setup ? { state: 'stranger' } : { state: 'new' };
  }
}

function Shown({ who, onIn }: { who: Who; onIn(me: Myself): void }) {
  const again = useSignal(expired);
  const { path } = useSignal(place);
  switch (who.state) {
    case 'unknown':
      return <Loading />;
    case 'new':
      return <SetUp onIn={onIn} />;
    case 'stranger':
      return <LogIn onIn={onIn} />;
    case 'in':
      return (
        <>
          {path[0] === 'bat-dau' ? (
            <SetUp onIn={onIn} isIn />
          ) : (
            <Frame>
              <View path={path} />
            </Frame>
          )}
          {again && <LogInAgain onIn={onIn} />}
        </>
      );
  }
}

function View({ path: [first, second = ''] }: { path: string[] }) {
  switch (first) {
    case 'nguoi':
      return <PersonView key={second} id={second} />;
    case 'hoat-dong':
      return <Activity />;
    case 'nhat-ky':
      return <Log />;
    case 'thiet-bi':
      return <Devices />;
    case 'yeu-cau':
      return <Requests />;
    case 'cai-dat':
      return <Settings />;
    case 'tro-giup':
      return <Help />;
    case 'vi-sao':
      return <Why />;
    default:
      return <Home />;
  }
}

function Offline() {
  return (
    <p class="offline" role="alert">
      {t('offline')}
    </p>
  );
}

/** A mistake of ours in one view leaves the others alone. */
function Guarded({ children }: { children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary();
  if (!error) return <>{children}</>;
  return (
    <main class="alone">
      <h1>{t('broken')}</h1>
      <p class="small" lang="en">
        {String(error)}
      </p>
      <Button kind="main" onClick={reset}>
        {t('try_again')}
      </Button>
    </main>
  );
}
