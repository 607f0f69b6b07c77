// Each question, as much of it as privacy lets; live. From any line: why, allow, block, report.

import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../../api';
import { clock, maybe, moment, t } from '../../i18n';
import { edit, useFamily } from '../../model/family';
import { useNames, whoName, type Names } from '../../model/names';
import type { Family, Listing, Question, Rule } from '../../types';
import { WhoFilter } from '../../ui/fields';
import { Heading } from '../../ui/frame';
import { act } from '../../ui/messages';
import { Button, Card, Choice, Loading, Sheet, Switch, useSearch } from '../../ui/parts';
import { Kept } from '../../ui/kept';
import { ReportSheet, reportText } from '../../ui/report';
import { useApi } from '../../use';
import { save, toCsv } from './export';

/** Lines that are kept in the page: an old phone draws no more. */
const MOST = 300;
const EXPORTED = 1000;

type Wanted = 'all' | 'blocked' | 'allowed';

export function Log() {
  const [family, names] = [useFamily(), useNames()];
  const first = useApi<Listing<Question>>(`queries?limit=${MOST}`);
  const [live, setLive] = useState(false);
  const news = useLive(live);
  const [who, setWho] = useState('');
  const [wanted, setWanted] = useState<Wanted>('all');
  const [text, box] = useSearch(t('search_log'));
  const [chosen, setChosen] = useState<Question>();
  if (!family || !names || !first.data) return <Loading problem={first.problem} />;
  const matches = (question: Question) =>
    (!who || question.who === who) &&
    (wanted === 'all' || (question.verdict === 'blocked') === (wanted === 'blocked')) &&
    (!text || question.name.includes(text) || question.categories.some((key) => names.category(key).toLocaleLowerCase().includes(text)));
  const shown = [...news, ...first.data.items].slice(0, MOST).filter(matches);
  const all = () => get<Listing<Question>>(`queries?limit=${EXPORTED}`).then(({ items }) => items.filter(matches));
  return (
    <>
      <Heading text={t('log')} back="/hoat-dong" />
      <p class="hint">{t('log_privacy')}</p>
      {box}
      <div class="filters">
        <WhoFilter family={family} value={who} onText={setWho} />
        <Choice
          label={t('verdict')}
          options={[
            ['all', t('verdict_all')],
            ['blocked', t('verdict_blocked')],
            ['allowed', t('verdict_allowed')],
          ]}
          value={wanted}
          onChange={setWanted}
        />
      </div>
      <Kept family={family} who={who} />
      <Switch label={t('live')} hint={t('live_hint')} checked={live} onChange={setLive} />
      <Card>
        {shown.length === 0 && <p class="hint">{t('nothing_found')}</p>}
        <ul class="list log">
          {shown.map((question, index) => (
            <li key={question.time + question.name + index}>
              <button type="button" onClick={() => setChosen(question)}>
                <span>
                  <strong translate={false}>
                    <bdi>{question.name || t('name_hidden')}</bdi>
                  </strong>
                  <small>
                    {[clock(new Date(question.time)), whoName(family, question.who), maybe(`log_${question.reason}`)].filter(Boolean).join(' · ')}
                  </small>
                </span>
                {question.verdict === 'blocked' && <span class="tag blocked">{t('verdict_blocked')}</span>}
              </button>
            </li>
          ))}
        </ul>
      </Card>
      <div class="row">
        <Button onClick={() => act(async () => save('luytre.csv', 'text/csv', toCsv(await all())))}>{t('save_as', { kind: 'CSV' })}</Button>
        <Button onClick={() => act(async () => save('luytre.json', 'application/json', JSON.stringify(await all(), null, 1)))}>
          {t('save_as', { kind: 'JSON' })}
        </Button>
      </div>
      {chosen && <Line question={chosen} family={family} names={names} onClose={() => setChosen(undefined)} />}
    </>
  );
}

/** The questions since the switch was turned on, the newest first. */
function useLive(on: boolean): Question[] {
  const [news, setNews] = useState<Question[]>([]);
  const queue = useRef<Question[]>([]);
  useEffect(() => {
    if (!on) return;
    const source = new EventSource('/api/v1/queries/stream');
    source.addEventListener('query', (event) => queue.current.unshift(JSON.parse(event.data) as Question));
    // Twice a second at the most: a busy house asks more often than anybody reads.
    const timer = setInterval(() => {
      if (queue.current.length === 0) return;
      const fresh = queue.current.splice(0);
      setNews((news) => [...fresh, ...news].slice(0, MOST));
    }, 500);
    return () => {
      source.close();
      clearInterval(timer);
    };
  }, [on]);
  return news;
}

function Line({ question, family, names, onClose }: { question: Question; family: Family; names: Names; onClose(): void }) {
  const [reporting, setReporting] = useState(false);
  const person = family.person.find(({ id }) => id === question.who);
  const blocked = question.verdict === 'blocked';
  const decide = (action: Rule['action']) => {
    const rule: Rule = { name: question.name.replace(/^www\./, ''), action, ...(person && { who: [person.id] }) };
    const isSame = (other: Rule) => other.name === rule.name && String(other.who ?? '') === String(rule.who ?? '');
    const put = (rules: Rule[]) => () => edit((family) => void (family.rule = [...family.rule.filter((other) => !isSame(other)), ...rules]));
    onClose();
    const done = t(action === 'allow' ? 'site_allowed' : 'site_blocked', { site: rule.name });
    return act(put([rule]), done, put(family.rule.filter(isSame)));
  };
  if (reporting) return <ReportSheet site={question.name} blocked={blocked} names={names} onClose={onClose} />;
  return (
    <Sheet title={question.name || t('name_hidden')} onClose={onClose}>
      <dl class="facts">
        <Fact name={t('when')} value={moment(new Date(question.time))} />
        <Fact name={t('who')} value={whoName(family, question.who)} />
        <Fact name={t('verdict')} value={`${t(blocked ? 'verdict_blocked' : 'verdict_allowed')} · ${maybe(`log_${question.reason}`) ?? question.reason}`} />
        <Fact name={t('about_what')} value={question.categories.map(names.category).join(', ')} />
        <Fact name={t('type')} value={question.type} />
      </dl>
      {question.name && (
        <div class="choices">
          <a class="button soft" href={`/vi-sao?ten=${encodeURIComponent(question.name)}&ai=${encodeURIComponent(question.who)}`}>
            {t('nav_why')}
          </a>
          <Button onClick={() => decide('allow')}>{t(person ? 'allow_for_person' : 'allow_for_house', { name: person?.name ?? '' })}</Button>
          <Button onClick={() => decide('block')}>{t(person ? 'block_for_person' : 'block_for_house', { name: person?.name ?? '' })}</Button>
          <Button kind="quiet" onClick={() => setReporting(true)}>
            {reportText(blocked)}
          </Button>
        </div>
      )}
    </Sheet>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  if (!value) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}
