// What the centre was told, and what became of it.

import { moment, t, type Key } from '../../i18n';
import type { Reported } from '../../types';
import { Card, Loading } from '../../ui/parts';
import { useApi } from '../../use';

const STATES: Record<Reported['items'][number]['state'], Key> = {
  waiting: 'report_waiting',
  taken: 'report_taken',
  refused: 'report_refused',
};

export function Reports() {
  const reports = useApi<Reported>('reports', 10);
  if (!reports.data) return <Loading problem={reports.problem} />;
  const { items, centre, trouble } = reports.data;
  return (
    <Card>
      <p class="hint">{t('reports_lead')}</p>
      <p>{centre ? t('reports_to', { centre }) : t('reports_nowhere')}</p>
      {trouble && <p class="error">{t('reports_trouble')}</p>}
      {items.length === 0 && <p class="hint">{t('nothing_yet')}</p>}
      <ul class="list">
        {items.map((report) => (
          <li key={report.id}>
            <div>
              <strong translate={false}>
                <bdi>{report.name}</bdi>
              </strong>
              <p>{t(report.kind === 'wrong' ? 'report_wrong' : 'report_harmful')}</p>
              <p class="small">
                {[moment(new Date(report.made * 1000)), report.receipt && t('report_receipt', { number: report.receipt })].filter(Boolean).join(' · ')}
              </p>
            </div>
            <span class="tag">{t(STATES[report.state])}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
