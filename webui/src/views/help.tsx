// Help: who listens, what this can't do, and words that one meets.

import { maybe, t, type Key } from '../i18n';
import type { Status } from '../types';
import { Heading } from '../ui/frame';
import { Icon } from '../ui/icon';
import { Card } from '../ui/parts';
import { useApi } from '../use';

const CANNOT: Key[] = ['cannot_mobile', 'cannot_vpn', 'cannot_inside', 'cannot_all', 'cannot_talk'];
const QUESTIONS = ['slow', 'wrong', 'phone', 'guest'];
const WORDS = ['dns', 'category', 'list', 'router', 'limit', 'wifi_mac'];

export function Help() {
  const provider = useApi<Status>('status').data?.provider;
  return (
    <>
      <Heading text={t('help')} />
      <Card title={t('hotline')} class="hotline">
        <p>{t('hotline_text')}</p>
        <a class="button main" href="tel:111">
          <Icon name="phone" />
          <span>111</span>
        </a>
      </Card>
      {provider && (
        <Card title={t('provider')}>
          <p>
            <bdi>{provider}</bdi>
          </p>
        </Card>
      )}
      <Card title={t('questions_help')}>
        {QUESTIONS.map((key) => (
          <details key={key}>
            <summary>{maybe(`faq_${key}`)}</summary>
            <p>{maybe(`answer_to_${key}`)}</p>
          </details>
        ))}
      </Card>
      <Card title={t('cannot')}>
        <ul class="dots">
          {CANNOT.map((key) => (
            <li key={key}>{t(key)}</li>
          ))}
        </ul>
      </Card>
      <Card title={t('glossary')}>
        <dl class="glossary">
          {WORDS.map((key) => (
            <div key={key}>
              <dt>{maybe(`word_${key}`)}</dt>
              <dd>{maybe(`meaning_${key}`)}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  );
}
