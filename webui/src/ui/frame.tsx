// What stands around every view: where one can go. Below on a phone, at the side on a wide screen.

import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { place } from '../route';
import { signal, useSignal } from '../signal';
import type { Listing, Request } from '../types';
import { useApi } from '../use';
import { Bamboo, Icon, type IconName } from './icon';

const PLACES: { path: string; icon: IconName; text: () => string; side?: boolean }[] = [
  { path: '', icon: 'home', text: () => t('nav_home') },
  { path: 'yeu-cau', icon: 'ask', text: () => t('nav_requests') },
  { path: 'hoat-dong', icon: 'chart', text: () => t('nav_activity') },
  { path: 'thiet-bi', icon: 'device', text: () => t('nav_devices') },
  { path: 'vi-sao', icon: 'why', text: () => t('nav_why'), side: true },
  { path: 'cai-dat', icon: 'gear', text: () => t('nav_settings') },
  { path: 'tro-giup', icon: 'help', text: () => t('nav_help'), side: true },
];

/** Told when requests were answered, so that their number is right at once. */
export const requestsChanged = signal(0);

export function Frame({ children }: { children: ComponentChildren }) {
  const { path } = useSignal(place);
  const requests = useApi<Listing<Request>>('requests', 20);
  const changed = useSignal(requestsChanged);
  useEffect(() => void (changed && requests.reload()), [changed]);
  const open = requests.data?.items.filter((request) => request.state === 'open').length ?? 0;
  const here = path[0] === 'nguoi' ? '' : path[0] === 'nhat-ky' ? 'hoat-dong' : (path[0] ?? '');
  return (
    <>
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <div class="frame">
        <nav aria-label={t('nav')}>
          <p class="brand" translate={false}>
            <Bamboo />
            Luytre
          </p>
          {PLACES.map(({ path, icon, text, side }) => (
            <a key={path} href={'/' + path} class={side ? 'side' : undefined} aria-current={path === here ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{text()}</span>
              {path === 'yeu-cau' && open > 0 && (
                <b class="badge">
                  {open}
                  <span class="hidden"> {t('requests_open_hidden')}</span>
                </b>
              )}
            </a>
          ))}
        </nav>
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
    </>
  );
}

/** A view's heading, and its title in the browser's tab. */
export function Heading({ text, back, children }: { text: string; back?: string; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${text} · Luytre`;
  }, [text]);
  return (
    <header class="heading">
      {back !== undefined && (
        <a class="icon-button" href={back} aria-label={t('back')}>
          <Icon name="back" />
        </a>
      )}
      <h1>{text}</h1>
      {children}
    </header>
  );
}
