// Every device of the house: whose it is, what it is called, what came new.

import { useState } from 'preact/hooks';
import { patch, post, remove } from '../api';
import { ago, t } from '../i18n';
import { deviceTitle, owners, setOwner } from '../model/devices';
import { refresh, useFamily } from '../model/family';
import { useNames, whoName, type Names } from '../model/names';
import type { Device, Family, NetworkDevice, Status } from '../types';
import { Heading } from '../ui/frame';
import { act, confirm } from '../ui/messages';
import { Button, Card, Field, Loading, Select, Sheet } from '../ui/parts';
import { useApi } from '../use';

export function Devices() {
  const [family, names] = [useFamily(), useNames()];
  const status = useApi<Status>('status', 15);
  const [edited, setEdited] = useState<NetworkDevice>();
  if (!family || !names || !status.data) return <Loading problem={status.problem} />;
  const seen = status.data.devices;
  const named = (device: NetworkDevice) => entryOf(family, device) !== undefined;
  const away = family.device.filter((device) => !seen.some((other) => same(other.mac, device.mac)));
  const reload = () => Promise.all([refresh(), status.reload()]);
  const row = (device: NetworkDevice) => (
    <Row key={device.mac} {...{ device, family, reload }} onEdit={() => setEdited(device)} />
  );
  const strangers = seen.filter((device) => !named(device));
  return (
    <>
      <Heading text={t('devices')} />
      {strangers.length > 0 && (
        <Card title={t('devices_new')}>
          <p class="hint">{t(family.unknown_devices ? 'devices_new_careful' : 'devices_new_house')}</p>
          <ul class="list devices">{strangers.map(row)}</ul>
        </Card>
      )}
      <Card title={t('devices_named')}>
        {seen.length === strangers.length && away.length === 0 && <p class="hint">{t('devices_none')}</p>}
        <ul class="list devices">
          {seen.filter(named).map(row)}
          {away.map((device) => (
            <Away key={device.mac ?? device.token ?? device.name} device={device} family={family} reload={reload} />
          ))}
        </ul>
      </Card>
      {edited && <Edit device={edited} {...{ family, names, reload }} onClose={() => setEdited(undefined)} />}
    </>
  );
}

const same = (a?: string, b?: string) => a !== undefined && a.toLowerCase() === b?.toLowerCase();

const entryOf = (family: Family, device: NetworkDevice) => family.device.find(({ mac }) => same(mac, device.mac));

interface RowProps {
  device: NetworkDevice;
  family: Family;
  reload(): Promise<unknown>;
  onEdit(): void;
}

function Row({ device, family, reload, onEdit }: RowProps) {
  const title = deviceTitle(device);
  const entry = entryOf(family, device);
  const old = family.device.find(({ mac }) => same(mac, device.may_be));
  const details = [device.vendor, device.addresses[0], device.last_seen && ago(new Date(device.last_seen))];
  const isOld = () =>
    act(async () => (await patch(`devices/${encodeURIComponent(device.may_be)}`, { mac: device.mac }), reload()), t('saved'));
  return (
    <li>
      <div>
        <strong>
          <bdi>{title}</bdi>
        </strong>
        <p>{details.filter(Boolean).join(' · ')}</p>
        {device.random && !entry && <p>{t('random_mac')}</p>}
        {old && !entry && (
          <p class="row">
            {t('may_be', { name: old.name })} <Button onClick={isOld}>{t('is_old')}</Button>
          </p>
        )}
      </div>
      <Select
        label={t('whose', { device: title })}
        value={entry?.person ?? ''}
        options={owners(family)}
        onChange={(event) => {
          const person = event.currentTarget.value;
          const done = person ? t('device_given', { device: title, name: whoName(family, person) }) : t('saved');
          void act(async () => (await setOwner(family, device, person), reload()), done);
        }}
      />
      <Button kind="quiet" aria-label={t('edit_what', { what: title })} onClick={onEdit}>
        {t('edit')}
      </Button>
    </li>
  );
}

/** Named, but not heard of since the router started. */
function Away({ device, family, reload }: { device: Device; family: Family; reload(): Promise<unknown> }) {
  const id = device.mac ?? device.token ?? device.addresses?.[0] ?? '';
  const { mac, addresses, token, name, person, profile, notes } = device;
  const back = () => post('devices', { mac, addresses, token, name, person, profile, notes }).then(reload);
  const forget = () =>
    act(async () => (await remove(`devices/${encodeURIComponent(id)}`), reload()), t('deleted'), back);
  return (
    <li>
      <div>
        <strong>
          <bdi>{device.name}</bdi>
        </strong>
        <p>{[device.person && whoName(family, device.person), t('not_seen')].filter(Boolean).join(' · ')}</p>
      </div>
      <Button kind="quiet" icon="trash" onClick={forget}>
        {t('forget')}
      </Button>
    </li>
  );
}

function Edit({ device, family, names, reload, onClose }: Omit<RowProps, 'onEdit'> & { names: Names; onClose(): void }) {
  const entry = entryOf(family, device);
  const [name, setName] = useState(entry?.name ?? deviceTitle(device));
  const [owner, setOwner] = useState(entry?.person ? `person:${entry.person}` : entry?.profile ? `profile:${entry.profile}` : '');
  const [notes, setNotes] = useState(entry?.notes ?? '');
  const id = encodeURIComponent(device.mac);
  const options: [string, string][] = [
    ['', t('nobody_yet')],
    ...family.person.map((person): [string, string] => [`person:${person.id}`, person.name]),
    ...names.profiles.map((profile): [string, string] => [`profile:${profile.id}`, t('shared_as', { profile: names.profile(profile.id) })]),
  ];
  const save = async (event: Event) => {
    event.preventDefault();
    const [kind, value = ''] = owner.split(':');
    const body = { name: name.trim(), notes, person: kind === 'person' ? value : '', profile: kind === 'profile' ? value : '' };
    const written = entry ? () => patch(`devices/${id}`, body) : () => post('devices', { mac: device.mac, ...body });
    if (await act(async () => (await written(), reload()), t('saved'))) onClose();
  };
  const pause = (minutes: number) =>
    act(async () => (await post('pause', { who: device.mac, minutes }), refresh()), t(minutes ? 'device_paused' : 'device_resumed', { name }));
  const paused = family.pause.some(({ who }) => (Array.isArray(who) ? who : [who]).some((one) => same(one, device.mac)));
  const forget = async () => {
    const sure = await confirm({ title: t('forget'), text: t('forget_text', { name }), yes: t('forget'), stop: true });
    if (sure && (await act(async () => (await remove(`devices/${id}`), reload()), t('deleted')))) onClose();
  };
  return (
    <Sheet title={deviceTitle(device)} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <Field label={t('device_name')} required maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <Select
          label={t('whose_device')}
          hint={t('shared_hint')}
          value={owner}
          options={options}
          onChange={(event) => setOwner(event.currentTarget.value)}
        />
        <Field label={t('notes')} maxLength={200} value={notes} onInput={(event) => setNotes(event.currentTarget.value)} />
        <p class="small">
          {t('mac')}: <code>{device.mac}</code>
        </p>
        <Button kind="main" type="submit">
          {t('save')}
        </Button>
      </form>
      <div class="row between">
        {paused ? (
          <Button icon="play" onClick={() => pause(0)}>
            {t('resume')}
          </Button>
        ) : (
          <Button icon="pause" onClick={() => pause(60)}>
            {t('pause_hour')}
          </Button>
        )}
        {entry && (
          <Button kind="quiet" icon="trash" onClick={forget}>
            {t('forget')}
          </Button>
        )}
      </div>
    </Sheet>
  );
}
