// What children asked for, and the answers.

import { useState } from 'preact/hooks';
import { post } from '../api';
import { ago, span, t } from '../i18n';
import { useFamily } from '../model/family';
import { budgetName, useNames, whoName, type Names } from '../model/names';
import type { Family, Listing, Request } from '../types';
import { Heading, requestsChanged } from '../ui/frame';
import { act } from '../ui/messages';
import { Avatar, Button, Card, Loading } from '../ui/parts';
import { useApi } from '../use';

export function Requests() {
  const [family, names] = [useFamily(), useNames()];
  const requests = useApi<Listing<Request>>('requests', 10);
  if (!family || !names || !requests.data) return <Loading problem={requests.problem} />;
  const open = requests.data.items.filter((request) => request.state === 'open');
  const done = requests.data.items.filter((request) => request.state !== 'open');
  const reload = async () => {
    await requests.reload();
    requestsChanged.set(requestsChanged.get() + 1);
  };
  return (
    <>
      <Heading text={t('requests')} />
      {open.length === 0 && <p class="empty">{t('requests_none')}</p>}
      {open.map((request) => (
        <RequestCard key={request.id} request={request} family={family} names={names} onDone={reload} />
      ))}
      {done.length > 0 && (
        <Card title={t('requests_before')}>
          <ul class="list">
            {done.map((request) => (
              <li key={request.id}>
                <div>
                  <strong>{asked(request, family, names)}</strong>
                  <p>{[nameOf(request, family), ago(new Date(request.made * 1000))].join(' · ')}</p>
                </div>
                <span class={`tag ${request.state}`}>{t(`request_${request.state}`)}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

const nameOf = (request: Request, family: Family) =>
  request.who ? whoName(family, request.who) : whoName(family, request.device);

/** What is asked for, in words. What a child wrote is text, whatever it looks like. */
function asked(request: Request, family: Family, names: Names): string {
  if (request.kind === 'site') return request.name;
  if (request.kind === 'service') return names.service(request.name);
  const what = request.name ? budgetName(family, names, request.name) : t('scope_all');
  return request.minutes ? t('asks_minutes', { span: span(request.minutes), what }) : t('asks_time', { what });
}

export function RequestCard({ request, family, names, onDone }: {
  request: Request;
  family: Family;
  names: Names;
  onDone(): Promise<unknown>;
}) {
  const [busy, setBusy] = useState(false);
  const person = family.person.find(({ id }) => id === request.who);
  const time = request.kind === 'time';
  const answer = async (body: { answer: 'allow' | 'deny'; minutes?: number; lasts?: 'today' | 'always' }, done: string) => {
    setBusy(true);
    await act(async () => void (await post(`requests/${request.id}`, body)), done);
    await onDone();
    setBusy(false);
  };
  const name = nameOf(request, family);
  const allowed = t('answer_allowed', { name });
  const minutes = time ? [...new Set([request.minutes ?? 30, 15, 30, 60])].slice(0, 3).sort((a, b) => a - b) : [60];
  return (
    <section class="card request" aria-label={t('request_of', { name })}>
      <header>
        {person && <Avatar person={person} />}
        <div>
          <p>{t(time ? 'asks_for_time' : request.kind === 'service' ? 'asks_for_service' : 'asks_for_site', { name })}</p>
          <strong class="what" translate={false}>
            <bdi>{asked(request, family, names)}</bdi>
          </strong>
          {request.reason && (
            <blockquote>
              <bdi>{request.reason}</bdi>
            </blockquote>
          )}
          <p class="small">{ago(new Date(request.made * 1000))}</p>
        </div>
      </header>
      <div class="choices three">
        {minutes.map((minutes) => (
          <Button key={minutes} kind={minutes === request.minutes ? 'main' : 'soft'} busy={busy} onClick={() => answer({ answer: 'allow', minutes }, allowed)}>
            {t('allow_for', { span: span(minutes) })}
          </Button>
        ))}
        {!time && (
          <>
            <Button busy={busy} onClick={() => answer({ answer: 'allow', lasts: 'today' }, allowed)}>
              {t('allow_today')}
            </Button>
            <Button busy={busy} onClick={() => answer({ answer: 'allow', lasts: 'always' }, allowed)}>
              {t('allow_always')}
            </Button>
          </>
        )}
      </div>
      <div class="row between">
        {request.kind === 'site' ? (
          <a href={`/vi-sao?ten=${encodeURIComponent(request.name)}&ai=${encodeURIComponent(request.who)}`}>{t('why_blocked')}</a>
        ) : (
          <span />
        )}
        <Button kind="quiet" busy={busy} onClick={() => answer({ answer: 'deny' }, t('answer_denied', { name }))}>
          {t('deny')}
        </Button>
      </div>
    </section>
  );
}
