// What was blocked today, in plain words.

import { t } from '../../i18n';
import type { Names } from '../../model/names';
import type { Status } from '../../types';
import { Card } from '../../ui/parts';

const SHOWN = 5;

export function Blocked({ status, names }: { status: Status; names: Names }) {
  const blocked = status.verdicts.blocked ?? 0;
  const rows = Object.entries(status.blocked_categories)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN);
  const most = rows[0]?.[1] ?? 1;
  return (
    <Card title={t('blocked_today')} action={<a href="/hoat-dong">{t('see_all')}</a>}>
      <p>{blocked === 0 ? t('blocked_none') : t('blocked_count', { n: blocked })}</p>
      {rows.length > 0 && <Bars rows={rows.map(([key, count]) => [names.category(key), count])} most={most} />}
    </Card>
  );
}

/** Amounts beside each other: a table for who can't see it. */
export function Bars({ rows, most, text }: { rows: [string, number][]; most: number; text?(value: number, place: number): string }) {
  return (
    <table class="bars">
      <tbody>
        {rows.map(([name, value], place) => (
          <tr key={name}>
            <th scope="row">
              {name}
              <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                <rect width={value && Math.max(1, (100 * value) / most)} height="1" />
              </svg>
            </th>
            <td>{text ? text(value, place) : t('times', { n: value })}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
