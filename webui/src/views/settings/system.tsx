// The list in force, the DNS servers, the firewall, the program.

import { useState } from 'preact/hooks';
import { post } from '../../api';
import { date, moment, number, span, t } from '../../i18n';
import type { Looked, Status } from '../../types';
import { Icon } from '../../ui/icon';
import { Button, Card, Loading, Trouble } from '../../ui/parts';
import { useAction, useApi } from '../../use';
import { Notices } from '../home/notices';
import { Health } from './health';
import { Servers } from './servers';

/** A program that was made so long ago is worth a look for a newer one, in seconds: half a year. */
const OLD = 182 * 86_400;

export function System() {
  const status = useApi<Status>('status', 10);
  if (!status.data) return <Loading problem={status.problem} />;
  const { list, upstream, firewall, health_report, provider } = status.data;
  return (
    <>
      <Notices status={status.data} />
      <List list={list} reload={status.reload} />
      <Servers servers={upstream} />
      <Firewall firewall={firewall} />
      <Program status={status.data} />
      {health_report && <Health provider={provider} />}
    </>
  );
}

function Program({ status: { version, built, uptime_s = 0, update, list } }: { status: Status }) {
  return (
    <Card title={t('program')}>
      <dl class="facts">
        <Fact name={t('version')} value={version} />
        {built && <Fact name={t('built')} value={date(new Date(built * 1000))} />}
        <Fact name={t('uptime')} value={span(Math.floor(uptime_s / 60))} />
      </dl>
      {update ? (
        <p class="notice calm">
          <Icon name="router" />
          <span>{t('program_update', { version: update })}</span>
        </p>
      ) : list.sync?.newest ? (
        <p>{t('program_newest')}</p>
      ) : (
        built && Date.now() / 1000 - built > OLD && <p class="error">{t('program_old')}</p>
      )}
      <p class="hint">{t('program_hint')}</p>
    </Card>
  );
}

function List({ list, reload }: Pick<Status, 'list'> & { reload(): Promise<void> }) {
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
      {sync && <Look serial={list.serial} reload={reload} />}
    </Card>
  );
}

/** Has the centre asked now, and says what came of it: of a list, and of the program. */
function Look({ serial, reload }: { serial: number; reload(): Promise<void> }) {
  const [looked, setLooked] = useState<Looked & { before: number }>();
  const { busy, problem, run } = useAction();
  const look = () => (
    setLooked(undefined), run(async () => (setLooked({ ...(await post<Looked>('sync', undefined)), before: serial }), reload()))
  );
  return (
    <div class="row" role="status">
      <Button busy={busy} onClick={look}>
        {t('list_look')}
      </Button>
      {looked &&
        (looked.sync?.trouble ? (
          <span class="error">
            {t('list_unheard')} <small lang="en">{looked.sync.trouble}</small>
          </span>
        ) : (
          <span>{t(!looked.over ? 'list_coming' : looked.before < serial ? 'list_came' : 'list_looked')}</span>
        ))}
      <Trouble problem={problem} />
    </div>
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
