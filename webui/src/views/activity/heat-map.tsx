// A week by hours: how busy each was. A table, so that it reads without eyes too.

import { day, number, t } from '../../i18n';
import type { Activity } from '../../types';

const LEVELS = 4;

export function HeatMap({ rows }: { rows: Activity[] }) {
  const hours = new Map<number, number>();
  for (const { time, count } of rows) if (time) hours.set(time, (hours.get(time) ?? 0) + count);
  const most = Math.max(1, ...hours.values());
  const days = Array.from({ length: 7 }, (_, index) => {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    midnight.setDate(midnight.getDate() - 6 + index);
    return midnight;
  });
  const at = (midnight: Date, hour: number) => hours.get(Math.floor(midnight.getTime() / 1000) + hour * 3600) ?? 0;
  // The root spreads what is little apart: most hours are quiet beside the busiest.
  const level = (count: number) => (count === 0 ? 0 : Math.max(1, Math.ceil(Math.sqrt(count / most) * LEVELS)));
  return (
    <table class="heat">
      <caption class="hidden">{t('heat_map_caption')}</caption>
      <thead>
        <tr>
          <td />
          {Array.from({ length: 24 }, (_, hour) => (
            <th key={hour} scope="col" class={hour % 6 ? 'quiet' : undefined}>
              <span>{hour}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.map((midnight) => (
          <tr key={midnight.getTime()}>
            <th scope="row">{day(midnight)}</th>
            {Array.from({ length: 24 }, (_, hour) => (
              <td key={hour} class={`l${level(at(midnight, hour))}`}>
                <span class="hidden">{number(at(midnight, hour))}</span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
