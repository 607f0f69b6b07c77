// What the provider is told of the router, if a parent agrees.

import { call } from '../../api';
import { maybe, moment, t } from '../../i18n';
import { useSession } from '../../session';
import type { HealthReport } from '../../types';
import { act } from '../../ui/messages';
import { Card, Switch } from '../../ui/parts';
import { useApi } from '../../use';

export function Health({ provider }: { provider?: string }) {
  const { me } = useSession();
  const health = useApi<HealthReport>('health-report');
  if (!health.data?.telling) return null;
  const { report, telling } = health.data;
  const { to, consent, sent, trouble } = telling;
  const decide = (consent: boolean) =>
    act(async () => (await call('PUT', 'health-report', { body: { consent } }), health.reload()), t('saved'));
  const may = me.role === 'parent';
  return (
    <Card>
      <Switch
        label={t('health_tell', { who: provider || to })}
        hint={may ? t('health_hint', { to }) : t('health_parent')}
        checked={consent}
        disabled={!may}
        onChange={decide}
      />
      {sent && <p>{t('health_sent', { when: moment(new Date(sent * 1000)) })}</p>}
      {trouble && (
        <p class="error">
          {t('health_trouble')} <small lang="en">{trouble}</small>
        </p>
      )}
      <details>
        <summary>{t('health_what')}</summary>
        <pre translate={false}>{JSON.stringify(report, null, 1)}</pre>
        <dl class="glossary">
          {Object.keys(report).map((key) => (
            <div key={key}>
              <dt translate={false}>{key}</dt>
              <dd>{maybe(`figure_${key}`)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Card>
  );
}
