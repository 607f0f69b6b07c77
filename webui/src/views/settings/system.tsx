// The list in force, the DNS servers, the firewall, the program.

import { date, moment, number, span, t } from '../../i18n';
import type { Status } from '../../types';
import { Card, Loading } from '../../ui/parts';
import { useApi } from '../../use';
import { Notices } from '../home/notices';
import { Servers } from './servers';

/** A program that was made so long ago is worth a look for a newer one, in seconds: half a year. */
const OLD = 182 * 86_400;

export function System() {
  const status = useApi<Status>('status', 10);
  if (!status.data) return <Loading problem={status.problem} />;
  const { list, upstream, firewall, version, built, uptime_s = 0 } = status.data;
  return (
    <>
      <Notices status={status.data} />
      <List list={list} />
      <Servers servers={upstream} />
      <Firewall firewall={firewall} />
      <Card title={t('program')}>
        <dl class="facts">
          <Fact name={t('version')} value={version} />
          {built && <Fact name={t('built')} value={date(new Date(built * 1000))} />}
          <Fact name={t('uptime')} value={span(Math.floor(uptime_s / 60))} />
        </dl>
        {built && Date.now() / 1000 - built > OLD && <p class="error">{t('program_old')}</p>}
        <p class="hint">{t('program_hint')}</p>
      </Card>
    </>
  );
}

function List({ list }: Pick<Status, 'list'>) {
  const { sync } = list;
  return (
    <Card title={t('list')}>
      <dl class="facts">
        <Fact name={t('list_state')} value={listState(list.state)} />
        {sync?.edition && <Fact name={t('list_edition')} value={sync.edition} />}
        <Fact name={t('list_names')} value={number(list.names)} />
        {list.age_s !== null && <Fact name={t('list_age')} value={span(Math.round(list.age_s / 60))} />}
        {list.serial > 0 && <Fact name={t('list_serial')} value={String(list.serial)} />}
        {sync?.heard && <Fact name={t('list_heard')} value={moment(new Date(sync.heard * 1000))} />}
        {sync?.good_until && <Fact name={t('list_good_until')} value={moment(new Date(sync.good_until * 1000))} />}
      </dl>
      <p class="hint">{t(sync ? 'list_signed_hint' : 'list_alone_hint')}</p>
    </Card>
  );
}

function Firewall({ firewall }: Pick<Status, 'firewall'>) {
  return (
    <Card title={t('firewall')}>
      <p class={firewall.state === 'on' || firewall.state === 'off' ? undefined : 'error'}>{wallState(firewall.state)}</p>
      {firewall.state !== 'off' && (
        <>
          <dl class="facts">
            <Fact name={t('wall_devices')} value={number(firewall.devices)} />
            <Fact name={t('wall_cut')} value={number(firewall.cut)} />
            <Fact name={t('wall_refused')} value={number(firewall.refused)} />
            {firewall.restored > 0 && <Fact name={t('wall_restored')} value={number(firewall.restored)} />}
          </dl>
          <ul>
            <li>{t('wall_layer_dns')}</li>
            <li>{t('wall_layer_encrypted')}</li>
            <li>{t('wall_layer_tunnels')}</li>
            <li>{t('wall_layer_cut')}</li>
          </ul>
        </>
      )}
    </Card>
  );
}

function listState(state: string): string {
  if (state === 'starter') return t('list_starter');
  if (state === 'local') return t('list_local');
  if (state === 'current') return t('list_current');
  if (state === 'stale') return t('list_stale');
  return t('list_refused');
}

function wallState(state: Status['firewall']['state']): string {
  if (state === 'on') return t('wall_on');
  if (state === 'off') return t('wall_off');
  return t(state === 'away' ? 'wall_away' : 'wall_broken');
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
