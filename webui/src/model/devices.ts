// Devices as people know them.

import { patch, post } from '../api';
import { t } from '../i18n';
import type { Family, NetworkDevice } from '../types';

/** What a device is called: by a parent, by itself, or by who made it. */
export const deviceTitle = (device: NetworkDevice) =>
  device.name || (device.vendor ? t('device_of', { vendor: device.vendor }) : t('device_unnamed'));

/** Whose a device can be. */
export const owners = (family: Family): [string, string][] => [
  ['', t('nobody_yet')],
  ...family.person.map((person): [string, string] => [person.id, person.name]),
];

/** Gives a device to somebody; one that nobody named is named by what it is called now. */
export async function setOwner(family: Family, device: NetworkDevice, person: string): Promise<void> {
  const mac = device.mac.toLowerCase();
  const isNamed = family.device.some((named) => named.mac?.toLowerCase() === mac);
  if (isNamed) await patch(`devices/${encodeURIComponent(device.mac)}`, { person, ...(person && { profile: '' }) });
  else await post('devices', { mac: device.mac, name: deviceTitle(device).slice(0, 60), person });
}
