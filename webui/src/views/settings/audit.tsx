// Who did what: pauses, grants, answers.

import { maybe, moment, t } from '../../i18n';
import { whoName } from '../../model/names';
import type { AuditEntry, Family, Listing } from '../../types';
import { Card, Loading } from '../../ui/parts';
import { useApi } from '../../use';

export function Audit({ family }: { family: Family }) {
  const audit = useApi<Listing<AuditEntry>>('audit');
  if (!audit.data) return <Loading problem={audit.problem} />;
  return (
    <Card>
      {audit.data.items.length === 0 && <p class="hint">{t('nothing_yet')}</p>}
      <ul class="list">
        {audit.data.items.map((entry, index) => (
          <li key={index}>
            <div>
              <strong>{maybe(`audit_${entry.action}`) ?? entry.action}</strong>
              {entry.action !== 'family' && (
                <p>
                  <bdi>{entry.about}</bdi>
                </p>
              )}
              <p class="small">
                {[entry.by && whoName(family, entry.by), moment(new Date(entry.time))].filter(Boolean).join(' · ')}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
