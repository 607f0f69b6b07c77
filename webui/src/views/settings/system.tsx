// The list in force, the DNS servers, the program.

import { number, span, t } from '../../i18n';
import type { Server, Status } from '../../types';
import { Card, Loading } from '../../ui/parts';
import { useApi } from '../../use';
import { Notices } from '../home/notices';

export function System() {
  const status = useApi<Status>('status', 10);
  if (!status.data) return <Loading problem={status.problem} />;
  const { list, upstream, version, uptime_s = 0 } = status.data;
  return (
    <>
      <Notices status={status.data} />
      <Card title={t('list')}>
        <dl class="facts">
          <Fact name={t('list_state')} value={listState(list.state)} />
          <Fact name={t('list_names')} value={number(list.names)} />
          {list.age_s !== null && <Fact name={t('list_age')} value={span(Math.round(list.age_s / 60))} />}
          {list.serial > 0 && <Fact name={t('list_serial')} value={String(list.serial)} />}
        </dl>
      </Card>
      <Card title={t('servers')}>
        {upstream.length === 0 && <p class="hint">{t('servers_none')}</p>}
        <ul class="list">
          {upstream.map((server) => (
            <li key={server.server}>
              <div>
                <strong translate={false}>{server.server}</strong>
                <p>{about(server)}</p>
              </div>
              <span class={server.down ? 'tag blocked' : 'tag'}>{t(server.down ? 'server_down' : 'server_up')}</span>
            </li>
          ))}
        </ul>
        <p class="hint">{t('servers_hint')}</p>
      </Card>
      <Card title={t('program')}>
        <dl class="facts">
          <Fact name={t('version')} value={version} />
          <Fact name={t('uptime')} value={span(Math.floor(uptime_s / 60))} />
        </dl>
        <p class="hint">{t('program_hint')}</p>
      </Card>
    </>
  );
}

function listState(state: string): string {
  if (state === 'starter') return t('list_starter');
  if (state === 'local') return t('list_local');
  if (state === 'current') return t('list_current');
  if (state === 'stale') return t('list_stale');
  return t('list_refused');
}

function about({ transport, srtt_ms, dnssec, last_error, down }: Server): string {
  const parts = [
    t(transport === 'udp' || transport === 'tcp' ? 'server_plain' : 'server_encrypted'),
    srtt_ms !== null && t('server_time', { n: srtt_ms }),
    dnssec && 'DNSSEC',
    down && last_error,
  ];
  return parts.filter(Boolean).join(' · ');
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
