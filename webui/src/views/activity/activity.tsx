// What the house asked about: by content, by app, by hour. Numbers of questions, not minutes: one page asks many. Where
// the firewall counts what flows, how much and how long each app was used too.

import { useState } from 'preact/hooks';
import { number, size, span, t } from '../../i18n';
import { useFamily } from '../../model/family';
import { budgetName, useNames } from '../../model/names';
import type { Activity as Row, Allowance, Listing } from '../../types';
import { WhoFilter } from '../../ui/fields';
import { Heading } from '../../ui/frame';
import { Kept } from '../../ui/kept';
import { Card, Choice, Loading } from '../../ui/parts';
import { useApi } from '../../use';
import { Bars } from '../home/blocked';
import { HeatMap } from './heat-map';

const DAY = 86_400_000;
const SHOWN = 12;

/** A moment for the API, on the hour: the same question has the same address. */
const since = (days: number) => new Date(Math.floor((Date.now() - days * DAY) / 3_600_000) * 3_600_000).toISOString().slice(0, 19) + 'Z';

export function Activity() {
  const [family, names] = [useFamily(), useNames()];
  const [who, setWho] = useState('');
  const [days, setDays] = useState<'1' | '7' | '30'>('1');
  const about = `from=${since(Number(days))}${who && `&person=${who}`}`;
  const categories = useApi<Listing<Row>>(`activity?by=category&${about}`, 60);
  const services = useApi<Listing<Row>>(`activity?by=service&${about}`, 60);
  const week = useApi<Listing<Row>>(`activity?by=person&step=hour&from=${since(7)}${who && `&person=${who}`}`, 300);
  const budgets = useApi<Listing<Allowance>>('budgets', 60);
  if (!family || !names || !categories.data) return <Loading problem={categories.problem} />;
  const rows = categories.data.items;
  const [all, blocked] = [sum(rows, 'count'), sum(rows, 'blocked')];
  const moved = (services.data?.items ?? []).filter(({ key, bytes }) => key && bytes).sort((a, b) => b.bytes - a.bytes).slice(0, SHOWN);
  const used = (budgets.data?.items ?? []).filter((budget) => !who || budget.who === who);
  return (
    <>
      <Heading text={t('activity')} />
      <div class="filters">
        <WhoFilter family={family} value={who} onText={setWho} />
        <Choice
          label={t('time')}
          options={[
            ['1', t('last_day')],
            ['7', t('last_week')],
            ['30', t('last_month')],
          ]}
          value={days}
          onChange={setDays}
        />
      </div>
      <dl class="totals">
        <div>
          <dt>{t('questions')}</dt>
          <dd>{number(all)}</dd>
        </div>
        <div class="clay">
          <dt>{t('of_those_blocked')}</dt>
          <dd>{number(blocked)}</dd>
        </div>
      </dl>
      <p class="hint">{t('questions_hint')}</p>
      <Kept family={family} who={who} />
      <a class="notice calm" href="/nhat-ky">
        <span>{t('to_log')}</span>
      </a>
      {used.length > 0 && (
        <Card title={t('minutes_today')}>
          <Bars
            rows={used.map((budget) => [
              `${family.person.find(({ id }) => id === budget.who)?.name ?? budget.who}: ${budgetName(family, names, budget.budget)}`,
              budget.used,
            ])}
            most={Math.max(1, ...used.map((budget) => budget.minutes + budget.bonus))}
            text={span}
          />
        </Card>
      )}
      <Card title={t('blocked_content')} class="clay">
        <Ranked rows={rows} of="blocked" name={(key) => names.category(key)} />
      </Card>
      <Card title={t('apps_used')}>
        <Ranked rows={services.data?.items ?? []} of="count" name={(key) => names.service(key)} />
      </Card>
      {moved.length > 0 && (
        <Card title={t('data_used')}>
          <Bars
            rows={moved.map(({ key, bytes }) => [names.service(key), bytes])}
            most={moved[0]!.bytes}
            text={(bytes, place) => `${size(bytes)}, ${span(moved[place]!.minutes)}`}
          />
        </Card>
      )}
      <Card title={t('by_content')}>
        <Ranked rows={rows} of="count" name={(key) => names.category(key)} />
      </Card>
      <Card title={t('heat_map')}>{week.data ? <HeatMap rows={week.data.items} /> : <Loading problem={week.problem} />}</Card>
    </>
  );
}

const sum = (rows: Row[], of: 'count' | 'blocked') => rows.reduce((sum, row) => sum + row[of], 0);

/** The keys that have the most, with their names. */
function Ranked({ rows, of, name }: { rows: Row[]; of: 'count' | 'blocked'; name(key: string): string }) {
  const ranked = rows.filter((row) => row[of] > 0 && row.key).sort((a, b) => b[of] - a[of]).slice(0, SHOWN);
  if (ranked.length === 0) return <p class="hint">{t('nothing_yet')}</p>;
  return <Bars rows={ranked.map((row) => [name(row.key), row[of]])} most={ranked[0]![of]} />;
}
